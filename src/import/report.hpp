// What became of each part of a configuration that is imported: carried over, changed in meaning, or not carried over,
// with its place in the source, so that an operator sees before he switches what will be different.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/problems.hpp"

namespace rhumb::importing {

struct Note {
  enum class Kind : std::uint8_t {
    carried,  // clients get the same answers
    changed,  // it is there, and means something else now; the message says what
    missing,  // it is not there; the message says why, and what to do
    error,    // the source is not what it should be: nothing is written
  };
  static constexpr std::size_t kKinds = 4;

  Kind kind;
  std::string place;  // "config:34", "records.json: /ResourceRecordSets/3"
  std::string message;

  // "PLACE: MESSAGE"
  [[nodiscard]] std::string to_string() const { return place + ": " + message; }

  friend bool operator==(const Note&, const Note&) = default;
};

// One report belongs to one import on one thread. What is said twice of one place is kept once.
class Report {
 public:
  // More than so many of a kind are counted, not kept.
  static constexpr std::size_t kKeptMax = 10'000;

  void carried(std::string place, std::string message) {
    add(Note::Kind::carried, std::move(place), std::move(message));
  }
  void changed(std::string place, std::string message) {
    add(Note::Kind::changed, std::move(place), std::move(message));
  }
  void missing(std::string place, std::string message) {
    add(Note::Kind::missing, std::move(place), std::move(message));
  }
  void error(std::string place, std::string message) { add(Note::Kind::error, std::move(place), std::move(message)); }
  // The errors of `problems` as errors, its warnings as what was changed.
  void append(const Problems& problems);

  [[nodiscard]] std::size_t count(Note::Kind kind) const noexcept { return counts_.at(static_cast<std::size_t>(kind)); }
  [[nodiscard]] bool has_errors() const noexcept { return count(Note::Kind::error) > 0; }
  // In the order in which they were found.
  [[nodiscard]] const std::vector<Note>& notes() const noexcept { return kept_; }

 private:
  void add(Note::Kind kind, std::string place, std::string message);

  std::vector<Note> kept_;
  std::array<std::size_t, Note::kKinds> counts_{};
};

}  // namespace rhumb::importing

// What was wrong with the input of a load, each with its place: all of it, not just the first.
//
// Whoever reads configuration, zones or databases reports here and goes on as far as it can, so that `rhumb check`
// shows every problem in one run. One collection belongs to one load on one thread.
#pragma once

#include <string>
#include <vector>

namespace rhumb {

enum class Severity { warning, error };

struct Problem {
  Severity severity;
  std::string place;    // "zones/example.com.zone:12", "rhumb.json: /services/www.example.com/ttl"
  std::string message;  // what is wrong and what to do about it, without a full stop

  // "PLACE: MESSAGE", with "warning: " before the message of a warning.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Problem&, const Problem&) = default;
};

class Problems {
 public:
  // More than this many are counted, not kept: one wrong zone of a million lines must not fill the memory. Warnings
  // take at most half, so that a flood of them hides no error.
  static constexpr std::size_t kKeptMax = 1'000;

  void error(std::string place, std::string message);
  void warning(std::string place, std::string message);

  // All of `more`, after what is here.
  void append(const Problems& more);

  [[nodiscard]] std::size_t error_count() const noexcept { return error_count_; }
  [[nodiscard]] std::size_t warning_count() const noexcept { return warning_count_; }
  [[nodiscard]] bool has_errors() const noexcept { return error_count_ > 0; }
  [[nodiscard]] const std::vector<Problem>& all() const noexcept { return kept_; }
  // Null when there is no error.
  [[nodiscard]] const Problem* first_error() const noexcept;

 private:
  void keep(Problem problem);

  std::vector<Problem> kept_;
  std::size_t error_count_ = 0;
  std::size_t warning_count_ = 0;
};

}  // namespace rhumb

// A JSON value together with where it stands, so that whatever is wrong with it can be said with its place.
//
// Every accessor reports what it refuses to the Problems of the load and returns nothing; the reader goes on with the
// rest, so that one run shows every mistake.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_address.hpp"
#include "base/problems.hpp"
#include "config/json_file.hpp"

namespace rhumb::config {

// Refers to a value inside a parsed document, which must outlive it.
class JsonPlace {
 public:
  // The top of the document in `file`. What files its values name, which are read with it, comes into `named_files`,
  // which must outlive it; null: nobody wants to know.
  JsonPlace(const Json& value, const std::filesystem::path& file, Problems& problems,
            std::vector<std::filesystem::path>* named_files = nullptr)
      : value_(&value), file_(file.string()), problems_(&problems), named_files_(named_files) {}

  // "rhumb.json: /services/www.example.com/ttl" (RFC 6901)
  [[nodiscard]] std::string place() const { return file_ + ": " + (pointer_.empty() ? "/" : pointer_); }
  void error(std::string message) const { problems_->error(place(), std::move(message)); }
  void warning(std::string message) const { problems_->warning(place(), std::move(message)); }
  // `file`, which this value names, is read now.
  void note_file(const std::filesystem::path& file) const {
    if (named_files_ != nullptr) named_files_->push_back(file);
  }

  [[nodiscard]] bool is_object() const noexcept { return value_->is_object(); }
  [[nodiscard]] bool is_text() const noexcept { return value_->is_string(); }
  [[nodiscard]] bool is_array() const noexcept { return value_->is_array(); }
  // True if this is an object with no keys but these; reports others, with the key that was probably meant.
  bool has_only(std::initializer_list<std::string_view> keys) const;
  // The member `key`; nothing when there is none. This must be an object.
  [[nodiscard]] std::optional<JsonPlace> member(std::string_view key) const;
  // The same, and its absence is an error.
  [[nodiscard]] std::optional<JsonPlace> required(std::string_view key) const;
  // All members in the order of the file; empty, and an error, when this is not an object.
  [[nodiscard]] std::vector<std::pair<std::string, JsonPlace>> members() const;
  // All elements; empty, and an error, when this is not an array.
  [[nodiscard]] std::vector<JsonPlace> elements() const;

  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::optional<IpAddress> address() const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::int64_t least, std::int64_t most) const;
  [[nodiscard]] std::optional<double> number(double least, double most) const;
  // "200ms", "5s", "1.5s", "2m", "1h", "1d" in milliseconds.
  [[nodiscard]] std::optional<std::uint32_t> duration_ms(std::uint32_t least, std::uint32_t most) const;
  // One of the names; reports any other with the one that was probably meant.
  template <typename T>
  [[nodiscard]] std::optional<T> choice(std::initializer_list<std::pair<std::string_view, T>> choices) const {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : choices)
      names.push_back(name);
    const auto chosen = choice_index(names);
    return chosen ? std::optional(choices.begin()[*chosen].second) : std::nullopt;
  }

 private:
  [[nodiscard]] JsonPlace child(const Json& value, std::string_view key) const;
  [[nodiscard]] std::optional<std::size_t> choice_index(const std::vector<std::string_view>& names) const;

  const Json* value_;
  std::string file_;
  std::string pointer_;
  Problems* problems_;
  std::vector<std::filesystem::path>* named_files_;
};

}  // namespace rhumb::config

#include "health/load.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "health/excerpt.hpp"

namespace rhumb::health {
namespace {

using Json = nlohmann::json;

// What is shown of a text that is no load.
constexpr std::size_t kShownMax = 64;

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// "0.73", "7e2"; nothing else, and not what only from_chars takes: "inf", "nan", "-0".
std::optional<double> number(std::string_view text) noexcept {
  text = trim(text);
  if (text.empty() || (text.front() != '.' && (text.front() < '0' || text.front() > '9'))) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

LoadReading judge(double load) {
  if (std::isfinite(load) && load >= 0 && load <= kLoadMax) return {std::abs(load)};
  return {std::nullopt, fmt::format("{} is not a load from 0 to {}", load, kLoadMax)};
}

// The names of a pointer, with ~0 and ~1 replaced.
std::vector<std::string> names_of(std::string_view pointer) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      names.emplace_back();
    } else if (pointer[i] == '~' && i + 1 < pointer.size()) {
      names.back() += pointer[++i] == '1' ? '/' : '~';
    } else {
      names.back() += pointer[i];
    }
  }
  return names;
}

// Takes what nlohmann's parser finds, one value after the other, and stops it at the one that the pointer names. A
// document is not built: of a megabyte of brackets it would take some twenty.
class LoadFinder {
 public:
  explicit LoadFinder(std::string_view pointer) : names_(names_of(pointer)) {}

  [[nodiscard]] LoadReading take(std::string_view pointer) {
    if (reading_) return std::move(*reading_);
    if (!problem_.empty()) return {std::nullopt, std::move(problem_)};
    return {std::nullopt, fmt::format("the body has nothing at \"{}\"", pointer)};
  }

  // What the parser calls; each returns whether it goes on.
  // NOLINTBEGIN(readability-named-parameter)
  bool null() { return take_other(); }
  bool boolean(bool) { return take_other(); }
  bool number_integer(Json::number_integer_t value) { return take_number(static_cast<double>(value)); }
  bool number_unsigned(Json::number_unsigned_t value) { return take_number(static_cast<double>(value)); }
  bool number_float(Json::number_float_t value, const Json::string_t&) { return take_number(value); }
  bool string(const Json::string_t& text) {
    if (!is_wanted()) return true;
    reading_ = read_load(text);
    return false;
  }
  bool binary(const Json::binary_t&) { return take_other(); }
  bool start_object(std::size_t) { return enter(false); }
  bool start_array(std::size_t) { return enter(true); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }
  bool key(const Json::string_t& name) {
    Level& level = levels_.back();
    level.is_next_named = level.is_on_way && levels_.size() <= names_.size() && name == names_[levels_.size() - 1];
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) {
    problem_ = "the body is not JSON";
    return false;
  }
  // NOLINTEND(readability-named-parameter)

 private:
  // An object or array that is open.
  struct Level {
    bool is_array;
    bool is_on_way;              // all names so far lead here
    bool is_next_named = false;  // of an object: the value that comes is the one that the next name names
    std::uint64_t index = 0;     // of an array: of the value that comes
  };

  // Whether the names lead to the value that comes, as far as it is deep. To be called once for each value.
  bool is_on_way() {
    if (levels_.empty()) return true;
    Level& level = levels_.back();
    if (!level.is_array) return level.is_next_named;
    const std::uint64_t index = level.index++;
    return level.is_on_way && levels_.size() <= names_.size() && names_[levels_.size() - 1] == std::to_string(index);
  }

  bool is_wanted() { return is_on_way() && levels_.size() == names_.size(); }

  bool take_number(double value) {
    if (!is_wanted()) return true;
    reading_ = judge(value);
    return false;
  }

  bool take_other() {
    if (!is_wanted()) return true;
    problem_ = "is neither a number nor a text";
    return false;
  }

  bool enter(bool is_array) {
    const bool is_way = is_on_way();
    if (is_way && levels_.size() == names_.size()) {
      problem_ = "is neither a number nor a text";
      return false;
    }
    if (levels_.size() == kLoadDepthMax) {
      problem_ = fmt::format("the body has more than {} objects and arrays in one another", kLoadDepthMax);
      return false;
    }
    levels_.push_back({is_array, is_way});
    return true;
  }

  bool leave() {
    levels_.pop_back();
    return true;
  }

  const std::vector<std::string> names_;
  std::vector<Level> levels_;
  std::optional<LoadReading> reading_;
  std::string problem_;
};

}  // namespace

LoadReading read_load(std::string_view text) {
  const std::string_view trimmed = trim(text);
  const std::size_t slash = trimmed.find('/');
  const bool is_percentage = trimmed.ends_with('%');
  const std::string_view before = slash != std::string_view::npos ? trimmed.substr(0, slash)
                                  : is_percentage                 ? trimmed.substr(0, trimmed.size() - 1)
                                                                  : trimmed;
  const auto value = number(before);
  const auto limit = slash != std::string_view::npos ? number(trimmed.substr(slash + 1)) : 1.0;
  if (!value || !limit) {
    return {std::nullopt,
            fmt::format("\"{}\" is not a load such as 0.73, 73% or 730/1000", excerpt(trimmed, kShownMax))};
  }
  if (*limit <= 0) return {std::nullopt, fmt::format("\"{}\" has no limit above 0", excerpt(trimmed, kShownMax))};
  return judge(is_percentage ? *value / 100 : *value / *limit);
}

LoadReading read_json_load(std::string_view body, std::string_view pointer) {
  LoadFinder finder(pointer);
  Json::sax_parse(body, &finder);
  return finder.take(pointer);
}

bool is_json_pointer(std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return false;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    const bool is_escaped = i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1');
    if (pointer[i] == '~' && !is_escaped) return false;
  }
  return static_cast<std::size_t>(std::ranges::count(pointer, '/')) <= kLoadDepthMax;
}

}  // namespace rhumb::health

#include "config/json_file.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include <fmt/format.h>

namespace rhumb::config {
namespace {

// 100,000 services take about 30 MB; more than this is some other file.
constexpr std::uintmax_t kFileSizeMax = 256U << 20;
// A configuration has five levels. Without an end, 20 MB of "[" take 21 s and 4.4 GB.
constexpr std::size_t kNestingMax = 32;
struct NestedTooDeep {};

std::optional<std::string> read_file(const std::filesystem::path& file, Problems& problems) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) {
    problems.error(file.string(), error.message());
    return std::nullopt;
  }
  if (size > kFileSizeMax) {
    problems.error(file.string(), "larger than 256 MiB: not a configuration");
    return std::nullopt;
  }
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) {
    problems.error(file.string(), "cannot be read");
    return std::nullopt;
  }
  return text.str();
}

// "FILE:LINE:COLUMN" of an octet of the text, counted from 1.
std::string place_of(const std::filesystem::path& file, std::string_view text, std::size_t octet) {
  const std::string_view before = text.substr(0, std::min(octet, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 = 0: the first line
  return fmt::format("{}:{}:{}", file.string(), line, before.size() - line_start + 1);
}

// nlohmann's own words without its prefix "[json.exception.parse_error.101] parse error at line 3, column 5: ".
std::string plain_message(const Json::parse_error& error) {
  const std::string_view text = error.what();
  const std::size_t colon = text.find(": ");
  return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
}

// Without "[json.exception.out_of_range.406] ".
std::string plain_message(const Json::out_of_range& error) {
  const std::string_view text = error.what();
  const std::size_t bracket = text.find("] ");
  return std::string(bracket == std::string_view::npos ? text : text.substr(bracket + 2));
}

// Follows the parser through the document: knows where it is, and reports a key that its object has already.
class DuplicateKeys {
 public:
  DuplicateKeys(const std::filesystem::path& file, Problems& problems) : file_(file.string()), problems_(problems) {}

  // Throws NestedTooDeep.
  void follow(Json::parse_event_t event, const Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (levels_.size() == kNestingMax) throw NestedTooDeep();
        levels_.push_back({event == Json::parse_event_t::array_start, {}, "0", 0});
        return;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        levels_.pop_back();
        count_element();
        return;
      case Json::parse_event_t::value:
        count_element();
        return;
      case Json::parse_event_t::key:
        levels_.back().current = parsed.get<std::string>();
        if (!levels_.back().keys.insert(levels_.back().current).second) report();
        return;
    }
  }

  // Of the value that the parser is at: "rhumb.json: /services/www.example.com/ttl".
  [[nodiscard]] std::string place() const {
    std::string pointer = levels_.empty() ? "/" : "";
    for (const Level& level : levels_)
      (pointer += '/') += escaped_key(level.current);
    return file_ + ": " + pointer;
  }

 private:
  struct Level {
    bool is_array;
    std::set<std::string> keys;
    std::string current;
    std::size_t index;
  };

  void count_element() {
    if (!levels_.empty() && levels_.back().is_array) levels_.back().current = std::to_string(++levels_.back().index);
  }
  void report() { problems_.error(place(), "stands twice; remove one of them"); }

  std::string file_;
  Problems& problems_;
  std::vector<Level> levels_;
};

}  // namespace

std::optional<Json> parse_json_file(const std::filesystem::path& file, Problems& problems) {
  const auto text = read_file(file, problems);
  if (!text) return std::nullopt;
  const std::size_t errors_before = problems.error_count();
  DuplicateKeys duplicates(file, problems);
  try {
    Json document = Json::parse(
        *text,
        [&](int, Json::parse_event_t event, Json& parsed) {
          duplicates.follow(event, parsed);
          return true;
        },
        true, true);
    if (problems.error_count() > errors_before) return std::nullopt;
    return document;
  } catch (const Json::parse_error& error) {
    // `byte` counts from 1 and is that of the last octet read.
    problems.error(place_of(file, *text, error.byte == 0 ? 0 : error.byte - 1), plain_message(error));
  } catch (const Json::out_of_range& error) {  // a number that no double holds; it comes without its octet
    problems.error(duplicates.place(), plain_message(error));
  } catch (const NestedTooDeep&) {
    problems.error(duplicates.place(),
                   fmt::format("more than {} levels of [ and {{: not a configuration", kNestingMax));
  }
  return std::nullopt;
}

std::string escaped_key(std::string_view key) {
  std::string result;
  for (const char c : key) {
    if (c == '~') {
      result += "~0";
    } else if (c == '/') {
      result += "~1";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace rhumb::config

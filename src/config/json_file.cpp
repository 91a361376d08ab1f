#include "config/json_file.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace rhumb::config {
namespace {

// 100,000 services take about 30 MB; more than this is some other file.
constexpr std::uintmax_t kFileSizeMax = 256U << 20;
// A configuration has five levels. Without an end, 20 MB of "[" take 21 s and 4.4 GB.
constexpr std::size_t kNestingMax = 32;

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

// nlohmann's own words without its prefix, which ends with `end`: "[json.exception.out_of_range.406] ",
// "[json.exception.parse_error.101] parse error at line 3, column 5: ".
std::string plain_message(std::string_view words, std::string_view end) {
  const std::size_t at = words.find(end);
  return std::string(at == std::string_view::npos ? words : words.substr(at + end.size()));
}

// Builds the document from what nlohmann's parser meets, and knows where it is. nlohmann's own builder looks through
// all keys of an object for each that comes, and through all of its members whenever one of them ends if it is watched:
// 100,000 services took a minute. It also silently takes the last of keys that stand twice; here they are reported.
class Builder {
 public:
  Builder(const std::filesystem::path& file, std::string_view text, Problems& problems)
      : file_(file), text_(text), problems_(problems) {}

  // Whole if the parser came to the end and nothing was reported.
  [[nodiscard]] Json take() { return std::move(document_); }

  // What the parser calls; false ends it.
  bool null() { return add(nullptr) != nullptr; }
  bool boolean(bool value) { return add(value) != nullptr; }
  bool number_integer(Json::number_integer_t value) { return add(value) != nullptr; }
  bool number_unsigned(Json::number_unsigned_t value) { return add(value) != nullptr; }
  bool number_float(Json::number_float_t value, const Json::string_t&) { return add(value) != nullptr; }
  bool string(Json::string_t& value) { return add(std::move(value)) != nullptr; }
  bool binary(Json::binary_t&) { return false; }  // is not in text
  bool start_object(std::size_t) { return open(Json::value_t::object); }
  bool start_array(std::size_t) { return open(Json::value_t::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(Json::string_t& key) {
    Level& level = levels_.back();
    level.key = key;
    if (!level.keys.insert(std::move(key)).second) problems_.error(place(), "stands twice; remove one of them");
    return true;
  }

  // `octet` counts from 1 and is that of the last one read.
  bool parse_error(std::size_t octet, const std::string&, const Json::exception& error) {
    if (dynamic_cast<const Json::parse_error*>(&error) != nullptr) {
      problems_.error(place_of(file_, text_, octet == 0 ? 0 : octet - 1), plain_message(error.what(), ": "));
    } else {  // a number that no double holds
      problems_.error(place(), plain_message(error.what(), "] "));
    }
    return false;
  }

 private:
  struct Level {
    Json* value;
    std::set<std::string> keys;
    std::string key;
  };

  // Puts the value where the parser is; null when it may not be there.
  Json* add(Json value) {
    if (levels_.empty()) return &(document_ = std::move(value));
    Level& level = levels_.back();
    if (level.value->is_array()) {
      auto& elements = level.value->get_ref<Json::array_t&>();
      return &elements.emplace_back(std::move(value));
    }
    auto& members = level.value->get_ref<Json::object_t&>();
    if (members.size() == members.capacity()) grow(members);
    members.emplace_back(level.key, std::move(value));
    return &members.back().second;
  }

  // Members have constant keys, so that a vector that grows by itself copies them with all that is below.
  static void grow(Json::object_t& members) {
    constexpr std::size_t kMembersFirst = 4;
    Json::object_t larger;
    larger.reserve(std::max(kMembersFirst, 2 * members.size()));
    for (auto& [key, value] : members)
      larger.emplace_back(key, std::move(value));
    members.swap(larger);
  }

  bool open(Json::value_t type) {
    if (levels_.size() == kNestingMax) {
      problems_.error(place(), fmt::format("more than {} levels of [ and {{: not a configuration", kNestingMax));
      return false;
    }
    Json* value = add(Json(type));
    levels_.push_back({value, {}, {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  // Of the value that the parser is at: "rhumb.json: /services/www.example.com/ttl".
  [[nodiscard]] std::string place() const {
    std::string pointer = levels_.empty() ? "/" : "";
    for (const Level& level : levels_) {
      pointer += '/';
      pointer += level.value->is_array() ? index_in(level) : escaped_key(level.key);
    }
    return file_.string() + ": " + pointer;
  }
  // Of the last level's value, that which comes next; of the others, the one that the next level is in.
  [[nodiscard]] std::string index_in(const Level& level) const {
    return std::to_string(level.value->size() - (&level == &levels_.back() ? 0 : 1));
  }

  const std::filesystem::path& file_;
  std::string_view text_;
  Problems& problems_;
  Json document_;
  std::vector<Level> levels_;
};

}  // namespace

std::optional<Json> parse_json_file(const std::filesystem::path& file, Problems& problems) {
  const auto text = read_file(file, problems);
  return text ? parse_json_text(*text, file, problems) : std::nullopt;
}

std::optional<Json> parse_json_text(const std::string& text, const std::filesystem::path& file, Problems& problems) {
  const std::size_t errors_before = problems.error_count();
  Builder builder(file, text, problems);
  const bool is_whole = Json::sax_parse(text, &builder, Json::input_format_t::json, true, true);
  if (!is_whole || problems.error_count() > errors_before) return std::nullopt;
  return builder.take();
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

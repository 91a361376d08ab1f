#include "import/vscf.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fnmatch.h>

namespace rhumb::importing {
namespace {

// A configuration has ten levels; the parser calls itself for each.
constexpr std::size_t kNestingMax = 64;
// A file that includes itself is a mistake; without an end it would fill the memory.
constexpr std::size_t kVscfDepthMax = 16;
constexpr std::size_t kVscfIncludedMax = 64U << 20;

constexpr std::string_view kInclude = "$include{";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_bare(char c) {
  return !is_space(c) && std::string_view("][}{;#,\"=\\").find(c) == std::string_view::npos;
}

// What was wrong ends the parse: what follows would be guessed.
struct Refused {
  std::string place;
  std::string message;
};

class Parser {
 public:
  Parser(const SourceFiles& files, std::string name, std::string_view text, std::size_t depth, std::size_t& included)
      : files_(files), name_(std::move(name)), text_(text), depth_(depth), included_(included) {
    if (depth_ > kVscfDepthMax) refuse(fmt::format("more than {} files that include each other", kVscfDepthMax));
    included_ += text.size();
    if (included_ > kVscfIncludedMax) refuse(fmt::format("includes more than {} MiB", kVscfIncludedMax >> 20));
  }

  VscfValue parse() {
    skip_space();
    if (peek() == '[') {
      VscfValue list = parse_value();
      skip_space();
      if (!at_end()) refuse("something follows the list that the file is");
      return list;
    }
    VscfValue table{VscfValue::Kind::table, place()};
    parse_members(table, '\0');
    return table;
  }

 private:
  [[noreturn]] void refuse(std::string message) const { throw Refused{place(), std::move(message)}; }
  [[nodiscard]] std::string place() const { return fmt::format("{}:{}", name_, line_); }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }

  char take() {
    if (at_end()) refuse("the file ends too soon");
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }

  void skip_space() {
    while (!at_end()) {
      if (peek() == ';' || peek() == '#') {
        while (!at_end() && peek() != '\n')
          take();
      } else if (is_space(peek())) {
        take();
      } else {
        return;
      }
    }
  }

  void skip_comma() {
    skip_space();
    if (peek() == ',') take();
    skip_space();
  }

  // Up to `end`, or to the end of the file when it is '\0'.
  void parse_members(VscfValue& table, char end) {
    std::set<std::string> keys;
    skip_space();
    while (end == '\0' ? !at_end() : peek() != end) {
      if (takes_include()) {
        merge_include(table, keys);
      } else {
        const std::string key_place = place();
        std::string key = parse_text();
        skip_space();
        if (take() != '=') refuse(fmt::format("\"{}\" needs = or => and a value", key));
        if (peek() == '>') take();
        skip_space();
        VscfValue value = takes_include() ? included_value() : parse_value();
        value.place = key_place;
        add(table, keys, std::move(key), std::move(value));
      }
      skip_comma();
    }
  }

  static void add(VscfValue& table, std::set<std::string>& keys, std::string key, VscfValue value) {
    if (!keys.insert(key).second) throw Refused{value.place, fmt::format("\"{}\" stands twice", key)};
    table.members.emplace_back(std::move(key), std::move(value));
  }

  VscfValue parse_value() {
    if (++nesting_ > kNestingMax) refuse(fmt::format("more than {} levels of [ and {{", kNestingMax));
    VscfValue value{VscfValue::Kind::text, place()};
    if (peek() == '{') {
      take();
      value.kind = VscfValue::Kind::table;
      parse_members(value, '}');
      take();
    } else if (peek() == '[') {
      take();
      value.kind = VscfValue::Kind::list;
      for (skip_space(); peek() != ']'; skip_comma())
        value.elements.push_back(takes_include() ? included_value() : parse_value());
      take();
    } else {
      value.text = parse_text();
    }
    --nesting_;
    return value;
  }

  std::string parse_text() {
    std::string text;
    if (peek() == '"') {
      take();
      while (peek() != '"' || at_end())
        text += peek() == '\\' ? parse_escape() : take();
      take();
      return text;
    }
    if (peek() == '$') refuse("a text that begins with $ must stand in quotes");
    const std::size_t start = at_;
    while (!at_end() && (is_bare(peek()) || peek() == '\\'))
      text += peek() == '\\' ? parse_escape() : take();
    if (at_ == start) refuse(at_end() ? "the file ends too soon" : fmt::format("'{}' is not expected here", peek()));
    return text;
  }

  char parse_escape() {
    take();
    const char c = take();
    if (c < '0' || c > '9') return c;
    int value = c - '0';
    for (int digits = 1; digits < 3; ++digits) {
      if (peek() < '0' || peek() > '9') refuse("\\ is followed by one or two digits: three, or none");
      value = value * 10 + (take() - '0');
    }
    if (value > 255) refuse(fmt::format("\\{} is more than an octet", value));
    return static_cast<char>(value);
  }

  bool takes_include() {
    if (!text_.substr(at_).starts_with(kInclude)) return false;
    at_ += kInclude.size();
    return true;
  }

  // The files that an include, of which the brace is read, stands for. A directory may be empty.
  std::vector<std::string> parse_include() {
    skip_space();
    const std::string given = parse_text();
    skip_space();
    if (take() != '}') refuse("$include{ needs a }");
    const auto path = path_beside(name_, given);
    if (!path) refuse(fmt::format("$include{{{}}} leads out of the directory, and is not read", given));
    if (files_.contains(*path)) return {*path};
    std::vector<std::string> found;
    const bool is_glob = path->find_first_of("*?[") != std::string::npos;
    const std::string pattern = is_glob ? *path : *path + "/*";
    for (const auto& [name, text] : files_) {
      if (fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0) found.push_back(name);
    }
    if (found.empty() && is_glob) refuse(fmt::format("$include{{{}}} names no file", given));
    return found;
  }

  [[nodiscard]] VscfValue parse_file(const std::string& name) const {
    return Parser(files_, name, files_.find(name)->second, depth_ + 1, included_).parse();
  }

  VscfValue included_value() {
    const auto names = parse_include();
    if (names.size() != 1) refuse("a value includes just one file, which must be there");
    return parse_file(names.front());
  }

  void merge_include(VscfValue& table, std::set<std::string>& keys) {
    for (const std::string& name : parse_include()) {
      VscfValue included = parse_file(name);
      if (!included.is_table()) refuse(fmt::format("{} is a list, and cannot be put into a table", name));
      for (auto& [key, value] : included.members)
        add(table, keys, std::move(key), std::move(value));
    }
  }

  const SourceFiles& files_;
  std::string name_;
  std::string_view text_;
  std::size_t depth_;
  std::size_t& included_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t nesting_ = 0;
};

}  // namespace

const VscfValue* VscfValue::find(std::string_view key) const {
  const auto found =
      std::ranges::find(members, key, [](const auto& member) -> std::string_view { return member.first; });
  return found == members.end() ? nullptr : &found->second;
}

std::vector<std::string> VscfValue::texts() const {
  if (is_text()) return {text};
  std::vector<std::string> result;
  for (const VscfValue& element : elements) {
    if (element.is_text()) result.push_back(element.text);
  }
  return result;
}

std::optional<VscfValue> parse_vscf(const SourceFiles& files, const std::string& name, Report& report) {
  const auto file = files.find(name);
  if (file == files.end()) {
    report.error(name, "no such file");
    return std::nullopt;
  }
  try {
    std::size_t included = 0;
    return Parser(files, name, file->second, 0, included).parse();
  } catch (const Refused& refused) {
    report.error(refused.place, refused.message);
    return std::nullopt;
  }
}

}  // namespace rhumb::importing

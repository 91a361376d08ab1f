#include "import/gdnsd_zone.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace rhumb::importing {
namespace {

constexpr std::size_t kIncludeDepthMax = 16;  // as many as Rhumb's own zones may have
constexpr std::size_t kIncludedSizeMax = 64U << 20;
constexpr std::size_t kStringMax = 255;  // octets of one character-string (RFC 1035 §3.3)

struct Token {
  std::size_t begin;
  std::size_t end;
  bool is_quoted;
};

// An entry of a master file, which parentheses spread over several lines.
struct Entry {
  std::size_t begin;
  std::size_t end;  // after the last octet before the newline
  std::size_t line;
  bool has_owner;  // does not begin with a space
  std::vector<Token> tokens;
};

// Cuts a text into entries.
class EntryReader {
 public:
  explicit EntryReader(std::string_view text) : text_(text) {}

  // Nothing at the end. What stands outside of tokens is spaces, comments and parentheses.
  std::optional<Entry> next() {
    if (at_ >= text_.size()) return std::nullopt;
    const char first = text_[at_];
    Entry entry{at_, at_, line_, first != ' ' && first != '\t', {}};
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        if (depth == 0) break;
        ++at_;
      } else if (c == ';') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '(' || c == ')') {
        depth = std::max(0, depth + (c == '(' ? 1 : -1));
        ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else {
        entry.tokens.push_back(read_token());
      }
    }
    entry.end = at_;
    if (at_ < text_.size()) ++at_;  // the newline
    return entry;
  }

 private:
  Token read_token() {
    Token token{at_, at_, text_[at_] == '"'};
    if (token.is_quoted) ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\') {
        at_ = std::min(at_ + 2, text_.size());
        continue;
      }
      if (c == '\n' && token.is_quoted) ++line_;
      if (token.is_quoted ? c == '"' : std::string_view(" \t\r\n;()\"").find(c) != std::string_view::npos) break;
      ++at_;
    }
    if (token.is_quoted && at_ < text_.size()) ++at_;
    token.end = at_;
    return token;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

std::string to_upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

// "3600", "1h30m"; nothing when it is no TTL.
std::optional<std::uint32_t> parse_ttl(std::string_view text) {
  constexpr std::uint64_t kMost = 0xFFFFFFFF;
  std::uint64_t total = 0;
  std::uint64_t number = 0;
  bool has_digit = false;
  if (text.empty()) return std::nullopt;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
      has_digit = true;
    } else {
      const std::size_t unit = std::string_view("SMHDW").find(to_upper({&c, 1}));
      constexpr std::uint64_t kSeconds[] = {1, 60, 3'600, 86'400, 604'800};
      if (!has_digit || unit == std::string_view::npos) return std::nullopt;
      total += number * kSeconds[unit];
      number = 0;
      has_digit = false;
    }
    if (number > kMost || total > kMost) return std::nullopt;
  }
  total += number;
  return total > kMost ? std::nullopt : std::optional(static_cast<std::uint32_t>(total));
}

bool ends_with_dot(std::string_view name) {
  if (!name.ends_with('.')) return false;
  std::size_t backslashes = 0;
  for (std::size_t i = name.size() - 1; i > 0 && name[i - 1] == '\\'; --i)
    ++backslashes;
  return backslashes % 2 == 0;
}

// Whether data of this type has names in it, in which gdnsd replaces @Z and @F.
bool has_names(std::string_view type) {
  constexpr std::string_view kTypes[] = {"NS", "PTR", "CNAME", "MX", "SRV", "NAPTR", "SOA"};
  return std::ranges::find(kTypes, type) != std::end(kTypes);
}

// The string of a token in pieces of 255 octets; the token itself when it is no longer than that.
std::string split_string(std::string_view token) {
  const bool is_quoted = token.size() >= 2 && token.front() == '"' && token.back() == '"';
  const std::string_view inner = is_quoted ? token.substr(1, token.size() - 2) : token;
  std::vector<std::string> pieces(1);
  std::size_t octets = 0;
  for (std::size_t i = 0; i < inner.size(); ++octets) {
    const bool is_escaped = inner[i] == '\\';
    const bool is_decimal = is_escaped && i + 1 < inner.size() && inner[i + 1] >= '0' && inner[i + 1] <= '9';
    const std::size_t size = is_decimal ? 4 : is_escaped ? 2 : 1;
    if (octets > 0 && octets % kStringMax == 0) pieces.emplace_back();
    pieces.back() += inner.substr(i, size);
    i += size;
  }
  if (pieces.size() == 1) return std::string(token);
  std::string text;
  for (const std::string& piece : pieces)
    text += (text.empty() ? "\"" : " \"") + piece + "\"";
  return text;
}

class Converter {
 public:
  Converter(const SourceFiles& files, std::string apex, const GdnsdZoneSettings& settings, const DynamicRecordUse& use,
            Report& report)
      : files_(files), apex_(std::move(apex)), settings_(settings), use_(use), report_(report) {}

  std::string convert(const std::string& path) {
    owner_ = apex_;
    out_ = fmt::format("$TTL {}\n", settings_.default_ttl);
    convert_file(path, {apex_, apex_, settings_.default_ttl}, 0);
    return std::move(out_);
  }

 private:
  // What holds inside one file.
  struct Scope {
    std::string file_origin;  // @F
    std::string origin;
    std::uint32_t default_ttl;
  };

  // What has been found of a record before its data.
  struct Head {
    std::size_t next = 0;                 // of its tokens
    std::optional<std::size_t> ttl = {};  // the token that has it
    std::string type;
  };

  void convert_file(const std::string& path, Scope scope, std::size_t depth) {
    const auto file = files_.find(path);
    included_ += file == files_.end() ? 0 : file->second.size();
    if (file == files_.end() || depth > kIncludeDepthMax || included_ > kIncludedSizeMax) {
      return report_.error(path, file == files_.end()       ? "no such file in this directory"
                                 : depth > kIncludeDepthMax ? "files include each other too deep"
                                                            : "includes too much");
    }
    const std::string_view text = file->second;
    EntryReader reader(text);
    while (const auto entry = reader.next()) {
      const std::string place = fmt::format("{}:{}", path, entry->line);
      if (entry->tokens.empty()) {
        out_ += text.substr(entry->begin, entry->end - entry->begin);
        out_ += '\n';
      } else if (text[entry->tokens[0].begin] == '$' && entry->has_owner) {
        convert_directive(text, *entry, path, place, scope, depth);
      } else {
        convert_record(text, *entry, place, scope);
      }
    }
  }

  static std::string_view word(std::string_view text, const Token& token) {
    return text.substr(token.begin, token.end - token.begin);
  }

  // A name, and what @Z and @F at its end stand for, as an absolute one.
  [[nodiscard]] std::string absolute(std::string_view name, const Scope& scope) const {
    if (const auto own = without_extension(name, scope)) return *own;
    if (name == "@") return scope.origin;
    if (ends_with_dot(name)) return std::string(name);
    return scope.origin == "." ? fmt::format("{}.", name) : fmt::format("{}.{}", name, scope.origin);
  }

  // The same if @Z or @F is in it; nothing when it is a name of the standard.
  [[nodiscard]] std::optional<std::string> without_extension(std::string_view name, const Scope& scope) const {
    for (const auto& [mark, base] : {std::pair<std::string_view, const std::string*>{"@Z", &apex_},
                                     std::pair<std::string_view, const std::string*>{"@F", &scope.file_origin}}) {
      if (to_upper(name) == mark) return *base;
      if (name.size() <= mark.size() || !to_upper(name).ends_with("." + std::string(mark))) continue;
      const std::string_view head = name.substr(0, name.size() - mark.size());  // with the dot
      return std::string(*base == "." ? head : fmt::format("{}{}", head, *base));
    }
    return std::nullopt;
  }

  void convert_directive(std::string_view text, const Entry& entry, const std::string& path, const std::string& place,
                         Scope& scope, std::size_t depth) {
    const std::string name = to_upper(word(text, entry.tokens[0]));
    const bool has_value = entry.tokens.size() > 1;
    if (name == "$ORIGIN" && has_value) {
      scope.origin = absolute(word(text, entry.tokens[1]), scope);
      out_ += fmt::format("$ORIGIN {}\n", scope.origin);
    } else if (name == "$TTL" && has_value) {
      const auto ttl = parse_ttl(word(text, entry.tokens[1]));
      if (!ttl) return report_.error(place, "$TTL needs a time");
      scope.default_ttl = within_limits(*ttl, place);
      out_ += fmt::format("$TTL {}\n", scope.default_ttl);
    } else if (name == "$INCLUDE" && has_value) {
      include(text, entry, path, place, scope, depth);
    } else {
      report_.missing(place, fmt::format("{} is left out: master files have no such directive", name));
      out_ += fmt::format("; {}\n", name);
    }
  }

  void include(std::string_view text, const Entry& entry, const std::string& path, const std::string& place,
               const Scope& scope, std::size_t depth) {
    std::string_view given = word(text, entry.tokens[1]);
    if (entry.tokens[1].is_quoted && given.size() >= 2) given = given.substr(1, given.size() - 2);
    const auto file = path_beside(path, given);
    if (!file) return report_.missing(place, fmt::format("{} lies outside of the directory, and is left out", given));
    const std::string origin = entry.tokens.size() > 2 ? absolute(word(text, entry.tokens[2]), scope) : scope.origin;
    out_ += fmt::format("; of {}:\n$ORIGIN {}\n", *file, origin);
    convert_file(*file, {origin, origin, scope.default_ttl}, depth + 1);
    out_ += fmt::format("; end of {}\n$ORIGIN {}\n$TTL {}\n", *file, scope.origin, scope.default_ttl);
    is_owner_lost_ = true;
  }

  std::uint32_t within_limits(std::uint32_t ttl, const std::string& place) {
    const std::uint32_t clamped = std::clamp(ttl, settings_.ttl_min, std::max(settings_.ttl_min, settings_.ttl_max));
    if (clamped != ttl)
      report_.carried(place, fmt::format("the TTL {} is {}, as min_ttl and max_ttl have it", ttl, clamped));
    return clamped;
  }

  // "www 60/30 IN DYNA": TTL and class in any order. Nothing when there is no type.
  static std::optional<Head> read_head(std::string_view text, const Entry& entry) {
    Head head{entry.has_owner ? std::size_t{1} : 0, {}, {}};
    for (; head.next < entry.tokens.size(); ++head.next) {
      const std::string_view found = word(text, entry.tokens[head.next]);
      if (!head.ttl && parse_ttl(found.substr(0, found.find('/')))) {
        head.ttl = head.next;
      } else if (to_upper(found) != "IN") {
        head.type = to_upper(found);
        ++head.next;
        return head;
      }
    }
    return std::nullopt;
  }

  void convert_record(std::string_view text, const Entry& entry, const std::string& place, const Scope& scope) {
    const std::string_view given_owner = entry.has_owner ? word(text, entry.tokens[0]) : "";
    if (entry.has_owner) owner_ = absolute(given_owner, scope);
    const auto head = read_head(text, entry);
    if (!head) return report_.error(place, "not a record: it has no type");
    if (head->type == "DYNA" || head->type == "DYNC") return convert_dynamic(text, entry, *head, place, scope);

    std::size_t copied = entry.begin;  // up to here the text is written
    const auto replace = [&](const Token& token, std::string_view by) {
      out_ += text.substr(copied, token.begin - copied);
      out_ += by;
      copied = token.end;
    };
    if (!entry.has_owner && is_owner_lost_) out_ += owner_;
    if (entry.has_owner && without_extension(given_owner, scope)) replace(entry.tokens[0], owner_);
    if (head->ttl) {
      const auto ttl = parse_ttl(word(text, entry.tokens[*head->ttl])).value_or(0);
      const std::uint32_t clamped = within_limits(ttl, place);
      if (clamped != ttl) replace(entry.tokens[*head->ttl], std::to_string(clamped));
    }
    for (std::size_t i = head->next; i < entry.tokens.size(); ++i) {
      const std::string_view old = word(text, entry.tokens[i]);
      const std::string data = converted_data(old, head->type, i + 1 == entry.tokens.size(), scope);
      if (data != old) replace(entry.tokens[i], data);
    }
    out_ += text.substr(copied, entry.end - copied);
    out_ += '\n';
    is_owner_lost_ = false;
  }

  [[nodiscard]] std::string converted_data(std::string_view data, const std::string& type, bool is_last,
                                           const Scope& scope) const {
    if (type == "TXT") return split_string(data);
    if (type == "SOA" && is_last) {
      const std::uint32_t most = std::max(settings_.negative_ttl_max, settings_.ttl_min);
      const auto ttl = parse_ttl(data);
      return ttl && *ttl > most ? std::to_string(most) : std::string(data);
    }
    return has_names(type) ? without_extension(data, scope).value_or(std::string(data)) : std::string(data);
  }

  void convert_dynamic(std::string_view text, const Entry& entry, const Head& head, const std::string& place,
                       const Scope& scope) {
    if (head.next >= entry.tokens.size()) return report_.error(place, fmt::format("{} needs a plugin", head.type));
    DynamicRecord record{owner_, head.type == "DYNC", scope.default_ttl, 0, {}, {}, place};
    std::optional<std::uint32_t> ttl_min;
    if (head.ttl) {
      const std::string_view ttl = word(text, entry.tokens[*head.ttl]);
      const std::size_t slash = ttl.find('/');
      record.ttl_s = parse_ttl(ttl.substr(0, slash)).value_or(record.ttl_s);
      if (slash != std::string_view::npos) ttl_min = parse_ttl(ttl.substr(slash + 1));
    }
    record.ttl_s = within_limits(record.ttl_s, place);
    record.ttl_min_s =
        std::clamp(ttl_min.value_or(record.ttl_s / 2), std::min(settings_.ttl_min, record.ttl_s), record.ttl_s);
    const std::string_view target = word(text, entry.tokens[head.next]);
    const std::size_t mark = target.find('!');
    record.plugin = target.substr(0, mark);
    record.resource = mark == std::string_view::npos ? "" : target.substr(mark + 1);
    const std::string lines = use_(record);
    out_ += lines.empty() ? fmt::format("; {} is a service, in rhumb.json: {}\n", owner_, target) : lines;
    is_owner_lost_ = true;
  }

  const SourceFiles& files_;
  std::string apex_;
  const GdnsdZoneSettings& settings_;
  const DynamicRecordUse& use_;
  Report& report_;
  std::string out_;
  std::string owner_;
  bool is_owner_lost_ = false;  // the record before is not in the text, or has another owner there
  std::size_t included_ = 0;
};

}  // namespace

std::string convert_gdnsd_zone(const SourceFiles& files, const std::string& path, const std::string& apex,
                               const GdnsdZoneSettings& settings, const DynamicRecordUse& use, Report& report) {
  return Converter(files, apex, settings, use, report).convert(path);
}

}  // namespace rhumb::importing

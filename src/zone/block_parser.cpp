#include "zone/block_parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <strings.h>

#include "dns/lookup_name.hpp"
#include "zone/draft.hpp"
#include "zone/entry_reader.hpp"
#include "zone/name_text.hpp"
#include "zone/plain_reader.hpp"
#include "zone/rdata_reader.hpp"
#include "zone/token.hpp"

namespace rhumb::zone {
namespace {

constexpr std::uint64_t kTtlMax = 0x7FFF'FFFF;  // RFC 2181 §8

std::uint64_t seconds_in(char unit) noexcept {
  switch (unit | 0x20) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3'600;
    case 'd':
      return 86'400;
    case 'w':
      return 604'800;
    default:
      return 0;
  }
}

// In seconds; nothing when it is no TTL or over 32 bits.
std::optional<std::uint64_t> parse_ttl(std::string_view text) noexcept {
  constexpr std::uint64_t kMax = 0xFFFF'FFFF;
  std::uint64_t total = 0;
  while (!text.empty()) {
    if (!is_digit(text[0])) return std::nullopt;
    std::uint64_t value = 0;
    for (; !text.empty() && is_digit(text[0]) && value <= kMax; text.remove_prefix(1))
      value = value * 10 + static_cast<std::uint64_t>(text[0] - '0');
    const std::uint64_t unit = text.empty() ? 1 : seconds_in(text[0]);
    if (!text.empty()) text.remove_prefix(1);
    total += value * unit;
    if (unit == 0 || value > kMax || total > kMax) return std::nullopt;
  }
  return total;
}

enum class ClassToken : std::uint8_t { none, in, other };

ClassToken parse_class(std::string_view token) noexcept {
  if (equal_ignoring_case(token, "IN") || equal_ignoring_case(token, "CLASS1")) return ClassToken::in;
  for (const std::string_view other : {"CH", "CS", "HS", "NONE", "ANY"}) {
    if (equal_ignoring_case(token, other)) return ClassToken::other;
  }
  constexpr std::string_view kGeneric = "CLASS";  // RFC 3597 §5
  const bool is_generic = token.size() > kGeneric.size() &&
                          equal_ignoring_case(token.substr(0, kGeneric.size()), kGeneric) &&
                          std::ranges::all_of(token.substr(kGeneric.size()), is_digit);
  return is_generic ? ClassToken::other : ClassToken::none;
}

// RFC 6895 §3.1: those that are asked for or travel in messages, but do not lie in zones.
bool is_data_type(dns::Type type) noexcept {
  return type != 0 && type != dns::type::kOpt && (type < 128 || type > 255);
}

class BlockParser {
 public:
  BlockParser(const TextBlock& block, const dns::Name& origin) : reader_(block.text, block.first_line) {
    // Of a record with a short name and an address there are some 35 octets in the text.
    constexpr std::size_t kTextOfRecord = 32;
    parsed_.entries.reserve(block.text.size() / kTextOfRecord);
    parsed_.octets.reserve(block.text.size());
    parsed_.origin = origin;
    set_origin(origin);
  }

  ParsedBlock parse() {
    for (auto outcome = reader_.next(); outcome != EntryReader::Outcome::end; outcome = reader_.next()) {
      entry_ = {};
      entry_.line = reader_.line();
      entry_.at = static_cast<std::uint32_t>(parsed_.octets.size());
      if (outcome == EntryReader::Outcome::malformed) {
        error(reader_.error());
      } else if (reader_.has_owner() && reader_.text().starts_with('$')) {
        parse_directive(reader_.text());
      } else {
        parse_record(reader_.text(), reader_.has_owner());
      }
      parsed_.entries.push_back(entry_);
    }
    return std::move(parsed_);
  }

 private:
  void parse_directive(std::string_view text);
  void parse_origin(std::string_view text);
  void keep_directive(ParsedEntry::Kind kind, std::string_view text);
  void parse_record(std::string_view text, bool has_owner);
  [[nodiscard]] bool append_owner(std::string_view token);
  [[nodiscard]] std::optional<std::string_view> take_header(std::string_view& text);
  [[nodiscard]] bool take_ttl(std::string_view token);
  [[nodiscard]] bool take_type(std::string_view token);
  void append_rdata(std::string_view type_text, std::string_view text);
  void set_origin(const dns::Name& origin) {
    parsed_.origin_after = origin;
    rdata_.set_origin(origin);
  }

  void report(Problem problem) {
    parsed_.problems.push_back(std::move(problem));
    ++entry_.problem_count;
  }
  void error(std::string message) { report({Severity::error, {}, std::move(message)}); }

  EntryReader reader_;
  RdataReader rdata_;
  ParsedBlock parsed_;
  ParsedEntry entry_;      // in work
  std::string type_text_;  // of the record before; most have the same
  dns::Type type_ = 0;
};

// Directives.

void BlockParser::parse_directive(std::string_view text) {
  const std::string_view directive = take_token(text);
  if (equal_ignoring_case(directive, "$ORIGIN")) return parse_origin(text);
  if (equal_ignoring_case(directive, "$TTL")) return keep_directive(ParsedEntry::Kind::default_ttl, text);
  if (equal_ignoring_case(directive, "$INCLUDE")) return keep_directive(ParsedEntry::Kind::include, text);
  error(fmt::format("{} is not a directive of zone files; there are $ORIGIN, $TTL and $INCLUDE", directive));
}

void BlockParser::parse_origin(std::string_view text) {
  const ReadName origin = read_name(take_token(text), parsed_.origin_after.wire());
  if (!origin.fault.empty() || !text.empty()) return error("$ORIGIN must be followed by one domain name");
  set_origin(*dns::Name::from_wire(origin.wire));
  entry_.kind = ParsedEntry::Kind::origin;
}

void BlockParser::keep_directive(ParsedEntry::Kind kind, std::string_view text) {
  entry_.kind = kind;
  const Bytes origin = parsed_.origin_after.wire();
  parsed_.octets.insert(parsed_.octets.end(), origin.begin(), origin.end());
  parsed_.octets.insert(parsed_.octets.end(), text.begin(), text.end());
  entry_.name_size = static_cast<std::uint8_t>(origin.size());
  entry_.data_size = static_cast<std::uint16_t>(text.size());
}

// Records.

void BlockParser::parse_record(std::string_view text, bool has_owner) {
  entry_.has_owner_of_before = !has_owner;
  if (has_owner && !append_owner(without_quotes(take_token(text)))) {
    entry_.kind = ParsedEntry::Kind::no_owner;
    return;
  }
  entry_.kind = ParsedEntry::Kind::unread;
  const auto type_text = take_header(text);
  if (!type_text) return;
  entry_.takes_ttl = true;
  append_rdata(*type_text, text);
}

bool BlockParser::append_owner(std::string_view token) {
  const std::size_t size_before = parsed_.octets.size();
  const Bytes origin = parsed_.origin_after.wire();
  if (!append_plain_name(token, origin, parsed_.octets)) {
    ReadName name = read_name(token, origin);
    if (!name.fault.empty()) {
      error(std::move(name.fault));
      return false;
    }
    parsed_.octets.insert(parsed_.octets.end(), name.wire.begin(), name.wire.end());
  }
  entry_.name_size = static_cast<std::uint8_t>(parsed_.octets.size() - size_before);
  dns::LookupName name;
  if (name.parse(parsed_.name(entry_), Draft::kHashKey) != 0) entry_.name_hash = name.hash(0);
  return true;
}

// RFC 1035 §5.1: [TTL] [class] type, or [class] [TTL] type. ldns knows the first order only. Gives the type's text.
std::optional<std::string_view> BlockParser::take_header(std::string_view& text) {
  bool has_class = false;
  while (true) {
    const std::string_view token = take_token(text);
    if (token.empty()) {
      error("the record has no type");
      return std::nullopt;
    }
    if (!entry_.ttl_s && is_digit(token[0])) {
      if (!take_ttl(token)) return std::nullopt;
      continue;
    }
    const bool has_type_of_before = token == type_text_;
    const ClassToken class_token = has_class || has_type_of_before ? ClassToken::none : parse_class(token);
    if (class_token == ClassToken::other) {
      error(fmt::format("the class {} is not served, only IN is", token));
      return std::nullopt;
    }
    if (class_token == ClassToken::in) {
      has_class = true;
      continue;
    }
    if (!has_type_of_before && !take_type(token)) return std::nullopt;
    entry_.type = type_;
    return token;
  }
}

bool BlockParser::take_ttl(std::string_view token) {
  ReadTtl read = read_ttl(token);
  if (read.problem) report(std::move(*read.problem));
  entry_.ttl_s = read.ttl_s;
  return read.ttl_s.has_value();
}

bool BlockParser::take_type(std::string_view token) {
  const auto type = RdataReader::type_from_text(token);
  if (!type || !is_data_type(*type)) {
    error(fmt::format("{} is not a type of record", token));
    return false;
  }
  type_text_ = token;
  type_ = *type;
  return true;
}

void BlockParser::append_rdata(std::string_view type_text, std::string_view text) {
  const std::size_t size_before = parsed_.octets.size();
  if (!append_plain_rdata(entry_.type, text, parsed_.origin_after.wire(), parsed_.octets)) {
    if (auto problem = rdata_.read(entry_.type, type_text, text)) return error(std::move(*problem));
    parsed_.octets.insert(parsed_.octets.end(), rdata_.rdata().begin(), rdata_.rdata().end());
  }
  entry_.kind = ParsedEntry::Kind::record;
  entry_.data_size = static_cast<std::uint16_t>(parsed_.octets.size() - size_before);
}

}  // namespace

// RFC 2181 §8: with the most significant bit set it counts as zero.
ReadTtl read_ttl(std::string_view text) {
  const auto ttl = parse_ttl(text);
  if (!ttl) {
    return {std::nullopt,
            Problem{Severity::error,
                    {},
                    fmt::format("\"{}\" is not a TTL: a number of seconds, or of w, d, h, m and s as in 1h30m", text)}};
  }
  if (*ttl <= kTtlMax) return {static_cast<std::uint32_t>(*ttl), std::nullopt};
  return {0U, Problem{Severity::warning,
                      {},
                      fmt::format("the TTL {} is over {} and counts as 0 (RFC 2181 §8)", text, kTtlMax)}};
}

ParsedBlock parse_block(const TextBlock& block, const dns::Name& origin) {
  return BlockParser(block, origin).parse();
}

}  // namespace rhumb::zone

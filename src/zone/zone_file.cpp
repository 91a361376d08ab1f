#include "zone/zone_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <strings.h>

#include "zone/entry_reader.hpp"
#include "zone/name_text.hpp"
#include "zone/rdata_reader.hpp"
#include "zone/zone_builder.hpp"

namespace rhumb::zone {
namespace {

constexpr std::uint64_t kTtlMax = 0x7FFF'FFFF;  // RFC 2181 §8

// A regular file, opened for reading.
class File {
 public:
  explicit File(const std::filesystem::path& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {  // a FIFO must not hold us up
    if (descriptor_ < 0 || fstat(descriptor_, &status_) != 0) {
      error_ = fmt::format("cannot be read ({})", std::strerror(errno));
    } else if (S_ISDIR(status_.st_mode)) {
      error_ = "is a directory, not a zone file";
    } else if (!S_ISREG(status_.st_mode)) {
      error_ = "is not a regular file";
    }
  }
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Why it cannot be read; empty if it can.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  // Equal for two ways to one file.
  [[nodiscard]] std::pair<dev_t, ino_t> identity() const noexcept { return {status_.st_dev, status_.st_ino}; }

 private:
  int descriptor_;
  struct stat status_ {};
  std::string error_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

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

// "3600" or "1h30m", in seconds; nothing when it is neither or over 32 bits.
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

// Whether the name ends with a dot that is not escaped.
bool is_absolute(std::string_view text) noexcept {
  if (!text.ends_with('.')) return false;
  text.remove_suffix(1);
  const std::size_t other = text.find_last_not_of('\\');
  const std::size_t backslashes = text.size() - (other == std::string_view::npos ? 0 : other + 1);
  return backslashes % 2 == 0;
}

// An owner may stand in quotes, as in BIND and NSD; they are not part of it.
std::string_view without_quotes(std::string_view token) noexcept {
  const bool is_quoted = token.size() >= 2 && token.front() == '"' && token.back() == '"';
  return is_quoted ? token.substr(1, token.size() - 2) : token;
}

// A file name as $INCLUDE has it: in quotes or not, with escapes.
std::string unquoted(std::string_view token) {
  token = without_quotes(token);
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '\\' && i + 1 < token.size()) ++i;
    text += token[i];
  }
  return text;
}

// What stands between a record's owner and its data.
struct RecordHeader {
  std::optional<std::uint32_t> ttl;
  std::string_view type_text;
  dns::Type type = 0;
};

class ZoneFileReader {
 public:
  ZoneFileReader(const std::filesystem::path& file, const dns::Name& apex, ZoneBuilder& builder, Problems& problems)
      : main_file_(file), builder_(builder), problems_(problems), origin_(apex), owner_(apex) {
    rdata_.set_origin(origin_);
  }

  // Reports and returns false if there is nothing to be had from the file.
  bool read() {
    const File file(main_file_);
    if (!file.error().empty()) {
      problems_.error(main_file_.string(), file.error());
      return false;
    }
    const std::size_t errors_before = problems_.error_count();
    read_entries(file, main_file_, 0);
    if (is_empty_ && problems_.error_count() == errors_before) {
      problems_.error(main_file_.string(), "has no records; a zone needs a SOA and a NS record at least");
    }
    return !is_empty_;
  }

 private:
  void read_entries(const File& file, const std::filesystem::path& path, std::uint16_t number);
  void read_directive(std::string_view text, const std::filesystem::path& path);
  void read_origin(std::string_view text);
  void read_default_ttl(std::string_view text);
  void include(std::string_view text, const std::filesystem::path& path);
  void include_file(const std::filesystem::path& path);
  void read_record(std::string_view text, bool has_owner);
  [[nodiscard]] std::optional<RecordHeader> take_header(std::string_view& text);
  [[nodiscard]] std::optional<std::uint32_t> checked_ttl(std::string_view text);
  [[nodiscard]] std::uint32_t ttl_of(const RecordHeader& header);
  [[nodiscard]] std::optional<dns::Name> absolute(std::string_view text) const;
  void set_origin(const dns::Name& origin);
  void error(std::string message) { problems_.error(builder_.place_of(place_), std::move(message)); }
  // What it would have led to is unread: the records of a file, or those that now have another owner.
  void directive_error(std::string message) {
    error(std::move(message));
    builder_.note_unread(0);
  }

  const std::filesystem::path& main_file_;
  ZoneBuilder& builder_;
  Problems& problems_;
  RdataReader rdata_;

  Place place_;  // of the entry being read
  std::vector<std::pair<dev_t, ino_t>> open_files_;
  std::size_t file_count_ = 1;
  bool is_empty_ = true;

  dns::Name origin_;
  std::optional<dns::Name> owner_;            // of the record before; nothing when that was malformed
  std::optional<std::uint32_t> default_ttl_;  // $TTL (RFC 2308 §4)
  std::uint32_t last_ttl_ = kDefaultTtl;
};

void ZoneFileReader::read_entries(const File& file, const std::filesystem::path& path, std::uint16_t number) {
  open_files_.push_back(file.identity());
  const auto reader = std::make_unique<EntryReader>(file.descriptor());  // 64 KiB: too much for the stack of each file
  for (auto outcome = reader->next(); outcome != EntryReader::Outcome::end; outcome = reader->next()) {
    place_ = {number, reader->line()};
    if (outcome == EntryReader::Outcome::malformed) {
      error(reader->error());
      builder_.note_unread(0);
    } else if (reader->has_owner() && reader->text().starts_with('$')) {
      read_directive(reader->text(), path);
    } else {
      is_empty_ = false;
      read_record(reader->text(), reader->has_owner());
    }
  }
  open_files_.pop_back();
}

// Directives.

void ZoneFileReader::read_directive(std::string_view text, const std::filesystem::path& path) {
  const std::string_view directive = take_token(text);
  if (equal_ignoring_case(directive, "$ORIGIN")) return read_origin(text);
  if (equal_ignoring_case(directive, "$TTL")) return read_default_ttl(text);
  if (equal_ignoring_case(directive, "$INCLUDE")) return include(text, path);
  directive_error(fmt::format("{} is not a directive of zone files; there are $ORIGIN, $TTL and $INCLUDE", directive));
}

void ZoneFileReader::read_origin(std::string_view text) {
  const auto origin = absolute(take_token(text));
  if (!origin || !text.empty()) return directive_error("$ORIGIN must be followed by one domain name");
  set_origin(*origin);
}

void ZoneFileReader::read_default_ttl(std::string_view text) {
  const std::string_view token = take_token(text);
  if (!text.empty() || token.empty()) return error("$TTL must be followed by one number of seconds");
  if (const auto ttl = checked_ttl(token)) default_ttl_ = *ttl;
}

// RFC 1035 §5.1: what an included file does to the origin ends with it. As in BIND, so does what it does to the owner
// that a record without one gets.
void ZoneFileReader::include(std::string_view text, const std::filesystem::path& path) {
  const std::string name = unquoted(take_token(text));
  const std::string_view origin_text = take_token(text);
  const auto origin = origin_text.empty() ? origin_ : absolute(origin_text);
  if (name.empty() || !origin || !text.empty()) {
    return directive_error(
        "$INCLUDE must be followed by a file name, and by a domain name if its origin is to be another");
  }
  const Place place_before = place_;
  const dns::Name origin_before = origin_;
  const auto owner_before = owner_;
  set_origin(*origin);
  owner_ = *origin;
  include_file(path.parent_path() / name);
  set_origin(origin_before);
  owner_ = owner_before;
  place_ = place_before;
}

void ZoneFileReader::include_file(const std::filesystem::path& path) {
  if (open_files_.size() > kIncludeDepthMax) {
    return directive_error(fmt::format("files include files more than {} deep", kIncludeDepthMax));
  }
  const File file(path);
  if (!file.error().empty()) return directive_error(fmt::format("{} {}", path.string(), file.error()));
  if (std::ranges::find(open_files_, file.identity()) != open_files_.end()) {
    return directive_error(fmt::format("{} includes itself", path.string()));
  }
  if (file_count_ == Draft::kFilesMax)
    return directive_error(fmt::format("more than {} files are included", Draft::kFilesMax));
  ++file_count_;
  read_entries(file, path, builder_.add_file(path.string()));
}

void ZoneFileReader::set_origin(const dns::Name& origin) {
  origin_ = origin;
  rdata_.set_origin(origin);
}

// Records.

void ZoneFileReader::read_record(std::string_view text, bool has_owner) {
  if (has_owner) {
    const std::string_view token = without_quotes(take_token(text));
    owner_ = absolute(token);
    if (!owner_) error(read_name(token, origin_.wire()).fault);
  }
  if (!owner_) return builder_.note_unread(0);  // the fault was reported where the owner is written

  const auto header = take_header(text);
  if (!header) return builder_.note_unread(0);
  const std::uint32_t ttl = ttl_of(*header);
  if (const auto problem = rdata_.read(header->type, header->type_text, text)) {
    error(*problem);
    return builder_.note_unread(header->type);
  }
  builder_.add(owner_->wire(), header->type, ttl, rdata_.rdata(), place_);
}

// RFC 1035 §5.1: [TTL] [class] type, or [class] [TTL] type. ldns knows the first order only.
std::optional<RecordHeader> ZoneFileReader::take_header(std::string_view& text) {
  RecordHeader header;
  bool has_class = false;
  while (true) {
    const std::string_view token = take_token(text);
    if (token.empty()) {
      error("the record has no type");
      return std::nullopt;
    }
    if (!header.ttl && is_digit(token[0])) {
      header.ttl = checked_ttl(token);
      if (!header.ttl) return std::nullopt;
      continue;
    }
    const ClassToken class_token = has_class ? ClassToken::none : parse_class(token);
    if (class_token == ClassToken::other) {
      error(fmt::format("the class {} is not served, only IN is", token));
      return std::nullopt;
    }
    if (class_token == ClassToken::in) {
      has_class = true;
      continue;
    }
    const auto type = RdataReader::type_from_text(token);
    if (!type || !is_data_type(*type)) {
      error(fmt::format("{} is not a type of record", token));
      return std::nullopt;
    }
    header.type = *type;
    header.type_text = token;
    return header;
  }
}

// Reports what is wrong with it. RFC 2181 §8: with the most significant bit set it counts as zero.
std::optional<std::uint32_t> ZoneFileReader::checked_ttl(std::string_view text) {
  const auto ttl = parse_ttl(text);
  if (!ttl) {
    error(fmt::format("\"{}\" is not a TTL: a number of seconds, or of w, d, h, m and s as in 1h30m", text));
    return std::nullopt;
  }
  if (*ttl <= kTtlMax) return static_cast<std::uint32_t>(*ttl);
  problems_.warning(builder_.place_of(place_),
                    fmt::format("the TTL {} is over {} and counts as 0 (RFC 2181 §8)", text, kTtlMax));
  return 0;
}

std::uint32_t ZoneFileReader::ttl_of(const RecordHeader& header) {
  if (header.ttl) last_ttl_ = *header.ttl;
  return header.ttl || !default_ttl_ ? last_ttl_ : *default_ttl_;
}

std::optional<dns::Name> ZoneFileReader::absolute(std::string_view text) const {
  if (text == "@") return origin_;
  auto name = dns::Name::from_text(text);
  if (!name || is_absolute(text)) return name;
  const Bytes first = name->wire().first(name->wire().size() - 1);
  const Bytes rest = origin_.wire();
  std::array<std::uint8_t, 2 * dns::kNameMax> wire;
  std::ranges::copy(rest, std::ranges::copy(first, wire.begin()).out);
  return dns::Name::from_wire(Bytes(wire).first(first.size() + rest.size()));
}

}  // namespace

std::shared_ptr<const Zone> load_zone_file(const std::filesystem::path& file, const dns::Name& apex,
                                           std::span<const OverlayName> overlays, Problems& problems) {
  ZoneBuilder builder(apex, file.string(), problems);
  ZoneFileReader reader(file, apex, builder, problems);
  if (!reader.read()) return nullptr;
  for (const OverlayName& overlay : overlays)
    builder.add_overlay(overlay);
  return builder.build();
}

}  // namespace rhumb::zone

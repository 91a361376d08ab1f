#include "zone/zone_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "zone/block_parser.hpp"
#include "zone/block_reader.hpp"
#include "zone/entry_reader.hpp"
#include "zone/name_index.hpp"
#include "zone/name_text.hpp"
#include "zone/token.hpp"
#include "zone/zone_builder.hpp"

namespace rhumb::zone {
namespace {

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
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(status_.st_size); }
  // Equal for two ways to one file.
  [[nodiscard]] std::pair<dev_t, ino_t> identity() const noexcept { return {status_.st_dev, status_.st_ino}; }

 private:
  int descriptor_;
  struct stat status_ {};
  std::string error_;
};

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

std::optional<dns::Name> absolute_name(std::string_view text, Bytes origin) {
  const ReadName name = read_name(text, origin);
  return name.fault.empty() ? dns::Name::from_wire(name.wire) : std::nullopt;
}

// The blocks of one file in their order, some of them parsed ahead on other threads.
class ParsedBlocks {
 public:
  ParsedBlocks(const File& file, const ReadSettings& settings, Digester* digester)
      : blocks_(file.descriptor(), std::min(settings.block_size, file.size() + 1), digester),
        parsers_(file.size() < 2 * settings.block_size ? 1 : settings.parsers) {}

  // The next one, parsed with `origin`; nothing at the end of the file.
  [[nodiscard]] std::optional<ParsedBlock> next(const dns::Name& origin) {
    if (parsers_ <= 1) {
      const auto block = blocks_.next();
      return block ? std::optional(parse_block(*block, origin)) : std::nullopt;
    }
    parse_ahead(origin);
    if (ahead_.empty()) return std::nullopt;
    Ahead first = std::move(ahead_.front());
    ahead_.pop_front();
    ParsedBlock parsed = first.parsed.get();
    parse_ahead(origin);
    // Since it was begun, a block before it has changed the origin.
    return parsed.origin == origin ? std::move(parsed) : parse_block(*first.block, origin);
  }

  [[nodiscard]] const BlockReader& reader() const noexcept { return blocks_; }

 private:
  struct Ahead {
    std::unique_ptr<const TextBlock> block;
    std::future<ParsedBlock> parsed;  // its end waits for the thread, which reads `block`
  };

  void parse_ahead(const dns::Name& origin) {
    while (ahead_.size() < parsers_) {
      auto block = blocks_.next();
      if (!block) return;
      auto kept = std::make_unique<const TextBlock>(std::move(*block));
      auto parsed = std::async(std::launch::async, [&text = *kept, origin] { return parse_block(text, origin); });
      ahead_.push_back({std::move(kept), std::move(parsed)});
    }
  }

  BlockReader blocks_;
  std::size_t parsers_;
  std::deque<Ahead> ahead_;
};

// Puts the blocks of a file, and of those that it includes, together: what depends on what comes before.
class ZoneFileReader {
 public:
  ZoneFileReader(const std::filesystem::path& file, const dns::Name& apex, const ReadSettings& settings,
                 ZoneBuilder& builder, Problems& problems)
      : main_file_(file), settings_(settings), builder_(builder), problems_(problems), origin_(apex) {
    set_owner(apex.wire());
  }

  // Reports and returns false if there is nothing to be had from the file.
  bool read() {
    const File file(main_file_);
    if (!file.error().empty()) {
      problems_.error(main_file_.string(), file.error());
      return false;
    }
    const std::size_t errors_before = problems_.error_count();
    read_blocks(file, main_file_, 0);
    if (is_empty_ && problems_.error_count() == errors_before) {
      problems_.error(main_file_.string(), "has no records; a zone needs a SOA and a NS record at least");
    }
    return !is_empty_;
  }

 private:
  void read_blocks(const File& file, const std::filesystem::path& path, std::uint16_t number);
  void take_entry(const ParsedBlock& block, const ParsedEntry& entry, std::span<const Problem> problems,
                  const std::filesystem::path& path);
  void take_record(const ParsedBlock& block, const ParsedEntry& entry, std::span<const Problem> problems);
  void set_default_ttl(std::string_view text);
  void include(std::string_view text, Bytes origin, const std::filesystem::path& path);
  void include_file(const std::filesystem::path& path);
  [[nodiscard]] Bytes owner() const noexcept { return Bytes(owner_).first(owner_size_); }
  void set_owner(Bytes owner) noexcept {
    std::ranges::copy(owner, owner_.begin());
    owner_size_ = owner.size();
  }

  void report(std::span<const Problem> problems) {
    for (const Problem& problem : problems) {
      if (problem.severity == Severity::error) error(problem.message);
      if (problem.severity == Severity::warning) problems_.warning(builder_.place_of(place_), problem.message);
    }
  }
  void error(std::string message) { problems_.error(builder_.place_of(place_), std::move(message)); }
  // What it would have led to is unread: the records of a file, or those that now have another owner.
  void directive_error(std::string message) {
    error(std::move(message));
    builder_.note_unread(0);
  }

  const std::filesystem::path& main_file_;
  const ReadSettings& settings_;
  ZoneBuilder& builder_;
  Problems& problems_;

  Place place_;  // of the entry being taken
  std::vector<std::pair<dev_t, ino_t>> open_files_;
  std::size_t file_count_ = 1;
  bool is_empty_ = true;

  dns::Name origin_;
  std::array<std::uint8_t, dns::kNameMax> owner_;  // of the record before
  std::size_t owner_size_ = 0;                     // 0 when that was malformed
  std::optional<std::uint32_t> default_ttl_;       // $TTL (RFC 2308 §4)
  std::uint32_t last_ttl_ = kDefaultTtl;
};

void ZoneFileReader::read_blocks(const File& file, const std::filesystem::path& path, std::uint16_t number) {
  open_files_.push_back(file.identity());
  if (settings_.files != nullptr) settings_.files->push_back(path);
  std::optional<Digester> digester;
  if (settings_.digests != nullptr) digester.emplace();
  ParsedBlocks blocks(file, settings_, digester ? &*digester : nullptr);
  while (const auto block = blocks.next(origin_)) {
    std::span<const Problem> problems = block->problems;
    for (std::size_t i = 0; i < block->entries.size(); ++i) {
      constexpr std::size_t kAhead = NameIndex::kPrefetchAhead;
      if (i + kAhead < block->entries.size()) builder_.prefetch(block->entries[i + kAhead].name_hash);
      const ParsedEntry& entry = block->entries[i];
      place_ = {number, entry.line};
      take_entry(*block, entry, problems.first(entry.problem_count), path);
      problems = problems.subspan(entry.problem_count);
    }
    origin_ = block->origin_after;
  }
  if (!blocks.reader().error().empty()) {
    place_ = {number, blocks.reader().line()};
    directive_error(blocks.reader().error());
  }
  open_files_.pop_back();
  if (digester) settings_.digests->push_back({path, digester->finish()});
}

void ZoneFileReader::take_entry(const ParsedBlock& block, const ParsedEntry& entry, std::span<const Problem> problems,
                                const std::filesystem::path& path) {
  switch (entry.kind) {
    case ParsedEntry::Kind::record:
    case ParsedEntry::Kind::unread:
      return take_record(block, entry, problems);
    case ParsedEntry::Kind::no_owner:
      is_empty_ = false;
      owner_size_ = 0;
      [[fallthrough]];
    case ParsedEntry::Kind::broken:
      report(problems);
      return builder_.note_unread(0);
    case ParsedEntry::Kind::origin:
      return;
    case ParsedEntry::Kind::default_ttl:
      return set_default_ttl(text_of(block.data(entry)));
    case ParsedEntry::Kind::include:
      return include(text_of(block.data(entry)), block.name(entry), path);
  }
}

// Directives.

void ZoneFileReader::set_default_ttl(std::string_view text) {
  const std::string_view token = take_token(text);
  if (!text.empty() || token.empty()) return error("$TTL must be followed by one number of seconds");
  const ReadTtl ttl = read_ttl(token);
  if (ttl.problem) report({&*ttl.problem, 1});
  if (ttl.ttl_s) default_ttl_ = ttl.ttl_s;
}

// RFC 1035 §5.1: what an included file does to the origin ends with it. As in BIND, so does what it does to the owner
// that a record without one gets.
void ZoneFileReader::include(std::string_view text, Bytes origin, const std::filesystem::path& path) {
  const std::string name = unquoted(take_token(text));
  const std::string_view origin_text = take_token(text);
  const auto included_origin = absolute_name(origin_text.empty() ? "@" : origin_text, origin);
  if (name.empty() || !included_origin || !text.empty()) {
    return directive_error(
        "$INCLUDE must be followed by a file name, and by a domain name if its origin is to be another");
  }
  const Place place_before = place_;
  const auto owner_before = owner_;
  const std::size_t owner_size_before = owner_size_;
  origin_ = *included_origin;
  set_owner(origin_.wire());
  include_file(path.parent_path() / name);  // what it leaves as the origin is not asked for
  owner_ = owner_before;
  owner_size_ = owner_size_before;
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
  read_blocks(file, path, builder_.add_file(path.string()));
}

// Records.

void ZoneFileReader::take_record(const ParsedBlock& block, const ParsedEntry& entry,
                                 std::span<const Problem> problems) {
  is_empty_ = false;
  if (!entry.has_owner_of_before) set_owner(block.name(entry));
  if (owner_size_ == 0) return builder_.note_unread(0);  // the fault was reported where the owner is written

  report(problems);
  if (entry.takes_ttl && entry.ttl_s) last_ttl_ = *entry.ttl_s;
  if (entry.kind == ParsedEntry::Kind::unread) return builder_.note_unread(entry.type);
  const std::uint32_t ttl = entry.ttl_s || !default_ttl_ ? last_ttl_ : *default_ttl_;
  builder_.add(owner(), entry.type, ttl, block.data(entry), place_);
}

}  // namespace

std::size_t ReadSettings::usual_parsers() noexcept {
  constexpr std::size_t kParsersMax = 8;
  return std::min<std::size_t>(std::thread::hardware_concurrency(), kParsersMax);
}

std::shared_ptr<const Zone> load_zone_file(const std::filesystem::path& file, const dns::Name& apex,
                                           std::span<const OverlayName> overlays, Problems& problems,
                                           const ReadSettings& settings) {
  ZoneBuilder builder(apex, file.string(), problems);
  ZoneFileReader reader(file, apex, settings, builder, problems);
  if (!reader.read()) return nullptr;
  for (const OverlayName& overlay : overlays)
    builder.add_overlay(overlay);
  return builder.build();
}

}  // namespace rhumb::zone

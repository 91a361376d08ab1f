#include "zone/zone_cache.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "zone/stored_zone.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::zone {
namespace {

constexpr std::string_view kSuffix = ".compiled";

class Descriptor {
 public:
  explicit Descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

Bytes bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Pieces of octets one after the other, each with its size before it, so that no two lists of pieces look alike.
class Pieces {
 public:
  void add_number(std::uint32_t number) {
    octets_.resize(octets_.size() + sizeof number);
    store_u32(octets_.data() + octets_.size() - sizeof number, number);
  }
  void add(Bytes piece) {
    add_number(static_cast<std::uint32_t>(piece.size()));
    octets_.insert(octets_.end(), piece.begin(), piece.end());
  }
  void add(std::string_view text) { add(bytes_of(text)); }
  [[nodiscard]] std::vector<std::uint8_t>& octets() noexcept { return octets_; }

 private:
  std::vector<std::uint8_t> octets_;
};

// What Pieces has put together. After the first thing that is not there, nothing is.
class PiecesReader {
 public:
  explicit PiecesReader(Bytes octets) noexcept : rest_(octets), is_whole_(!octets.empty()) {}

  [[nodiscard]] std::uint32_t number() noexcept {
    const Bytes octets = take(sizeof(std::uint32_t));
    return octets.empty() ? 0 : load_u32(octets.data());
  }
  [[nodiscard]] Bytes piece() noexcept { return take(number()); }
  [[nodiscard]] std::string text() {
    const Bytes octets = piece();
    return {octets.begin(), octets.end()};
  }
  [[nodiscard]] bool is_whole() const noexcept { return is_whole_; }
  [[nodiscard]] bool is_at_end() const noexcept { return is_whole_ && rest_.empty(); }

 private:
  [[nodiscard]] Bytes take(std::size_t size) noexcept {
    is_whole_ = is_whole_ && size <= rest_.size();
    if (!is_whole_) return {};
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  Bytes rest_;
  bool is_whole_;
};

// Of all that a zone depends on beside its text. The path, because the warnings have it; not the overlays' numbers,
// which are put in again, nor their places, which are in errors only.
Digest key_of(const std::filesystem::path& file, const dns::Name& apex, std::span<const OverlayName> overlays) {
  Pieces pieces;
  pieces.add(file.native());
  pieces.add(apex.wire());
  for (const OverlayName& overlay : overlays) {
    pieces.add_number(overlay.is_alias ? 1 : 0);
    pieces.add(overlay.name.wire());
  }
  Digester digester;
  digester.add(pieces.octets());
  return digester.finish();
}

struct Preface {
  std::vector<FileDigest> files;
  std::vector<Problem> warnings;
};

std::vector<std::uint8_t> octets_of(const Preface& preface) {
  Pieces pieces;
  pieces.add_number(static_cast<std::uint32_t>(preface.files.size()));
  for (const FileDigest& file : preface.files) {
    pieces.add(file.path.native());
    pieces.add(file.digest);
  }
  pieces.add_number(static_cast<std::uint32_t>(preface.warnings.size()));
  for (const Problem& warning : preface.warnings) {
    pieces.add(warning.place);
    pieces.add(warning.message);
  }
  return std::move(pieces.octets());
}

std::optional<Preface> read_preface(Bytes octets) {
  PiecesReader reader(octets);
  Preface preface;
  for (std::uint32_t left = reader.number(); left > 0 && reader.is_whole(); --left) {
    FileDigest file{reader.text(), {}};
    const Bytes digest = reader.piece();
    if (digest.size() != file.digest.size()) return std::nullopt;
    std::ranges::copy(digest, file.digest.begin());
    preface.files.push_back(std::move(file));
  }
  for (std::uint32_t left = reader.number(); left > 0 && reader.is_whole(); --left) {
    std::string place = reader.text();
    preface.warnings.push_back({Severity::warning, std::move(place), reader.text()});
  }
  if (!reader.is_at_end() || preface.files.empty()) return std::nullopt;
  return preface;
}

bool are_unchanged(std::span<const FileDigest> files) {
  return std::ranges::all_of(files, [](const FileDigest& file) { return digest_of_file(file.path) == file.digest; });
}

// Without a zone unless the file in the cache is sound and was made from the text that is there now.
LoadedZone load_cached(const std::filesystem::path& cached, const std::filesystem::path& file, const Digest& key,
                       const dns::Name& apex, std::span<const OverlayName> overlays, Problems& problems) {
  const Descriptor descriptor(open(cached.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) return {};
  const StoredZone stored(descriptor.get());
  if (!stored.has_key(key)) return {};
  const auto preface = read_preface(stored.preface());
  if (!preface || std::ranges::find(preface->files, file, &FileDigest::path) == preface->files.end()) return {};
  auto is_current = std::async(std::launch::async, [&preface] { return are_unchanged(preface->files); });
  auto zone = stored.read(apex, overlays);
  if (!is_current.get() || zone == nullptr) return {};
  for (const Problem& warning : preface->warnings)
    problems.warning(warning.place, warning.message);
  LoadedZone loaded{std::move(zone), {}};
  for (const FileDigest& text : preface->files)
    loaded.files.push_back(text.path);
  return loaded;
}

std::string error_text() {
  return std::strerror(errno);
}

}  // namespace

LoadedZone ZoneCache::load(const std::filesystem::path& file, const dns::Name& apex,
                           std::span<const OverlayName> overlays, Problems& problems) const {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  LoadedZone loaded;
  if (error || size < text_min_) {
    loaded.zone = load_zone_file(file, apex, overlays, problems, {.files = &loaded.files});
    return loaded;
  }

  const std::filesystem::path cached = directory_ / (file.filename().native() + std::string(kSuffix));
  const Digest key = key_of(file, apex, overlays);
  loaded = load_cached(cached, file, key, apex, overlays, problems);
  if (loaded.zone != nullptr) return loaded;

  Preface preface;
  Problems of_zone;
  loaded.zone = load_zone_file(file, apex, overlays, of_zone, {.files = &loaded.files, .digests = &preface.files});
  problems.append(of_zone);
  const bool are_all_kept = of_zone.all().size() == of_zone.warning_count();
  if (loaded.zone == nullptr || !are_all_kept) return loaded;
  preface.warnings = of_zone.all();
  loaded.uncached = {cached, loaded.zone, {overlays.begin(), overlays.end()}, key, octets_of(preface)};
  return loaded;
}

std::optional<std::string> write(const UncachedZone& zone) {
  std::string unfinished = zone.file.native() + ".XXXXXX";
  const Descriptor descriptor(mkostemp(unfinished.data(), O_CLOEXEC));
  if (descriptor.get() < 0) {
    return fmt::format("{} cannot be written: {}", zone.file.string(), error_text());
  }
  const bool is_written = StoredZone::write(descriptor.get(), *zone.zone, zone.overlays, zone.key, zone.preface) &&
                          fsync(descriptor.get()) == 0 && std::rename(unfinished.c_str(), zone.file.c_str()) == 0;
  if (is_written) return std::nullopt;
  auto fault = fmt::format("{} cannot be written: {}", zone.file.string(), error_text());
  unlink(unfinished.c_str());
  return fault;
}

}  // namespace rhumb::zone

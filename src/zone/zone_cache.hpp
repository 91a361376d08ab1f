// Large zones in compiled form, in a directory, so that the next start does not read their text again: a server
// with a million names answers 0.25 s after its start in place of 0.8 s.
//
// The text stays what is served. A file in the cache is taken only if the SHA-256 of the zone's file, and of every file
// that it included, is that of the text which it was made from, and the services over the zone are the same; and only
// if the file itself is sound (stored_zone.hpp). Whenever there is a doubt the text is read, and the cache is
// never a reason for a zone not to load. What the text was warned about is kept and said again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/problems.hpp"
#include "dns/name.hpp"
#include "zone/checks.hpp"
#include "zone/digest.hpp"
#include "zone/zone.hpp"

namespace rhumb::zone {

// A zone that was read from its text and should be in the cache. It may be written later, when nobody waits for it.
struct UncachedZone {
  std::filesystem::path file;  // in the cache
  std::shared_ptr<const Zone> zone;
  std::vector<OverlayName> overlays;
  Digest key;
  std::vector<std::uint8_t> preface;  // the digests of its text, and the warnings
};

struct LoadedZone {
  std::shared_ptr<const Zone> zone;          // null when there was an error
  std::vector<std::filesystem::path> files;  // the zone's own, and those that it includes
  std::optional<UncachedZone> uncached = {};
};

// Nothing in it changes: several threads may load.
class ZoneCache {
 public:
  // Smaller files are read faster than their number is worth counting: in some 30 ms.
  static constexpr std::size_t kTextMin = 1'024 * 1'024;

  explicit ZoneCache(std::filesystem::path directory, std::size_t text_min = kTextMin)
      : directory_(std::move(directory)), text_min_(text_min) {}

  // As load_zone_file().
  [[nodiscard]] LoadedZone load(const std::filesystem::path& file, const dns::Name& apex,
                                std::span<const OverlayName> overlays, Problems& problems) const;

 private:
  std::filesystem::path directory_;
  std::size_t text_min_;
};

// Puts it into the cache, in place of what is there, in one step: who reads there meanwhile finds the one or the other,
// whole. Returns what went wrong, or nothing.
[[nodiscard]] std::optional<std::string> write(const UncachedZone& zone);

}  // namespace rhumb::zone

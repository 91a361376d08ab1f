// A compiled zone as the octets of a file, and back: its arrays as they lie in memory, with numbers where there are
// addresses.
//
// To read it is to copy 80 MB for a million names, which takes less than a tenth of what reading the zone's text does.
// The file is for the machine that wrote it, and it is not trusted: what is read is taken apart again, every number in
// it held against what the builder would have written there. What the answers rely on is checked so; what they would
// merely repeat, an address for one, is the business of the checksums, which find accidents and not forgery.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "zone/checks.hpp"
#include "zone/digest.hpp"
#include "zone/zone.hpp"

namespace rhumb::zone {

class StoredZone {
 public:
  // Changes with every change of what is written or of how a text is read: a file of another version is no zone.
  static constexpr std::uint32_t kVersion = 1;

  // Writes to `descriptor` from where it is. `preface` is for the one who reads it. False, and errno, when the system
  // does not take it all.
  [[nodiscard]] static bool write(int descriptor, const Zone& zone, std::span<const OverlayName> overlays,
                                  const Digest& key, Bytes preface);

  // Opens what was written; a regular file from its start.
  explicit StoredZone(int descriptor);

  // Whether it is a file of this version, whole as far as its sizes tell, with this key.
  [[nodiscard]] bool has_key(const Digest& key) const noexcept { return is_whole_ && header_.key == key; }
  // Nothing when it is damaged. Only if the file has the right key.
  [[nodiscard]] std::vector<std::uint8_t> preface() const;
  // Null when anything about it is not as it should be. Only if the file has the right key. `overlays` must be those
  // that lay over the zone when it was written, up to their numbers.
  [[nodiscard]] std::shared_ptr<const Zone> read(const dns::Name& apex, std::span<const OverlayName> overlays) const;

 private:
  // In the order of the file.
  using Section = std::size_t;
  static constexpr Section kPreface = 0;
  static constexpr Section kNodes = 1;
  static constexpr Section kOwners = 2;
  static constexpr Section kRrsets = 3;
  static constexpr Section kRecords = 4;
  static constexpr Section kPointers = 5;
  static constexpr Section kTargets = 6;
  static constexpr Section kNames = 7;
  static constexpr Section kSections = 8;
  struct Extent {
    std::uint64_t count;  // of elements
    std::uint64_t checksum;
  };
  struct Header {
    std::array<char, 8> magic;
    std::uint64_t version;
    Digest key;
    std::array<Extent, kSections> sections;
    std::uint64_t checksum;  // of all before it
  };
  static constexpr std::array<char, 8> kMagic = {'r', 'h', 'u', 'm', 'b', 'z', 'c', '\n'};

  [[nodiscard]] std::uint64_t offset_of(Section section) const noexcept;
  template <typename Elements>
  [[nodiscard]] bool read_section(Section section, Elements& elements) const;

  static const std::array<std::size_t, kSections> kElementSizes;

  int descriptor_;
  bool is_whole_ = false;
  Header header_{};
};

}  // namespace rhumb::zone

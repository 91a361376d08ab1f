#include "zone/stored_zone.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "zone/checksum.hpp"
#include "zone/zone_audit.hpp"

namespace rhumb::zone {
namespace {

constexpr std::size_t kAlignment = 8;

template <typename Elements>
Bytes octets_of(const Elements& elements) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(std::data(elements)),
          std::size(elements) * sizeof(*std::data(elements))};
}

bool write_all(int descriptor, Bytes octets) noexcept {
  while (!octets.empty()) {
    const ssize_t size = ::write(descriptor, octets.data(), octets.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    octets = octets.subspan(static_cast<std::size_t>(size));
  }
  return true;
}

bool read_all(int descriptor, std::uint64_t at, MutableBytes octets) noexcept {
  while (!octets.empty()) {
    const ssize_t size = ::pread(descriptor, octets.data(), octets.size(), static_cast<off_t>(at));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    at += static_cast<std::uint64_t>(size);
    octets = octets.subspan(static_cast<std::size_t>(size));
  }
  return true;
}

std::uint64_t padded(std::uint64_t size) noexcept {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

// Which of `overlays` a node has, in place of that one's number.
void number_overlays(Array<Node>& nodes, std::span<const OverlayName> overlays) {
  for (Node& node : nodes) {
    if (node.overlay == kNoOverlay) continue;
    const auto overlay = std::ranges::find(overlays, node.overlay, &OverlayName::overlay);
    node.overlay = static_cast<Overlay>(overlay - overlays.begin());
  }
}

}  // namespace

constexpr std::array<std::size_t, StoredZone::kSections> StoredZone::kElementSizes = {
    1, sizeof(Node), 1, sizeof(FileRrset), 1, sizeof(std::uint16_t), sizeof(Target), sizeof(FileNames)};

bool StoredZone::write(int descriptor, const Zone& zone, std::span<const OverlayName> overlays, const Digest& key,
                       Bytes preface) {
  Array<Node> nodes = zone.nodes_;
  number_overlays(nodes, overlays);
  Array<FileNames> names;
  names.reserve(zone.rdata_names_.size());
  for (const RdataNames& from : zone.rdata_names_) {
    names.push_back({static_cast<std::uint64_t>(from.pointers.data() - zone.pointers_.data()), from.pointers.size(),
                     static_cast<std::uint64_t>(from.targets.data() - zone.targets_.data()), from.targets.size()});
  }
  Array<std::uint8_t> records = zone.records_;
  Array<FileRrset> rrsets;
  rrsets.reserve(zone.rrsets_.size() + 1);
  const auto store = [&](const Rrset& from) {
    const auto at = static_cast<std::uint64_t>(from.records_at - zone.records_.data());
    rrsets.push_back(
        {from.type, from.count, from.records_size, from.has_names ? std::uint16_t{1} : std::uint16_t{0}, at});
    if (!from.has_names) return;
    const auto number = static_cast<std::uint64_t>(from.names() - zone.rdata_names_.data());
    std::memcpy(records.data() + at - sizeof number, &number, sizeof number);
  };
  std::ranges::for_each(zone.rrsets_, store);
  store(zone.negative_soa_);

  const std::array<Bytes, kSections> sections = {preface,
                                                 octets_of(nodes),
                                                 octets_of(zone.owners_),
                                                 octets_of(rrsets),
                                                 octets_of(records),
                                                 octets_of(zone.pointers_),
                                                 octets_of(zone.targets_),
                                                 octets_of(names)};
  Header header{};
  header.magic = kMagic;
  header.version = kVersion;
  header.key = key;
  for (std::size_t i = 0; i < kSections; ++i)
    header.sections[i] = {sections[i].size() / kElementSizes[i], checksum(sections[i])};
  header.checksum = checksum(octets_of(std::span(&header, 1)).first(offsetof(Header, checksum)));
  if (!write_all(descriptor, octets_of(std::span(&header, 1)))) return false;
  constexpr std::array<std::uint8_t, kAlignment> kPadding{};
  return std::ranges::all_of(sections, [&](Bytes section) {
    return write_all(descriptor, section) &&
           write_all(descriptor, Bytes(kPadding).first(padded(section.size()) - section.size()));
  });
}

StoredZone::StoredZone(int descriptor) : descriptor_(descriptor) {
  struct stat status {};
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) return;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < sizeof header_) return;
  if (!read_all(descriptor_, 0, {reinterpret_cast<std::uint8_t*>(&header_), sizeof header_})) return;
  if (header_.magic != kMagic || header_.version != kVersion) return;
  if (header_.checksum != checksum(octets_of(std::span(&header_, 1)).first(offsetof(Header, checksum)))) return;
  // Each on its own first, so that the sum cannot overflow.
  for (std::size_t i = 0; i < kSections; ++i) {
    if (header_.sections[i].count > size / kElementSizes[i]) return;
  }
  is_whole_ = offset_of(kSections) == size;
}

std::uint64_t StoredZone::offset_of(Section section) const noexcept {
  std::uint64_t offset = sizeof header_;
  for (std::size_t i = 0; i < section; ++i)
    offset += padded(header_.sections[i].count * kElementSizes[i]);
  return offset;
}

template <typename Elements>
bool StoredZone::read_section(Section section, Elements& elements) const {
  elements.resize(header_.sections[section].count);
  const std::span octets(reinterpret_cast<std::uint8_t*>(elements.data()), elements.size() * kElementSizes[section]);
  return read_all(descriptor_, offset_of(section), octets) && checksum(octets) == header_.sections[section].checksum;
}

std::vector<std::uint8_t> StoredZone::preface() const {
  std::vector<std::uint8_t> preface;
  if (!read_section(kPreface, preface)) preface.clear();
  return preface;
}

std::shared_ptr<const Zone> StoredZone::read(const dns::Name& apex, std::span<const OverlayName> overlays) const {
  const std::shared_ptr<Zone> zone(new Zone(apex));
  Array<FileRrset> rrsets;
  Array<FileNames> names;
  const bool is_read = read_section(kNodes, zone->nodes_) && read_section(kOwners, zone->owners_) &&
                       read_section(kRrsets, rrsets) && read_section(kRecords, zone->records_) &&
                       read_section(kPointers, zone->pointers_) && read_section(kTargets, zone->targets_) &&
                       read_section(kNames, names);
  if (!is_read) return nullptr;
  const FileArrays arrays{zone->nodes_, zone->owners_, rrsets, zone->records_, zone->pointers_, zone->targets_, names};
  if (!is_sound(arrays, apex, overlays.size())) return nullptr;

  for (Node& node : std::span(zone->nodes_).first(zone->node_count())) {
    if (node.overlay != kNoOverlay) node.overlay = overlays[node.overlay].overlay;
  }
  zone->rdata_names_.reserve(names.size());
  for (const FileNames& from : names) {
    zone->rdata_names_.push_back({std::span(zone->pointers_).subspan(from.first_pointer, from.pointer_count),
                                  std::span(zone->targets_).subspan(from.first_target, from.target_count)});
  }
  const RdataNames* next_names = zone->rdata_names_.data();
  const auto settled = [&](const FileRrset& from) {
    std::uint8_t* at = zone->records_.data() + from.records_at;
    if (from.has_names == 1) {
      std::memcpy(at - Rrset::kPointerSize, &next_names, Rrset::kPointerSize);
      ++next_names;
    }
    return Rrset{from.type, from.count, from.records_size, from.has_names == 1, at};
  };
  zone->rrsets_.reserve(rrsets.size() - 1);
  for (const FileRrset& from : std::span(rrsets).first(rrsets.size() - 1)) {
    zone->record_count_ += from.count;
    zone->rrsets_.push_back(settled(from));
  }
  zone->negative_soa_ = settled(rrsets.back());
  zone->serial_ = load_u32(zone->negative_soa_.records().data() + zone->negative_soa_.records_size - 20);
  return zone;
}

}  // namespace rhumb::zone

// One zone, compiled for answering: its names as a tree in one array, its RRsets as bytes ready to be copied.
//
// Everything lies in a handful of arrays, nothing is allocated per name: 24 octets a name and its owner's octets, 16 a
// RRset and its records, with 8 more before them where names are in the rdata. A zone of a million names with one A
// record each takes 82 MB, its part of the index (zones.hpp) 12 MB more. A zone knows its names by number only; to find
// a name is the business of Zones, which has one index over all zones.
//
// Made by ZoneBuilder. Immutable: any thread may read it; it lives on one address for as long as it lives, so that
// references into it stay good as long as the zone is held.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "dns/edns.hpp"
#include "dns/name.hpp"
#include "dns/stored_record.hpp"
#include "zone/array.hpp"

namespace rhumb::zone {

// The number of a name within its zone; the apex is 0 and parents come before their children.
using NodeIndex = std::uint32_t;
inline constexpr NodeIndex kNoNode = std::numeric_limits<NodeIndex>::max();
inline constexpr NodeIndex kApex = 0;

// What lies over a node's A and AAAA, or makes it an alias, if anything: the number of a service in the snapshot. Means
// nothing to the zone.
using Overlay = std::uint32_t;
inline constexpr Overlay kNoOverlay = std::numeric_limits<Overlay>::max();

// What an RRset's records may take, so that every one fits into a message over TCP: the largest message without its
// header, the largest question and the largest OPT record.
inline constexpr std::size_t kRecordsMax = dns::kMessageMax - dns::kHeaderSize - (dns::kNameMax + 4) - dns::kOptSizeMax;

// A host that the rdata of an NS, MX, SRV, SVCB or HTTPS record names and whose addresses this zone can tell.
struct Target {
  static constexpr std::uint32_t kIsOwner = 0;  // as name_offset: SVCB's "." (RFC 9460 §2.5.2)

  std::uint32_t name_offset;  // of the host's name within Rrset::records
  NodeIndex node;
};

// The names in an RRset's rdata, as far as they matter.
struct RdataNames {
  std::span<const std::uint16_t> pointers;  // see dns::StoredRrset
  std::span<const Target> targets;          // in the order of the records
};

struct Rrset {
  static constexpr std::size_t kPointerSize = sizeof(void*);  // of what leads to the names, before the records

  dns::Type type;
  std::uint16_t count;
  std::uint16_t records_size;
  bool has_names;  // before the records, not aligned, is the address of their RdataNames
  const std::uint8_t* records_at;

  // `count` records in stored form (dns/stored_record.hpp); names in rdata keep the file's case.
  [[nodiscard]] Bytes records() const noexcept { return {records_at, records_size}; }
  // Of each record; RRSIGs, which have that of the RRset they cover, may have another one each.
  [[nodiscard]] std::uint32_t ttl() const noexcept { return load_u32(records_at + 6); }
  // Null: none that matter.
  [[nodiscard]] const RdataNames* names() const noexcept {
    if (!has_names) return nullptr;
    const RdataNames* names;
    std::memcpy(&names, records_at - kPointerSize, kPointerSize);
    return names;
  }
  [[nodiscard]] std::span<const Target> targets() const noexcept {
    return has_names ? names()->targets : std::span<const Target>();
  }
  // `owner_size` = octets of the node's name.
  [[nodiscard]] dns::StoredRrset stored(std::size_t owner_size) const noexcept {
    return {records(), has_names ? names()->pointers : std::span<const std::uint16_t>(), count,
            static_cast<std::uint8_t>(owner_size)};
  }
};
static_assert(sizeof(Rrset) == 16, "the memory that a name takes is a promise");
static_assert(kRecordsMax <= 0xFFFF, "Rrset::records_size");

// A name that exists: it has records, an overlay, or a name below it (an empty non-terminal, RFC 4592 §2.2.2).
struct Node {
  static constexpr std::uint8_t kIsCut = 1;     // NS records, and not the apex (RFC 1034 §4.2)
  static constexpr std::uint8_t kHasDname = 2;  // RFC 6672

  std::uint32_t owner_at;
  std::uint32_t first_rrset;
  // What takes this name out of the zone's authority: the topmost node that is a cut at or above it or has a DNAME
  // above it. kNoNode for a name that the zone answers itself.
  NodeIndex taken_by;
  NodeIndex wildcard;  // the child with the label "*" (RFC 4592 §2.1.1), or kNoNode
  Overlay overlay;
  std::uint8_t owner_size;
  std::uint8_t label_count;  // without the root label
  std::uint8_t flags;
  std::uint8_t unused;  // zero: nodes are written to files, which get nothing that is not meant for them

  [[nodiscard]] bool is_cut() const noexcept { return (flags & kIsCut) != 0; }
  [[nodiscard]] bool has_dname() const noexcept { return (flags & kHasDname) != 0; }
};
static_assert(sizeof(Node) == 24, "the memory that a name takes is a promise");

class Zone {
 public:
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

  [[nodiscard]] const dns::Name& apex() const noexcept { return apex_; }
  [[nodiscard]] std::uint32_t serial() const noexcept { return serial_; }
  [[nodiscard]] std::size_t node_count() const noexcept { return nodes_.size() - 1; }
  [[nodiscard]] std::size_t rrset_count() const noexcept { return rrsets_.size(); }
  [[nodiscard]] std::size_t record_count() const noexcept { return record_count_; }
  // What the zone occupies, in octets.
  [[nodiscard]] std::size_t memory_size() const noexcept;

  // `node` is less than node_count() in all that follows.
  [[nodiscard]] const Node& node(NodeIndex node) const noexcept { return nodes_[node]; }

  // In lower case, uncompressed.
  [[nodiscard]] Bytes owner(NodeIndex node) const noexcept {
    return {owners_.data() + nodes_[node].owner_at, nodes_[node].owner_size};
  }

  // By type, from the smallest number; empty for an empty non-terminal and for a name that has just an overlay.
  [[nodiscard]] std::span<const Rrset> rrsets(NodeIndex node) const noexcept {
    const std::uint32_t first = nodes_[node].first_rrset;
    return {rrsets_.data() + first, nodes_[node + 1].first_rrset - first};
  }

  // As the response writer takes it; `rrset` is one of `node`'s.
  [[nodiscard]] dns::StoredRrset stored(NodeIndex node, const Rrset& rrset) const noexcept {
    return rrset.stored(nodes_[node].owner_size);
  }

  // Null when the node has no records of the type.
  [[nodiscard]] const Rrset* find(NodeIndex node, dns::Type type) const noexcept {
    for (const Rrset& rrset : rrsets(node)) {
      if (rrset.type == type) return &rrset;
    }
    return nullptr;
  }

  [[nodiscard]] Overlay overlay(NodeIndex node) const noexcept { return nodes_[node].overlay; }

  // The SOA record as negative answers carry it: with the smaller of its own TTL and its MINIMUM field (RFC 2308 §5).
  // Its owner is the apex, not the question: the owner pointer must be replaced.
  [[nodiscard]] const Rrset& negative_soa() const noexcept { return negative_soa_; }

 private:
  friend class ZoneBuilder;
  friend class StoredZone;
  explicit Zone(dns::Name apex) : apex_(std::move(apex)) {}

  dns::Name apex_;
  std::uint32_t serial_ = 0;
  std::size_t record_count_ = 0;
  Array<Node> nodes_;  // one more than there are names: the last one ends the RRsets of the one before it
  Array<std::uint8_t> owners_;
  Array<Rrset> rrsets_;  // by node, then type
  Array<std::uint8_t> records_;
  Array<std::uint16_t> pointers_;
  Array<Target> targets_;
  Array<RdataNames> rdata_names_;
  Rrset negative_soa_{};
};

}  // namespace rhumb::zone

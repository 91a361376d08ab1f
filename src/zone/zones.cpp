#include "zone/zones.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <stdexcept>

namespace rhumb::zone {
namespace {

Lookup lookup_of(Lookup::Kind kind, const Zone& zone, NodeIndex node) noexcept {
  return {kind, zone.node(node).label_count, Lookup::kNoZone, node, &zone};
}

Lookup numbered(Lookup lookup, std::uint16_t zone_number) noexcept {
  lookup.zone_number = zone_number;
  return lookup;
}

// The node `taken_by` is above, or is, the one that was asked for.
Lookup taken(const Zone& zone, NodeIndex taken_by) noexcept {
  const bool is_cut = zone.node(taken_by).is_cut();
  return lookup_of(is_cut ? Lookup::Kind::delegation : Lookup::Kind::dname, zone, taken_by);
}

// The name is that of `node`.
Lookup at(const Zone& zone, NodeIndex node, dns::Type type) noexcept {
  const NodeIndex taken_by = zone.node(node).taken_by;
  // RFC 4035 §3.1.4.1: DS at a cut is the parent's data.
  if (taken_by == kNoNode || (taken_by == node && type == dns::type::kDs)) {
    return lookup_of(Lookup::Kind::found, zone, node);
  }
  return taken(zone, taken_by);
}

// The name does not exist and `closest_encloser` is the longest name above it that does.
Lookup below_node(const Zone& zone, NodeIndex closest_encloser) noexcept {
  const Node& node = zone.node(closest_encloser);
  if (node.taken_by != kNoNode) return taken(zone, node.taken_by);
  if (node.has_dname()) return lookup_of(Lookup::Kind::dname, zone, closest_encloser);
  if (node.wildcard != kNoNode) return lookup_of(Lookup::Kind::wildcard, zone, node.wildcard);
  return lookup_of(Lookup::Kind::nx_domain, zone, closest_encloser);
}

std::size_t node_count(std::span<const std::shared_ptr<const Zone>> zones) {
  std::size_t count = 0;
  for (const auto& zone : zones)
    count += zone->node_count();
  return count;
}

dns::LookupName parsed(Bytes wire, const dns::NameHashKey& hash_key) noexcept {
  dns::LookupName name;
  [[maybe_unused]] const std::size_t size = name.parse(wire, hash_key);
  assert(size == wire.size());
  return name;
}

}  // namespace

Zones::Zones(std::vector<std::shared_ptr<const Zone>> zones, std::uint64_t hash_key, std::vector<dns::Name> not_loaded)
    : zones_(std::move(zones)),
      not_loaded_(std::move(not_loaded)),
      parent_sides_(zone_count()),
      hash_key_(hash_key),
      index_(node_count(zones_) + not_loaded_.size()) {
  if (zone_count() > kZonesMax) throw std::length_error("more than 65,535 zones");
  insert_apexes();
  const std::vector<std::uint16_t> parents = find_parents();
  std::vector<bool> has_zones_below(zone_count());
  for (const std::uint16_t parent : parents) {
    if (parent != kNoZone) has_zones_below[parent] = true;
  }
  for (std::size_t zone = 0; zone < zones_.size(); ++zone) {
    if (has_zones_below[zone]) {
      insert_what_is_own(static_cast<std::uint16_t>(zone), parents);
    } else {
      insert_all(static_cast<std::uint16_t>(zone));
    }
  }
  complete_parent_sides(parents);
}

void Zones::insert(const dns::LookupName& name, std::uint16_t zone, NodeIndex node) {
  index_.insert(name.hash(0), zone, node);
  deepest_ = std::max<std::size_t>(deepest_, name.label_count);
}

void Zones::insert_apexes() {
  for (std::size_t zone = 0; zone < zone_count(); ++zone) {
    const dns::LookupName apex = parsed(owner(zone, kApex), hash_key_);
    if (probe(apex, 0) != nullptr) {
      throw std::invalid_argument("two zones " + dns::Name::from_wire(owner(zone, kApex))->to_text());
    }
    insert(apex, static_cast<std::uint16_t>(zone), kApex);
  }
}

// For each zone the one above it with the longest apex, or kNoZone. The index has nothing but apexes yet.
std::vector<std::uint16_t> Zones::find_parents() const {
  std::vector<std::uint16_t> parents(zone_count(), kNoZone);
  for (std::size_t zone = 0; zone < zone_count(); ++zone) {
    const NameIndex::Slot* parent = closest(parsed(owner(zone, kApex), hash_key_), 1);
    if (parent != nullptr) parents[zone] = parent->zone;
  }
  return parents;
}

// In batches, so that the places in the index are on their way from memory while the next name is hashed.
void Zones::insert_all(std::uint16_t zone) {
  const Zone& from = *zones_[zone];
  std::array<std::uint64_t, NameIndex::kPrefetchAhead> hashes;
  for (NodeIndex first = kApex + 1; first < from.node_count();) {
    const std::size_t count = std::min<std::size_t>(hashes.size(), from.node_count() - first);
    for (std::size_t i = 0; i < count; ++i) {
      const dns::LookupName name = parsed(from.owner(first + static_cast<NodeIndex>(i)), hash_key_);
      hashes[i] = name.hash(0);
      index_.prefetch(hashes[i]);
      deepest_ = std::max<std::size_t>(deepest_, name.label_count);
    }
    for (std::size_t i = 0; i < count; ++i)
      index_.insert(hashes[i], zone, first++);
  }
}

// Leaves out the names at and below the apexes of other zones; what `zone` has at those apexes goes to parent_sides_.
void Zones::insert_what_is_own(std::uint16_t zone, std::span<const std::uint16_t> parents) {
  for (NodeIndex node = kApex + 1; node < zones_[zone]->node_count(); ++node) {
    const dns::LookupName name = parsed(zones_[zone]->owner(node), hash_key_);
    std::size_t suffix = 0;
    const NameIndex::Slot* apex = probe(name, suffix);
    while (apex == nullptr || apex->node != kApex)
      apex = probe(name, ++suffix);  // ends at the zone's own apex, if not before
    if (apex->zone == zone) {
      insert(name, zone, node);
    } else if (suffix == 0 && parents[apex->zone] == zone) {
      parent_sides_[apex->zone] = numbered(at(*zones_[zone], node, dns::type::kDs), zone);
    }
  }
}

// For the apexes that the zone above them does not have a node for: it should delegate them, but does not.
void Zones::complete_parent_sides(std::span<const std::uint16_t> parents) {
  for (std::size_t zone = 0; zone < zone_count(); ++zone) {
    if (parents[zone] == kNoZone || parent_sides_[zone].kind != Lookup::Kind::not_ours) continue;
    parent_sides_[zone] = below(*closest(parsed(owner(zone, kApex), hash_key_), 1));
  }
}

const NameIndex::Slot* Zones::probe(const dns::LookupName& name, std::size_t suffix) const noexcept {
  const Bytes wire = name.suffix(suffix);
  return index_.find(name.hash(suffix), [&](const NameIndex::Slot& slot) {
    const Bytes other = owner(slot.zone, slot.node);
    return other.size() == wire.size() && has_same_octets(other.data(), wire.data(), wire.size());
  });
}

// The slot of the longest suffix that is in the index, from the suffix number `first` on; null when there is none.
const NameIndex::Slot* Zones::closest(const dns::LookupName& name, std::size_t first) const noexcept {
  for (std::size_t suffix = first; suffix <= name.label_count; ++suffix) {
    const NameIndex::Slot* slot = probe(name, suffix);
    if (slot != nullptr) return slot;
  }
  return nullptr;
}

std::uint8_t Zones::label_count(const NameIndex::Slot& slot) const noexcept {
  if (is_loaded(slot)) return zones_[slot.zone]->node(slot.node).label_count;
  return static_cast<std::uint8_t>(not_loaded_[slot.zone - zones_.size()].label_count());
}

Lookup Zones::below(const NameIndex::Slot& closest_encloser) const noexcept {
  const std::uint16_t number = closest_encloser.zone;
  if (is_loaded(closest_encloser)) return numbered(below_node(*zones_[number], closest_encloser.node), number);
  return {Lookup::Kind::not_loaded, label_count(closest_encloser), number, kNoNode, nullptr};
}

Lookup Zones::find(const dns::LookupName& name, dns::Type type) const noexcept {
  const std::size_t too_deep = name.label_count > deepest_ ? name.label_count - deepest_ : 0;
  const NameIndex::Slot* slot = closest(name, too_deep);
  if (slot == nullptr) return {};

  if (type == dns::type::kDs && slot->node == kApex && label_count(*slot) == name.label_count &&
      parent_sides_[slot->zone].kind != Lookup::Kind::not_ours) {
    return parent_sides_[slot->zone];
  }
  if (!is_loaded(*slot)) return below(*slot);
  const Zone& zone = *zones_[slot->zone];
  const bool is_there = zone.node(slot->node).label_count == name.label_count;
  return numbered(is_there ? at(zone, slot->node, type) : below_node(zone, slot->node), slot->zone);
}

Lookup Zones::find_in(const Zone& zone, const dns::LookupName& name, dns::Type type) const noexcept {
  const Lookup lookup = find(name, type);
  return lookup.zone == &zone ? lookup : Lookup{};
}

bool Zones::has_apex(const dns::LookupName& name) const noexcept {
  const NameIndex::Slot* slot = probe(name, 0);
  return slot != nullptr && slot->node == kApex;
}

const Zone* Zones::zone_of(const dns::Name& name) const noexcept {
  const NameIndex::Slot* slot = closest(parsed(name.wire(), hash_key_), 0);
  return slot == nullptr || !is_loaded(*slot) ? nullptr : zones_[slot->zone].get();
}

}  // namespace rhumb::zone

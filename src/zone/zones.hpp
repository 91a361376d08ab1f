// All zones of a snapshot, with one hash index over all their names: from a question's name to the node that answers
// it.
//
// One step of the algorithm of RFC 1034 §4.3.2 with wildcards (RFC 4592) and DNAME (RFC 6672). A name that exists is
// found with one probe, whatever its zone: what lies above it (a delegation, a DNAME) was written into its node when
// the zone was compiled. A name that does not exist costs one probe for each of its labels at most, and never more than
// the deepest name here has, however long the question.
//
// Names at or below a zone's apex belong to it, even if the zone above it is here too: what that zone has there (the
// delegation, glue) is not in the index. The one exception is DS, which lives on the parent's side (RFC 4035 §3.1.4.1).
//
// A zone that could not be loaded is known by its apex alone, so that its names are not answered from the zone above:
// that would be a lie (no such name, or a referral to this very server), where a failure sends the asker elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dns/codes.hpp"
#include "dns/lookup_name.hpp"
#include "zone/name_index.hpp"
#include "zone/zone.hpp"

namespace rhumb::zone {

struct Lookup {
  static constexpr std::uint16_t kNoZone = 0xFFFF;

  enum class Kind : std::uint8_t {
    not_ours,    // no zone here is at or above the name; zone is null
    not_loaded,  // the zone that the name is in could not be loaded; zone is null, label_count that of its apex
    found,       // node has the name; it may be without records, or have none of the type
    wildcard,    // the name does not exist; node is the "*" that stands for it
    delegation,  // node is the zone cut at or above the name
    dname,       // node has a DNAME record and the name is below it
    nx_domain,   // the name does not exist; node is its closest encloser
  };
  Kind kind = Kind::not_ours;
  // Labels of the node's own name, without the root's. Unless `kind` is wildcard, that name ends the question's name,
  // and starts there at offsets[question's label_count - label_count].
  std::uint8_t label_count = 0;
  // Of the zone that the name is in, loaded or not: its place in Zones::zones(), or behind them in not_loaded().
  std::uint16_t zone_number = kNoZone;
  NodeIndex node = kNoNode;
  const Zone* zone = nullptr;
};

// Immutable: any thread may read it. Keeps its zones alive.
class Zones {
 public:
  // A slot of the index has 16 bits for the zone.
  static constexpr std::size_t kZonesMax = 65'535;

  // Hashes every name of every zone: 0.08 s for a million names. `hash_key` should be random, so that nobody can choose
  // names that collide. `not_loaded` are the apexes of zones that should be here and are not. Throws
  // std::invalid_argument if two zones have one apex, std::length_error over kZonesMax zones.
  Zones(std::vector<std::shared_ptr<const Zone>> zones, std::uint64_t hash_key, std::vector<dns::Name> not_loaded = {});

  // What LookupNames must be parsed with.
  [[nodiscard]] const dns::NameHashKey& hash_key() const noexcept { return hash_key_; }

  // In the zone with the longest apex that is at or above the name. `type` matters for DS only: at a zone cut it is
  // found on the parent's side, at the apex of a zone here in the zone above it, if that is here too. So DS at the apex
  // of a zone that was not loaded is answered, like any other, by the zone above that was.
  [[nodiscard]] Lookup find(const dns::LookupName& name, dns::Type type) const noexcept;

  // As find(), for a name that a CNAME or DNAME of `zone` led to: not_ours when it lies in another zone, whether
  // loaded or not, or in none.
  [[nodiscard]] Lookup find_in(const Zone& zone, const dns::LookupName& name, dns::Type type) const noexcept;

  // Whether a zone here has this name.
  [[nodiscard]] bool has_apex(const dns::LookupName& name) const noexcept;

  // The zone that names at or below `name` that do not exist would be in: that with the longest apex at or above it.
  // Null when there is none, or that one was not loaded.
  [[nodiscard]] const Zone* zone_of(const dns::Name& name) const noexcept;

  [[nodiscard]] std::span<const std::shared_ptr<const Zone>> zones() const noexcept { return zones_; }
  // The apexes of the zones that could not be loaded.
  [[nodiscard]] std::span<const dns::Name> not_loaded() const noexcept { return not_loaded_; }
  [[nodiscard]] std::size_t memory_size() const noexcept { return index_.memory_size(); }

 private:
  static constexpr std::uint16_t kNoZone = Lookup::kNoZone;

  // The zones that were not loaded have the numbers after those that were, and one node each, the apex.
  [[nodiscard]] std::size_t zone_count() const noexcept { return zones_.size() + not_loaded_.size(); }
  [[nodiscard]] bool is_loaded(const NameIndex::Slot& slot) const noexcept { return slot.zone < zones_.size(); }
  [[nodiscard]] Bytes owner(std::size_t zone, NodeIndex node) const noexcept {
    return zone < zones_.size() ? zones_[zone]->owner(node) : not_loaded_[zone - zones_.size()].wire();
  }
  [[nodiscard]] std::uint8_t label_count(const NameIndex::Slot& slot) const noexcept;
  [[nodiscard]] Lookup below(const NameIndex::Slot& closest_encloser) const noexcept;

  void insert(const dns::LookupName& name, std::uint16_t zone, NodeIndex node);
  void insert_apexes();
  [[nodiscard]] std::vector<std::uint16_t> find_parents() const;
  void insert_all(std::uint16_t zone);
  void insert_what_is_own(std::uint16_t zone, std::span<const std::uint16_t> parents);
  void complete_parent_sides(std::span<const std::uint16_t> parents);
  [[nodiscard]] const NameIndex::Slot* probe(const dns::LookupName& name, std::size_t suffix) const noexcept;
  [[nodiscard]] const NameIndex::Slot* closest(const dns::LookupName& name, std::size_t first) const noexcept;

  std::vector<std::shared_ptr<const Zone>> zones_;
  std::vector<dns::Name> not_loaded_;
  // For each zone, loaded or not: what the zone above it, if that is here, says of the apex to those who ask for DS.
  std::vector<Lookup> parent_sides_;
  dns::NameHashKey hash_key_;
  std::size_t deepest_ = 0;  // labels of the longest name in the index
  NameIndex index_;
};

}  // namespace rhumb::zone

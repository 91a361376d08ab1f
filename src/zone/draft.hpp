// A zone between its file and its compiled form: the names as a tree, the records in groups, each with its place.
//
// 24 octets and the rdata a record, beside the nodes that the compiled zone takes over. Records are added in any order;
// group() ends that and gives the draft its final shape, which the checks (checks.hpp) and the builder read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/problems.hpp"
#include "dns/lookup_name.hpp"
#include "zone/name_index.hpp"
#include "zone/zone.hpp"

namespace rhumb::zone {

// Where a record was written: a number that add_file() gave, and the line it begins on, from 1.
struct Place {
  std::uint16_t file = 0;
  std::uint32_t line = 0;
};

struct Record {
  NodeIndex node;
  std::uint32_t ttl;
  std::uint32_t rdata_at;
  std::uint32_t line;
  dns::Type type;
  std::uint16_t rdata_size;
  std::uint16_t file;
};
static_assert(sizeof(Record) == 24);

// The records of one node and type, in the order in which they were added: an RRset to be.
struct Group {
  NodeIndex node;
  std::uint32_t ttl;           // the lowest of its records (RFC 2181 §5.2)
  std::uint32_t records_size;  // octets in answer form
  std::uint32_t first;
  std::uint32_t count;
  dns::Type type;
};

class Draft {
 public:
  // Offsets into a zone's arrays have 32 bits: names, rdata and records in answer form may take this much each.
  static constexpr std::size_t kOctetsMax = 0xFFFF'0000;
  static constexpr std::size_t kFilesMax = 0xFFFF;

  explicit Draft(const dns::Name& apex);

  // The number of `path` for Place::file; 0 for the first. At most kFilesMax.
  std::uint16_t add_file(std::string path);

  // False, and nothing done, when it has no room left. The owner must be in the zone.
  [[nodiscard]] bool add(const dns::LookupName& owner, dns::Type type, std::uint32_t ttl, Bytes rdata, Place place);

  // Of a record that will be added soon, `hash` being that of its owner (LookupName::hash(0), keyed with kHashKey).
  void prefetch(std::uint64_t hash) const noexcept { index_.prefetch(hash); }

  // A record of this type, or of one that could not be told (0), was written and could not be read. What is missing may
  // be that.
  void note_unread(dns::Type type) { unread_.push_back(type); }
  [[nodiscard]] bool may_be_unread(dns::Type type) const noexcept {
    return std::ranges::any_of(unread_, [type](dns::Type unread) { return unread == type || unread == 0; });
  }

  // The node of a name in the zone, made if need be together with those between it and the apex.
  NodeIndex make_node(const dns::LookupName& name);

  // What LookupNames for the draft must be parsed with. Fixed: who can write the zone has easier ways to slow us down.
  static constexpr std::uint64_t kHashKey = 0x9e37'79b9'7f4a'7c15U;
  [[nodiscard]] bool is_in_zone(const dns::LookupName& name) const noexcept;

  // Puts the records into groups, drops what is written twice, settles TTLs and what each node's authority is.
  // Warns of the first two. To be called once, after the last record.
  void group(Problems& problems);

  // Of use before group() too.
  // The node of the name without its first `suffix` labels, or kNoNode.
  [[nodiscard]] NodeIndex find_node(const dns::LookupName& name, std::size_t suffix = 0) const noexcept;
  [[nodiscard]] NodeIndex find_node(Bytes wire) const noexcept;
  [[nodiscard]] std::size_t node_count() const noexcept { return nodes_.size(); }
  [[nodiscard]] const Node& node(NodeIndex node) const noexcept { return nodes_[node]; }
  [[nodiscard]] NodeIndex parent(NodeIndex node) const noexcept { return parents_[node]; }
  [[nodiscard]] Bytes owner(NodeIndex node) const noexcept {
    return {owners_.data() + nodes_[node].owner_at, nodes_[node].owner_size};
  }

  // By node, then type.
  [[nodiscard]] std::span<const Group> groups() const noexcept { return groups_; }
  [[nodiscard]] std::span<const Group> groups_of(NodeIndex node) const noexcept;
  [[nodiscard]] const Group* find(NodeIndex node, dns::Type type) const noexcept;
  // Octets of all records in answer form, uncompressed.
  [[nodiscard]] std::size_t records_size() const noexcept;
  [[nodiscard]] bool has_address(NodeIndex node) const noexcept;  // A, AAAA or an overlay

  // `number` is below the group's count.
  [[nodiscard]] const Record& record(const Group& group, std::size_t number) const noexcept {
    return records_[order_[group.first + number]];
  }
  [[nodiscard]] Bytes rdata(const Record& record) const noexcept {
    return {rdata_.data() + record.rdata_at, record.rdata_size};
  }
  // Which of two records was added later.
  [[nodiscard]] static const Record& later(const Record& a, const Record& b) noexcept { return &a < &b ? b : a; }

  // For problems: "zones/example.com.zone:12", or just the first file.
  [[nodiscard]] std::string place_of(Place place) const;
  [[nodiscard]] std::string place_of(const Record& record) const { return place_of(Place{record.file, record.line}); }
  [[nodiscard]] const std::string& first_file() const noexcept { return files_.front(); }
  // Relative to the apex, as the operator has it in the file; the apex itself and names outside the zone in full.
  [[nodiscard]] std::string shown(Bytes name) const;
  [[nodiscard]] std::string shown(NodeIndex node) const { return shown(owner(node)); }

  void set_overlay(NodeIndex node, Overlay overlay) noexcept { nodes_[node].overlay = overlay; }

  // For the builder, which uses the draft up.
  [[nodiscard]] Array<Node>& nodes() noexcept { return nodes_; }
  [[nodiscard]] Array<std::uint8_t>& owners() noexcept { return owners_; }

 private:
  NodeIndex append_node(const dns::LookupName& name, std::size_t suffix, NodeIndex parent);
  void grow_index();
  void sort_records();
  void append_groups_of(NodeIndex node, std::span<std::uint32_t> numbers, Problems& problems);
  [[nodiscard]] Group make_group(NodeIndex node, std::span<std::uint32_t> numbers, Problems& problems);
  [[nodiscard]] std::size_t drop_duplicates(std::span<std::uint32_t> numbers, Problems& problems) const;
  void warn_of_ttls(const Group& group, Problems& problems) const;
  [[nodiscard]] bool is_same(const Record& a, const Record& b) const noexcept;
  void settle_authority();

  std::vector<std::string> files_;
  dns::LookupName apex_;
  std::string apex_text_;

  NameIndex index_;
  Array<Node> nodes_;
  Array<std::uint64_t> hashes_;  // of the nodes' names, for an index that grows; until group()
  Array<NodeIndex> parents_;
  Array<std::uint8_t> owners_;
  NodeIndex last_node_ = kApex;  // of the record before: most have the owner of the one before them

  std::vector<dns::Type> unread_;
  Array<Record> records_;  // in the order in which they were added
  Array<std::uint8_t> rdata_;
  Array<std::uint32_t> order_;  // numbers of records, by node and type
  Array<Group> groups_;
  Array<std::uint32_t> first_group_;  // of each node, and one more
};

}  // namespace rhumb::zone

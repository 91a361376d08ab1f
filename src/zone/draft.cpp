#include "zone/draft.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "base/bytes.hpp"

namespace rhumb::zone {
namespace {

dns::LookupName parsed(Bytes wire) noexcept {
  dns::LookupName name;
  [[maybe_unused]] const std::size_t size = name.parse(wire, Draft::kHashKey);
  assert(size == wire.size());
  return name;
}

// Where the name starts that the rdata ends with, in the types in which operators write one name in two cases. In other
// types a duplicate in another case goes unnoticed, which is harmless: both are sent.
std::size_t name_offset(dns::Type type, std::size_t rdata_size) noexcept {
  switch (type) {
    case dns::type::kNs:
    case dns::type::kCname:
    case dns::type::kDname:
    case dns::type::kPtr:
      return 0;
    case dns::type::kMx:
      return 2;
    case dns::type::kSrv:
      return 6;
    default:
      return rdata_size;
  }
}

}  // namespace

Draft::Draft(const dns::Name& apex) : apex_(parsed(apex.wire())), apex_text_(apex.to_text()), index_(1'000) {
  append_node(apex_, 0, kNoNode);
}

std::uint16_t Draft::add_file(std::string path) {
  assert(files_.size() < kFilesMax);
  files_.push_back(std::move(path));
  return static_cast<std::uint16_t>(files_.size() - 1);
}

bool Draft::add(const dns::LookupName& owner, dns::Type type, std::uint32_t ttl, Bytes rdata, Place place) {
  // The answer form takes a header for each record more than the rdata; the names may be as long as the longest each.
  const std::size_t answer_size = rdata_.size() + rdata.size() + (records_.size() + 1) * dns::kStoredRecordFixedSize;
  if (answer_size > kOctetsMax || owners_.size() + dns::kNameMax * dns::kLabelsMax > kOctetsMax) return false;
  if (!is_equal(owner.suffix(0), this->owner(last_node_))) last_node_ = make_node(owner);
  records_.push_back({.node = last_node_,
                      .ttl = ttl,
                      .rdata_at = static_cast<std::uint32_t>(rdata_.size()),
                      .line = place.line,
                      .type = type,
                      .rdata_size = static_cast<std::uint16_t>(rdata.size()),
                      .file = place.file});
  rdata_.insert(rdata_.end(), rdata.begin(), rdata.end());
  return true;
}

// The tree.

bool Draft::is_in_zone(const dns::LookupName& name) const noexcept {
  if (name.label_count < apex_.label_count) return false;
  return is_equal(name.suffix(name.label_count - apex_.label_count + 0U), apex_.suffix(0));
}

NodeIndex Draft::find_node(const dns::LookupName& name, std::size_t suffix) const noexcept {
  const Bytes wire = name.suffix(suffix);
  const NameIndex::Slot* slot =
      index_.find(name.hash(suffix), [&](const NameIndex::Slot& at) { return is_equal(owner(at.node), wire); });
  return slot == nullptr ? kNoNode : slot->node;
}

NodeIndex Draft::find_node(Bytes wire) const noexcept {
  return find_node(parsed(wire));
}

NodeIndex Draft::make_node(const dns::LookupName& name) {
  assert(is_in_zone(name));
  std::size_t suffix = 0;
  NodeIndex node = find_node(name, suffix);
  while (node == kNoNode)
    node = find_node(name, ++suffix);  // ends at the apex
  while (suffix > 0)
    node = append_node(name, --suffix, node);
  return node;
}

NodeIndex Draft::append_node(const dns::LookupName& name, std::size_t suffix, NodeIndex parent) {
  const auto node = static_cast<NodeIndex>(nodes_.size());
  const Bytes owner = name.suffix(suffix);
  nodes_.push_back({.owner_at = static_cast<std::uint32_t>(owners_.size()),
                    .first_rrset = 0,
                    .taken_by = kNoNode,
                    .wildcard = kNoNode,
                    .overlay = kNoOverlay,
                    .owner_size = static_cast<std::uint8_t>(owner.size()),
                    .label_count = static_cast<std::uint8_t>(name.label_count - suffix),
                    .flags = 0,
                    .unused = 0});
  hashes_.push_back(name.hash(suffix));
  parents_.push_back(parent);
  owners_.insert(owners_.end(), owner.begin(), owner.end());
  const bool is_wildcard = owner.size() > 2 && owner[0] == 1 && owner[1] == '*';
  if (is_wildcard && parent != kNoNode) nodes_[parent].wildcard = node;

  if (nodes_.size() > index_.capacity()) {
    grow_index();
  } else {
    index_.insert(name.hash(suffix), 0, node);
  }
  return node;
}

void Draft::grow_index() {
  index_ = NameIndex();  // freed before the larger one is made
  index_ = NameIndex(nodes_.size() * 2);
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    if (node + NameIndex::kPrefetchAhead < nodes_.size()) index_.prefetch(hashes_[node + NameIndex::kPrefetchAhead]);
    index_.insert(hashes_[node], 0, node);
  }
}

// Groups.

void Draft::group(Problems& problems) {
  hashes_ = {};
  sort_records();
  first_group_.reserve(nodes_.size() + 1);
  std::size_t first = 0;
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    first_group_.push_back(static_cast<std::uint32_t>(groups_.size()));
    std::size_t end = first;
    while (end < order_.size() && records_[order_[end]].node == node)
      ++end;
    append_groups_of(node, std::span(order_).subspan(first, end - first), problems);
    first = end;
  }
  first_group_.push_back(static_cast<std::uint32_t>(groups_.size()));
  settle_authority();
}

// By node: a counting sort, which keeps the order of each node's records.
void Draft::sort_records() {
  std::vector<std::uint32_t> starts(nodes_.size() + 1);
  for (const Record& record : records_)
    ++starts[record.node + 1];
  for (std::size_t node = 1; node < starts.size(); ++node)
    starts[node] += starts[node - 1];
  order_.resize(records_.size());
  for (std::uint32_t number = 0; number < records_.size(); ++number)
    order_[starts[records_[number].node]++] = number;
}

void Draft::append_groups_of(NodeIndex node, std::span<std::uint32_t> numbers, Problems& problems) {
  if (numbers.size() > 1) {
    std::ranges::stable_sort(numbers, {}, [&](std::uint32_t number) { return records_[number].type; });
  }
  while (!numbers.empty()) {
    const dns::Type type = records_[numbers[0]].type;
    std::size_t count = 1;
    while (count < numbers.size() && records_[numbers[count]].type == type)
      ++count;
    groups_.push_back(make_group(node, numbers.first(count), problems));
    numbers = numbers.subspan(count);
  }
}

Group Draft::make_group(NodeIndex node, std::span<std::uint32_t> numbers, Problems& problems) {
  Group group{.node = node,
              .ttl = records_[numbers[0]].ttl,
              .records_size = 0,
              .first = static_cast<std::uint32_t>(numbers.data() - order_.data()),
              .count = static_cast<std::uint32_t>(drop_duplicates(numbers, problems)),
              .type = records_[numbers[0]].type};
  for (std::size_t i = 0; i < group.count; ++i) {
    group.ttl = std::min(group.ttl, record(group, i).ttl);
    group.records_size += static_cast<std::uint32_t>(dns::kStoredRecordFixedSize + record(group, i).rdata_size);
  }
  warn_of_ttls(group, problems);
  return group;
}

// Moves what is not there twice to the front and returns how much that is. Compares each with each, so it leaves sets
// that are too large to be served alone; they are refused (checks.hpp).
std::size_t Draft::drop_duplicates(std::span<std::uint32_t> numbers, Problems& problems) const {
  if (numbers.size() > kRecordsMax / dns::kStoredRecordFixedSize) return numbers.size();
  std::size_t kept = 0;
  for (const std::uint32_t number : numbers) {
    const Record& record = records_[number];
    const auto seen = numbers.first(kept);
    const auto same = std::ranges::find_if(seen, [&](std::uint32_t other) { return is_same(records_[other], record); });
    if (same == seen.end()) {
      numbers[kept++] = number;
    } else if (record.type != dns::type::kSoa) {  // a zone transfer ends with the SOA again, and so do dumps of one
      problems.warning(place_of(record),
                       fmt::format("{} has this {} record already ({}); written once is enough", shown(record.node),
                                   dns::type_to_text(record.type), place_of(records_[*same])));
    }
  }
  return kept;
}

bool Draft::is_same(const Record& a, const Record& b) const noexcept {
  if (a.rdata_size != b.rdata_size) return false;
  const std::size_t name_at = std::min<std::size_t>(name_offset(a.type, a.rdata_size), a.rdata_size);
  const Bytes in_a = rdata(a);
  const Bytes in_b = rdata(b);
  return is_equal(in_a.first(name_at), in_b.first(name_at)) &&
         std::ranges::equal(in_a.subspan(name_at), in_b.subspan(name_at), {}, dns::to_lower, dns::to_lower);
}

void Draft::warn_of_ttls(const Group& group, Problems& problems) const {
  if (group.type == dns::type::kRrsig) return;  // RFC 4034 §3: has the TTL of the RRset that it covers
  const Record& first = record(group, 0);
  for (std::size_t i = 1; i < group.count; ++i) {
    const Record& other = record(group, i);
    if (other.ttl == first.ttl) continue;
    problems.warning(
        place_of(other),
        fmt::format("{} {} has TTL {} here and {} at {}; the lowest, {}, is served (RFC 2181 §5.2)", shown(group.node),
                    dns::type_to_text(group.type), other.ttl, first.ttl, place_of(first), group.ttl));
    return;
  }
}

// Parents come before their children, so that what lies above a name is known when its turn comes. Whatever is nearest
// to the apex wins: names below it are not this zone's to speak of.
void Draft::settle_authority() {
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    Node& self = nodes_[node];
    if (find(node, dns::type::kDname) != nullptr) self.flags |= Node::kHasDname;
    if (node == kApex) continue;
    if (find(node, dns::type::kNs) != nullptr) self.flags |= Node::kIsCut;
    const NodeIndex above = parents_[node];
    if (nodes_[above].taken_by != kNoNode) {
      self.taken_by = nodes_[above].taken_by;
    } else if (nodes_[above].has_dname()) {
      self.taken_by = above;
    } else if (self.is_cut()) {
      self.taken_by = node;
    }
  }
}

std::span<const Group> Draft::groups_of(NodeIndex node) const noexcept {
  return std::span(groups_).subspan(first_group_[node], first_group_[node + 1] - first_group_[node]);
}

const Group* Draft::find(NodeIndex node, dns::Type type) const noexcept {
  for (const Group& group : groups_of(node)) {
    if (group.type == type) return &group;
  }
  return nullptr;
}

std::size_t Draft::records_size() const noexcept {
  std::size_t size = 0;
  for (const Group& group : groups_)
    size += group.records_size;
  return size;
}

bool Draft::has_address(NodeIndex node) const noexcept {
  return nodes_[node].overlay != kNoOverlay || find(node, dns::type::kA) != nullptr ||
         find(node, dns::type::kAaaa) != nullptr;
}

// Text.

std::string Draft::place_of(Place place) const {
  return fmt::format("{}:{}", files_[place.file], place.line);
}

std::string Draft::shown(Bytes name) const {
  const auto value = dns::Name::from_wire(name);
  if (!value) return "a malformed name";
  std::string text = value->to_text();
  const dns::LookupName in_parts = parsed(name);
  if (!is_in_zone(in_parts) || in_parts.label_count == apex_.label_count) return text;
  if (apex_.label_count > 0) text.resize(text.size() - apex_text_.size() - 1);
  return text;
}

}  // namespace rhumb::zone

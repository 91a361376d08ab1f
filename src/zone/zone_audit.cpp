#include "zone/zone_audit.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/bytes.hpp"
#include "zone/svcb_reader.hpp"
#include "zone/zone_builder.hpp"

namespace rhumb::zone {
namespace {

// The octets of the uncompressed name at the start of `octets`; 0 when it is none.
std::size_t checked_name_size(Bytes octets) noexcept {
  const std::size_t end = std::min(octets.size(), dns::kNameMax);
  std::size_t at = 0;
  while (at < end && octets[at] != 0) {
    if (octets[at] > dns::kLabelMax) return 0;
    at += octets[at] + 1U;
  }
  return at < end ? at + 1 : 0;
}

// The names within one RRset's rdata, as NameCompressor leaves them.
class NamesWalk {
 public:
  NamesWalk(Bytes owner, Bytes records, std::span<const std::uint16_t> pointers)
      : records_(records), pointers_(pointers), base_(dns::kQuestionOffset + owner.size() + 4) {
    // What a wildcard stands for does not begin like it.
    const bool is_wildcard = owner.size() > 2 && owner[0] == 1 && owner[1] == '*';
    for (std::size_t at = is_wildcard ? 2 : 0; at < owner.size(); at += owner[at] + 1U)
      starts_.push_back({static_cast<std::uint32_t>(dns::kQuestionOffset + at), owner.size() - at});
  }

  // Where the name at `at` ends; 0 when it is none, or leads to where no name is.
  [[nodiscard]] std::size_t pass(std::size_t at, std::size_t end) {
    const std::size_t first_start = starts_.size();
    const std::size_t first = at;
    names_.push_back(at);
    std::size_t size_of_rest = 1;
    while (at < end && records_[at] != 0 && records_[at] <= dns::kLabelMax) {
      starts_.push_back({static_cast<std::uint32_t>(base_ + at), at});
      at += records_[at] + 1U;
    }
    if (at >= end) return 0;
    std::size_t stop = at + 1;
    if (records_[at] != 0) {
      if (at + 2 > end || !dns::is_pointer(records_.data() + at) || !is_noted(at)) return 0;
      const auto target = size_at(dns::pointer_target(records_.data() + at), first_start);
      if (!target) return 0;
      size_of_rest = *target;
      stop = at + 2;
    }
    if (at - first + size_of_rest > dns::kNameMax) return 0;
    for (std::size_t i = first_start; i < starts_.size(); ++i)
      starts_[i].size = at - starts_[i].size + size_of_rest;
    return stop;
  }

  [[nodiscard]] bool has_passed_all_pointers() const noexcept { return pointers_.empty(); }
  // Whether a name that was passed stands at `offset` of the records.
  [[nodiscard]] bool has_name_at(std::size_t offset) const noexcept {
    return std::ranges::binary_search(names_, offset);
  }

 private:
  struct Start {
    std::uint32_t position;  // in the message; ascending
    std::size_t size;        // of the name from there on, expanded
  };

  [[nodiscard]] std::optional<std::size_t> size_at(std::size_t position, std::size_t count) const noexcept {
    const auto known = std::span(starts_).first(count);
    const auto start = std::ranges::lower_bound(known, position, {}, &Start::position);
    if (start == known.end() || start->position != position) return std::nullopt;
    return start->size;
  }

  // The pointers are noted in their order.
  [[nodiscard]] bool is_noted(std::size_t at) noexcept {
    if (pointers_.empty() || pointers_[0] != at) return false;
    pointers_ = pointers_.subspan(1);
    return true;
  }

  Bytes records_;
  std::span<const std::uint16_t> pointers_;
  std::size_t base_;
  std::vector<Start> starts_;       // of labels, to which pointers may lead
  std::vector<std::size_t> names_;  // where in the records those begin that were passed
};

class Auditor {
 public:
  Auditor(const FileArrays& zone, const dns::Name& apex, std::size_t overlay_count)
      : zone_(zone), apex_(apex.wire()), overlay_count_(overlay_count) {}

  bool audit() {
    if (zone_.nodes.size() < 2 || zone_.rrsets.empty()) return false;
    node_count_ = zone_.nodes.size() - 1;
    const std::size_t negative_soa = zone_.rrsets.size() - 1;
    if (zone_.nodes[node_count_].first_rrset != negative_soa || !passes_owners()) return false;
    for (std::size_t i = 0; i < node_count_; ++i) {
      if (!passes_rrsets_of(i) || !passes_authority(i)) return false;
    }
    return passes_rrset(kApex, negative_soa) && zone_.rrsets[negative_soa].type == dns::type::kSoa &&
           has(kApex, dns::type::kSoa) && has(kApex, dns::type::kNs) && next_record_ == zone_.records.size() &&
           next_pointer_ == zone_.pointers.size() && next_target_ == zone_.targets.size() &&
           next_names_ == zone_.names.size();
  }

 private:
  // All names first: what refers to a node may look at its name.
  [[nodiscard]] bool passes_owners() const noexcept {
    std::size_t next_owner = 0;
    for (std::size_t i = 0; i < node_count_; ++i) {
      const Node& node = zone_.nodes[i];
      if (node.owner_at != next_owner || node.owner_size > zone_.owners.size() - next_owner) return false;
      next_owner += node.owner_size;
      if (!is_owner(node) || (i == kApex) != (node.owner_size == apex_.size())) return false;
      if (node.first_rrset > zone_.nodes[i + 1].first_rrset) return false;
    }
    return zone_.nodes[0].first_rrset == 0 && next_owner == zone_.owners.size();
  }

  // A name in lower case, at or below the apex.
  [[nodiscard]] bool is_owner(const Node& node) const noexcept {
    const Bytes name = owner(node);
    std::size_t labels = 0;
    std::size_t at = 0;
    bool is_in_zone = false;
    while (at < name.size()) {
      is_in_zone = is_in_zone || (name.size() - at == apex_.size() && is_equal(name.subspan(at), apex_));
      if (name[at] == 0 || name[at] > dns::kLabelMax) break;
      at += name[at] + 1U;
      ++labels;
    }
    const bool is_folded = std::ranges::none_of(name, [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; });
    return at + 1 == name.size() && name[at] == 0 && labels == node.label_count && is_in_zone && is_folded;
  }

  [[nodiscard]] Bytes owner(const Node& node) const noexcept {
    return zone_.owners.subspan(node.owner_at, node.owner_size);
  }

  [[nodiscard]] bool has(std::size_t node, dns::Type type) const noexcept {
    const auto first = zone_.nodes[node].first_rrset;
    const auto rrsets = zone_.rrsets.subspan(first, zone_.nodes[node + 1].first_rrset - first);
    return std::ranges::find(rrsets, type, &FileRrset::type) != rrsets.end();
  }

  // That the flags say what the records do, and that what is referred to is what it is referred to as.
  [[nodiscard]] bool passes_authority(std::size_t i) const noexcept {
    const Node& node = zone_.nodes[i];
    const unsigned flags =
        (i != kApex && has(i, dns::type::kNs) ? Node::kIsCut : 0U) | (has(i, dns::type::kDname) ? Node::kHasDname : 0U);
    if (node.flags != flags || node.unused != 0) return false;
    if (node.overlay != kNoOverlay && node.overlay >= overlay_count_) return false;
    return (node.taken_by == kNoNode || passes_taken_by(node)) && (node.wildcard == kNoNode || passes_wildcard(node));
  }

  [[nodiscard]] bool passes_taken_by(const Node& node) const noexcept {
    if (node.taken_by >= node_count_) return false;
    const Node& by = zone_.nodes[node.taken_by];
    if (!by.is_cut() && !(by.has_dname() && &by != &node)) return false;
    Bytes name = owner(node);
    if (by.label_count > node.label_count) return false;
    for (std::size_t labels = node.label_count; labels > by.label_count; --labels)
      name = name.subspan(name[0] + 1U);
    return is_equal(name, owner(by));
  }

  [[nodiscard]] bool passes_wildcard(const Node& node) const noexcept {
    if (node.wildcard >= node_count_) return false;
    const Bytes name = owner(zone_.nodes[node.wildcard]);
    return name.size() > 2 && name[0] == 1 && name[1] == '*' && is_equal(name.subspan(2), owner(node));
  }

  [[nodiscard]] bool passes_rrsets_of(std::size_t i) {
    for (std::size_t rrset = zone_.nodes[i].first_rrset; rrset < zone_.nodes[i + 1].first_rrset; ++rrset) {
      const bool is_first = rrset == zone_.nodes[i].first_rrset;
      if (!is_first && zone_.rrsets[rrset].type <= zone_.rrsets[rrset - 1].type) return false;
      if (!passes_rrset(static_cast<NodeIndex>(i), rrset)) return false;
    }
    return true;
  }

  [[nodiscard]] bool passes_rrset(NodeIndex node, std::size_t number) {
    const FileRrset& rrset = zone_.rrsets[number];
    const std::size_t room = ZoneBuilder::room_for_names(rrset.type);
    const std::size_t left = zone_.records.size() - next_record_;
    if (left < room || rrset.records_at != next_record_ + room || rrset.records_size > left - room) return false;
    if (rrset.count == 0 || rrset.records_size > kRecordsMax || rrset.has_names > (room > 0 ? 1 : 0)) return false;
    next_record_ += room + rrset.records_size;
    const bool is_alone =
        rrset.type == dns::type::kSoa || rrset.type == dns::type::kCname || rrset.type == dns::type::kDname;
    if (is_alone && rrset.count != 1) return false;

    FileNames names{};
    if (rrset.has_names == 1 && !take_names(rrset, names)) return false;
    const Bytes records = zone_.records.subspan(rrset.records_at, rrset.records_size);
    return passes_records(node, rrset, records, zone_.pointers.subspan(names.first_pointer, names.pointer_count),
                          zone_.targets.subspan(names.first_target, names.target_count));
  }

  // Those of the RRset: the next ones there are.
  [[nodiscard]] bool take_names(const FileRrset& rrset, FileNames& names) noexcept {
    std::uint64_t number;
    std::memcpy(&number, zone_.records.data() + rrset.records_at - sizeof number, sizeof number);
    if (number != next_names_ || number >= zone_.names.size()) return false;
    names = zone_.names[number];
    if (names.first_pointer != next_pointer_ || names.pointer_count > zone_.pointers.size() - next_pointer_)
      return false;
    if (names.first_target != next_target_ || names.target_count > zone_.targets.size() - next_target_) return false;
    ++next_names_;
    next_pointer_ += names.pointer_count;
    next_target_ += names.target_count;
    return names.pointer_count + names.target_count > 0;
  }

  [[nodiscard]] bool passes_records(NodeIndex node, const FileRrset& rrset, Bytes records,
                                    std::span<const std::uint16_t> pointers, std::span<const Target> targets) const {
    std::size_t at = 0;
    std::optional<NamesWalk> walk;
    if (ZoneBuilder::room_for_names(rrset.type) > 0) walk.emplace(owner(zone_.nodes[node]), records, pointers);
    for (std::size_t i = 0; i < rrset.count; ++i) {
      if (records.size() - at < dns::kStoredRecordFixedSize) return false;
      const std::uint8_t* record = records.data() + at;
      const std::size_t size = dns::stored_record_size(record);
      if (size > records.size() - at || load_u16(record) != dns::kOwnerIsQuestion ||
          load_u16(record + 2) != rrset.type || load_u16(record + 4) != dns::kClassIn)
        return false;
      if (!passes_rdata(rrset.type, records, at + dns::kStoredRecordFixedSize, at + size, walk)) return false;
      at += size;
    }
    if (at != records.size() || (walk && !walk->has_passed_all_pointers())) return false;
    return std::ranges::all_of(targets, [&](const Target& target) {
      if (target.node >= node_count_) return false;
      if (target.name_offset == Target::kIsOwner) {
        return target.node == node && (rrset.type == dns::type::kSvcb || rrset.type == dns::type::kHttps);
      }
      return walk->has_name_at(target.name_offset);
    });
  }

  // Of the types that are looked into, from `at` to `end` of the records.
  [[nodiscard]] static bool passes_rdata(dns::Type type, Bytes records, std::size_t at, std::size_t end,
                                         std::optional<NamesWalk>& walk) {
    const dns::RdataLayout layout = dns::rdata_layout(type);
    if (layout.name_count > 0) {
      at += layout.head_size;
      for (int i = 0; i < layout.name_count; ++i) {
        if (at >= end || (at = walk->pass(at, end)) == 0) return false;
      }
      return end - at == (type == dns::type::kSoa ? 20U : 0U);
    }
    const Bytes rdata = records.subspan(at, end - at);
    if (type == dns::type::kDname) return checked_name_size(rdata) == rdata.size() && !rdata.empty();
    if (type == dns::type::kA) return rdata.size() == 4;
    if (type == dns::type::kAaaa) return rdata.size() == 16;
    if (type == dns::type::kSvcb || type == dns::type::kHttps) {
      return !find_svcb_fault(rdata) && walk->pass(at + 2, end) != 0;
    }
    constexpr std::size_t kSrvHead = 6;
    if (type == dns::type::kSrv) return rdata.size() > kSrvHead && walk->pass(at + kSrvHead, end) == end;
    return true;
  }

  const FileArrays& zone_;
  Bytes apex_;
  std::size_t overlay_count_;
  std::size_t node_count_ = 0;
  // What comes next in its array.
  std::size_t next_record_ = 0;
  std::size_t next_pointer_ = 0;
  std::size_t next_target_ = 0;
  std::size_t next_names_ = 0;
};

}  // namespace

bool is_sound(const FileArrays& zone, const dns::Name& apex, std::size_t overlay_count) {
  return Auditor(zone, apex, overlay_count).audit();
}

}  // namespace rhumb::zone

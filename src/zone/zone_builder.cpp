#include "zone/zone_builder.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace rhumb::zone {
namespace {

std::uint32_t minimum_of(Bytes soa_rdata) noexcept {
  return load_u32(soa_rdata.data() + soa_rdata.size() - 4);  // RFC 1035 §3.3.13: the last of five numbers
}

std::uint32_t serial_of(Bytes soa_rdata) noexcept {
  return load_u32(soa_rdata.data() + soa_rdata.size() - 20);
}

// Where the name starts in the rdata whose addresses are worth sending along: RFC 1035 §3.3.9 and §3.3.11, RFC 2782,
// RFC 9460 §4.1. Nothing for types without one.
std::optional<std::size_t> target_offset(dns::Type type) noexcept {
  switch (type) {
    case dns::type::kNs:
      return 0;
    case dns::type::kMx:
    case dns::type::kSvcb:
    case dns::type::kHttps:
      return 2;
    case dns::type::kSrv:
      return 6;
    default:
      return std::nullopt;
  }
}

}  // namespace

ZoneBuilder::ZoneBuilder(const dns::Name& apex, std::string file, Problems& problems)
    : problems_(problems), errors_before_(problems.error_count()), draft_(apex), zone_(new Zone(apex)) {
  draft_.add_file(std::move(file));
}

void ZoneBuilder::add(Bytes owner, dns::Type type, std::uint32_t ttl, Bytes rdata, Place place) {
  dns::LookupName name;
  [[maybe_unused]] const std::size_t size = name.parse(owner, Draft::kHashKey);
  assert(size == owner.size());
  if (!draft_.is_in_zone(name)) {
    problems_.warning(place_of(place),
                      fmt::format("{} is not in the zone {}; ignored", draft_.shown(owner), draft_.shown(kApex)));
    return;
  }
  if (is_full_ || draft_.add(name, type, ttl, rdata, place)) return;
  is_full_ = true;  // reported once
  problems_.error(place_of(place), "the zone is larger than 4 GiB");
}

void ZoneBuilder::add_overlay(const OverlayName& overlay) {
  dns::LookupName name;
  [[maybe_unused]] const std::size_t size = name.parse(overlay.name.wire(), Draft::kHashKey);
  assert(size == overlay.name.wire().size());
  if (!draft_.is_in_zone(name)) {
    problems_.error(overlay.place,
                    fmt::format("{} is not in the zone {}", overlay.name.to_text(), draft_.shown(kApex)));
    return;
  }
  const NodeIndex node = draft_.make_node(name);
  if (draft_.node(node).overlay != kNoOverlay) {
    problems_.error(overlay.place, fmt::format("{} has a service already", overlay.name.to_text()));
    return;
  }
  draft_.set_overlay(node, overlay.overlay);
  overlays_.push_back(overlay);
}

std::shared_ptr<const Zone> ZoneBuilder::build() {
  draft_.group(problems_);
  check(draft_, overlays_, problems_);
  if (problems_.error_count() > errors_before_) return nullptr;
  reserve();
  write_nodes();
  write_negative_soa();
  settle_names();
  zone_->nodes_ = std::move(draft_.nodes());
  zone_->nodes_.push_back({});
  zone_->nodes_.back().first_rrset = static_cast<std::uint32_t>(zone_->rrsets_.size());
  zone_->owners_ = std::move(draft_.owners());
  return std::move(zone_);
}

// The RRsets point into the records, which must not move.
void ZoneBuilder::reserve() {
  std::size_t size = draft_.records_size() + draft_.find(kApex, dns::type::kSoa)->records_size;
  for (const Group& group : draft_.groups())
    size += room_for_names(group.type);
  zone_->records_.reserve(size + room_for_names(dns::type::kSoa));
  zone_->rrsets_.reserve(draft_.groups().size());
}

std::size_t ZoneBuilder::room_for_names(dns::Type type) noexcept {
  return dns::rdata_layout(type).name_count > 0 || target_offset(type) ? Rrset::kPointerSize : 0;
}

void ZoneBuilder::write_nodes() {
  for (NodeIndex node = 0; node < draft_.node_count(); ++node) {
    draft_.nodes()[node].first_rrset = static_cast<std::uint32_t>(zone_->rrsets_.size());
    for (const Group& group : draft_.groups_of(node)) {
      zone_->rrsets_.push_back(write_rrset(group));
      zone_->record_count_ += group.count;
    }
  }
}

Rrset ZoneBuilder::write_rrset(const Group& group) {
  Array<std::uint8_t>& records = zone_->records_;
  records.resize(records.size() + room_for_names(group.type), 0);  // which some have and do not need
  const NamesPlace before{records.size(), zone_->pointers_.size(), 0, zone_->targets_.size(), 0};
  NameCompressor compressor(draft_.owner(group.node), group.type, records, zone_->pointers_);
  for (std::size_t i = 0; i < group.count; ++i) {
    const Record& record = draft_.record(group, i);
    write_record(group, group.type == dns::type::kRrsig ? record.ttl : group.ttl, record, compressor, before.records);
  }
  const NamesPlace names{before.records, before.first_pointer, zone_->pointers_.size(), before.first_target,
                         zone_->targets_.size()};
  const bool has_names = names.pointers_end > names.first_pointer || names.targets_end > names.first_target;
  if (has_names) names_.push_back(names);
  return {group.type, static_cast<std::uint16_t>(group.count),
          static_cast<std::uint16_t>(records.size() - names.records), has_names, records.data() + names.records};
}

void ZoneBuilder::write_record(const Group& group, std::uint32_t ttl, const Record& record, NameCompressor& compressor,
                               std::size_t first) {
  Array<std::uint8_t>& records = zone_->records_;
  const std::size_t at = records.size();
  records.resize(at + dns::kStoredRecordFixedSize);
  store_u16(records.data() + at, dns::kOwnerIsQuestion);
  store_u16(records.data() + at + 2, group.type);
  store_u16(records.data() + at + 4, dns::kClassIn);
  store_u32(records.data() + at + 6, ttl);
  const Bytes rdata = draft_.rdata(record);
  compressor.append(rdata);
  const std::size_t rdata_at = at + dns::kStoredRecordFixedSize;
  store_u16(records.data() + at + 10, static_cast<std::uint16_t>(records.size() - rdata_at));
  const auto offset = target_offset(group.type);
  if (offset && rdata.size() > *offset) {
    link_target(group, rdata_at - first + *offset, rdata.subspan(*offset));
  }
}

void ZoneBuilder::write_negative_soa() {
  const Group& soa = *draft_.find(kApex, dns::type::kSoa);
  const Bytes rdata = draft_.rdata(draft_.record(soa, 0));
  Group negative = soa;
  negative.ttl = std::min(soa.ttl, minimum_of(rdata));
  zone_->negative_soa_ = write_rrset(negative);
  zone_->serial_ = serial_of(rdata);
}

// Notes that the name at `name_offset` of the RRset in work, with which `rest` of its rdata begins, has addresses here.
void ZoneBuilder::link_target(const Group& group, std::size_t name_offset, Bytes rest) {
  const bool is_service_binding = group.type == dns::type::kSvcb || group.type == dns::type::kHttps;
  if (is_service_binding && rest[0] == 0) {  // "."; in AliasMode it would mean that there is no service
    const bool is_alias = load_u16(rest.data() - 2) == 0;
    if (!is_alias && is_to_be_told(group.type, group.node)) {
      zone_->targets_.push_back({Target::kIsOwner, group.node});
    }
    return;
  }
  const NodeIndex host = find_host(rest);
  if (host == kNoNode || name_offset > 0xFFFF || !is_to_be_told(group.type, host)) return;
  zone_->targets_.push_back({static_cast<std::uint32_t>(name_offset), host});
}

// The node that has, or would have, the addresses of the name with which `rest` begins: its own, or the wildcard that
// stands for it (RFC 4592 §3.3.2; as glue, NSD and Knot have it). kNoNode if there is none.
NodeIndex ZoneBuilder::find_host(Bytes rest) const noexcept {
  dns::LookupName name;  // malformed in data in the generic form, which nobody has looked into
  if (name.parse(rest, Draft::kHashKey) == 0 || !draft_.is_in_zone(name)) return kNoNode;
  const NodeIndex host = draft_.find_node(name);
  if (host != kNoNode) return host;
  std::size_t suffix = 0;
  NodeIndex closest_encloser = kNoNode;
  while (closest_encloser == kNoNode)
    closest_encloser = draft_.find_node(name, ++suffix);  // ends at the apex
  return draft_.node(closest_encloser).wildcard;
}

// Glue is for referrals only, and what lies below a DNAME means another name. A steered host's addresses depend on who
// asks for them: an answer of their own says how (RFC 7871 §7.2.1), additional data could not.
bool ZoneBuilder::is_to_be_told(dns::Type type, NodeIndex host) const noexcept {
  const Node& node = draft_.node(host);
  if (node.overlay != kNoOverlay || !draft_.has_address(host)) return false;
  if (node.taken_by == kNoNode) return true;
  return type == dns::type::kNs && draft_.node(node.taken_by).is_cut();
}

// The arrays have their final size and place now: the records may point into them.
void ZoneBuilder::settle_names() {
  Zone& zone = *zone_;
  zone.pointers_.shrink_to_fit();
  zone.targets_.shrink_to_fit();
  zone.rdata_names_.reserve(names_.size());
  for (const NamesPlace& from : names_) {
    const RdataNames* names = &zone.rdata_names_.emplace_back(
        RdataNames{std::span(zone.pointers_).subspan(from.first_pointer, from.pointers_end - from.first_pointer),
                   std::span(zone.targets_).subspan(from.first_target, from.targets_end - from.first_target)});
    std::memcpy(zone.records_.data() + from.records - Rrset::kPointerSize, &names, Rrset::kPointerSize);
  }
}

}  // namespace rhumb::zone

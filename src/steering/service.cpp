#include "steering/service.hpp"

#include <algorithm>
#include <cassert>

#include "dns/codes.hpp"
#include "dns/stored_record.hpp"
#include "geo/embedding.hpp"
#include "steering/admission.hpp"
#include "steering/rendezvous.hpp"
#include "steering/weighted_draw.hpp"

namespace rhumb::steering {
namespace {

void append_record(std::vector<std::uint8_t>& records, dns::Type type, Bytes rdata, std::uint32_t ttl_s) {
  const std::size_t start = records.size();
  records.resize(start + dns::kStoredRecordFixedSize);
  std::uint8_t* at = records.data() + start;
  store_u16(at, dns::kOwnerIsQuestion);
  store_u16(at + 2, type);
  store_u16(at + 4, dns::kClassIn);
  store_u32(at + 6, ttl_s);
  store_u16(at + 10, static_cast<std::uint16_t>(rdata.size()));
  records.insert(records.end(), rdata.begin(), rdata.end());
}

void append_record(std::vector<std::uint8_t>& records, const IpAddress& address, std::uint32_t ttl_s) {
  const AddressOctets octets = octets_of(address);
  const std::size_t size = static_cast<std::size_t>(bits_of(address.family)) / 8;
  append_record(records, address.family == Family::v4 ? dns::type::kA : dns::type::kAaaa, Bytes(octets).first(size),
                ttl_s);
}

bool leaves_some_without(const RankingMap& map) {
  for (RankingId id = 0; id < map.rankings().size(); ++id) {
    if (map.rankings()[id].action != Action::steer) return true;
  }
  return std::ranges::any_of(map.maps_of_resolvers(), [](const auto& behind) { return leaves_some_without(*behind); });
}

}  // namespace

Service::Service(ServiceSettings settings, std::shared_ptr<const RankingMap> ranking_map)
    : settings_(std::move(settings)), ranking_map_(std::move(ranking_map)) {
  assert(!has_names() || settings_.names.size() == settings_.instances.size());
  compile(Family::v4);
  compile(Family::v6);
  for (std::size_t region = 0; region < settings_.regions.size(); ++region) {
    region_hash_ids_.push_back(hash_name(settings_.regions[region]));
    region_weights_.push_back(weight_of(static_cast<RegionIndex>(region)));
  }
  demands_ = make_demands();
  keeps_some_out_ = leaves_some_without(*ranking_map_);
}

void Service::compile(Family family) {
  Side& side = sides_[static_cast<std::size_t>(family)];
  for (std::size_t region = 0; region < settings_.regions.size(); ++region) {
    side.starts.push_back(static_cast<std::uint32_t>(side.instances.size()));
    for (std::size_t i = 0; i < settings_.instances.size(); ++i) {
      const Instance& instance = settings_.instances[i];
      const bool is_here = has_names() ? family == kFamilyOfNames : instance.address.family == family;
      if (instance.region == region && is_here) compile_instance(i, side);
    }
    assert(side.instances.size() - side.starts.back() <= kPoolMax);
  }
  side.starts.push_back(static_cast<std::uint32_t>(side.instances.size()));
  for (const IpAddress& address : settings_.last_resort) {
    if (address.family == family) append_record(side.last_resort, address, settings_.ttl_s);
  }
  assert(side.last_resort.size() <= kPoolMax * record_size(family));
}

void Service::compile_instance(std::size_t number, Side& side) {
  const Instance& instance = settings_.instances[number];
  side.instances.push_back(instance);
  has_zero_weights_ = has_zero_weights_ || instance.weight == 0;
  if (!has_names()) {
    side.hash_ids.push_back(hash_address(instance.address));
    append_record(side.records, instance.address, settings_.ttl_s);
    return;
  }
  const dns::Name& name = settings_.names[number];
  side.hash_ids.push_back(hash_name(name.to_text()));  // names are in lower case
  side.names.push_back(static_cast<std::uint32_t>(number));
  append_record(side.records, dns::type::kCname, name.wire(), settings_.ttl_s);
  side.record_ends.push_back(static_cast<std::uint32_t>(side.records.size()));
}

std::span<const Instance> Service::pool(Family family, RegionIndex region) const noexcept {
  const Side& all = side(family);
  return std::span(all.instances).subspan(all.starts[region], all.starts[region + 1U] - all.starts[region]);
}

Bytes Service::records(Family family, RegionIndex region) const noexcept {
  const Side& all = side(family);
  const std::size_t size = record_size(family);
  return Bytes(all.records).subspan(all.starts[region] * size, (all.starts[region + 1U] - all.starts[region]) * size);
}

dns::StoredRrset Service::alias(RegionIndex region, std::uint8_t place) const noexcept {
  const Side& all = side(kFamilyOfNames);
  const std::size_t at = all.starts[region] + place;
  const std::size_t start = at == 0 ? 0 : all.record_ends[at - 1];
  return {Bytes(all.records).subspan(start, all.record_ends[at] - start), {}, 1};
}

const dns::Name& Service::name(RegionIndex region, std::uint8_t place) const noexcept {
  const Side& all = side(kFamilyOfNames);
  return settings_.names[all.names[all.starts[region] + place]];
}

dns::StoredRrset Service::last_resort(Family family) const noexcept {
  const Bytes records = side(family).last_resort;
  return {records, {}, static_cast<std::uint16_t>(records.size() / record_size(family))};
}

std::vector<Service::Demand> Service::make_demands() const {
  std::vector<Demand> demands;
  if (settings_.families_together && has(Family::v4) && has(Family::v6)) demands.push_back(Demand::all_families);
  demands.push_back(Demand::weight);
  if (has_zero_weights_) demands.push_back(Demand::health);
  return demands;
}

std::uint32_t Service::weight_of(RegionIndex region) const {
  if (settings_.spread == Spread::capacity) return settings_.capacities[region];
  std::uint32_t sum = 0;
  for (const Instance& instance : settings_.instances) {
    if (instance.region == region) sum += instance.weight;
  }
  return std::clamp(sum, 1U, kRendezvousWeightMax);
}

RegionIndex Service::pick_region(std::span<Candidate> regions, IpAddress client, Random& random) const noexcept {
  if (settings_.policy == Policy::sticky) {
    order_by_rendezvous(regions, 1, hash_of(client), region_hash_ids_);
  } else {
    draw_weighted(regions, 1, random);
  }
  return regions.front().place;
}

std::span<const std::uint64_t> Service::hash_ids(Family family, RegionIndex region) const noexcept {
  const Side& all = side(family);
  return std::span(all.hash_ids).subspan(all.starts[region]);
}

// Puts those that the answer holds, `count`, first.
void Service::order(std::span<Candidate> candidates, std::size_t count, std::span<const std::uint64_t> hash_ids,
                    IpAddress client, Random& random) const noexcept {
  if (settings_.policy == Policy::sticky) return order_by_rendezvous(candidates, count, hash_of(client), hash_ids);
  draw_weighted(candidates, count, random);
}

// An IPv4 client inside an IPv6 address is the same client.
std::uint64_t Service::hash_of(IpAddress client) const noexcept {
  const IpAddress real = geo::unembed(client);
  const StickyPrefix& prefix = settings_.sticky_prefix;
  return hash_network(real, real.family == Family::v4 ? prefix.v4_bits : prefix.v6_bits);
}

bool Service::admits(Share share, RegionIndex region, IpAddress client) const noexcept {
  return is_admitted(share, hash_of(client), region_hash_ids_[region]);
}

std::uint8_t Service::scope_bits(const Ranked& ranked, IpAddress client, bool is_by_share) const noexcept {
  const bool is_hashed = settings_.policy == Policy::sticky || is_by_share;
  if (!is_hashed || ranked.action != Action::steer) return ranked.scope_bits;
  const StickyPrefix& prefix = settings_.sticky_prefix;
  const auto shift = geo::embedded_shift(client);
  const auto hashed_bits = static_cast<std::uint8_t>(shift                         ? *shift + prefix.v4_bits
                                                     : client.family == Family::v4 ? prefix.v4_bits
                                                                                   : prefix.v6_bits);
  return std::max(ranked.scope_bits, hashed_bits);
}

}  // namespace rhumb::steering

#include "steering/service.hpp"

#include <algorithm>
#include <cassert>

#include "dns/codes.hpp"
#include "dns/stored_record.hpp"

namespace rhumb::steering {
namespace {

void append_record(std::vector<std::uint8_t>& records, const IpAddress& address, std::uint32_t ttl_s) {
  const std::size_t size = Service::record_size(address.family);
  const std::size_t address_size = static_cast<std::size_t>(bits_of(address.family)) / 8;
  records.resize(records.size() + size);
  std::uint8_t* at = records.data() + records.size() - size;
  store_u16(at, dns::kOwnerIsQuestion);
  store_u16(at + 2, address.family == Family::v4 ? dns::type::kA : dns::type::kAaaa);
  store_u16(at + 4, dns::kClassIn);
  store_u32(at + 6, ttl_s);
  store_u16(at + 10, static_cast<std::uint16_t>(address_size));
  for (std::size_t i = 0; i < address_size; ++i) {
    at[dns::kStoredRecordFixedSize + i] = static_cast<std::uint8_t>(address.bits >> (8 * (address_size - 1 - i)));
  }
}

}  // namespace

Service::Service(ServiceSettings settings, std::shared_ptr<const RankingMap> ranking_map)
    : settings_(std::move(settings)), ranking_map_(std::move(ranking_map)) {
  compile(Family::v4);
  compile(Family::v6);
}

void Service::compile(Family family) {
  Side& side = sides_[static_cast<std::size_t>(family)];
  for (std::size_t region = 0; region < settings_.regions.size(); ++region) {
    side.starts.push_back(static_cast<std::uint32_t>(side.instances.size()));
    for (const Instance& instance : settings_.instances) {
      if (instance.region != region || instance.address.family != family) continue;
      side.instances.push_back(instance);
      append_record(side.records, instance.address, settings_.ttl_s);
    }
    assert(side.instances.size() - side.starts.back() <= kPoolMax);
  }
  side.starts.push_back(static_cast<std::uint32_t>(side.instances.size()));
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

Pick Service::pick_when_all_down(Family family, std::span<const RegionIndex> regions, Random& random) const noexcept {
  Pick pick;
  if (!has(family)) {
    pick.outcome = Outcome::no_instances;
    return pick;
  }
  switch (settings_.when_all_down) {
    case WhenAllDown::nearest:
      return pick_as_if_up(family, regions, random);
    case WhenAllDown::fallback:
      pick.outcome = Outcome::fallback;
      return pick;
    case WhenAllDown::nodata:
      pick.outcome = Outcome::nodata;
      return pick;
  }
  return pick;
}

Pick Service::pick_as_if_up(Family family, std::span<const RegionIndex> regions, Random& random) const noexcept {
  Pick pick;
  pick.outcome = Outcome::all_down;
  const auto best = std::ranges::find_if(regions, [&](RegionIndex region) { return !pool(family, region).empty(); });
  assert(best != regions.end());  // the caller knows that the family has instances, and a ranking holds every region
  pick.region = *best;
  const std::size_t size = pool(family, *best).size();
  while (pick.count < size) {
    pick.instances[pick.count] = pick.count;
    ++pick.count;
  }
  rotate(pick, random);
  return pick;
}

void Service::rotate(Pick& pick, Random& random) const noexcept {
  if (pick.count > 1) {
    const auto begin = pick.instances.begin();
    std::rotate(begin, begin + random.below(pick.count), begin + pick.count);
  }
  if (settings_.answers != 0) pick.count = std::min(pick.count, settings_.answers);
}

}  // namespace rhumb::steering

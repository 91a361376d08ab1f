// A service: a DNS name that is steered, compiled so that an answer copies ready-made records.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "base/random.hpp"
#include "base/share.hpp"
#include "dns/name.hpp"
#include "dns/stored_record.hpp"
#include "steering/candidate.hpp"
#include "steering/expectation.hpp"
#include "steering/ranking.hpp"

namespace rhumb::steering {

enum class WhenAllDown : std::uint8_t {
  nearest,      // answer as if all were up
  fallback,     // the zone's own records
  last_resort,  // addresses that are kept for that
  nodata,
};

// How an answer is picked among equals: the regions of a tier, and the instances of a region.
enum class Policy : std::uint8_t {
  rotate,    // instances in turn, beginning with a random one; regions at random
  weighted,  // at random
  sticky,    // by the client's network, so that it stays where it is (weighted rendezvous hashing)
};

// By what a region is picked among equals.
enum class Spread : std::uint8_t {
  weights,   // the sum of its instances' weights: of those that are healthy; with `sticky`, of all
  capacity,  // its own, as configured
};

// The networks that `sticky` takes for one client: prefix lengths.
struct StickyPrefix {
  std::uint8_t v4_bits = 24;
  std::uint8_t v6_bits = 56;
};

// Where an instance's state stands on the board.
using TargetIndex = std::uint32_t;

// Its share; 0 = only when there is no other that is healthy.
using Weight = std::uint16_t;

struct Instance {
  RegionIndex region;  // in the service's own list of regions
  IpAddress address;   // means nothing where instances are names
  TargetIndex target = 0;
  Weight weight = 1;
};

// Instances of one family in one region. Bounds the work of one answer and fits what an answer may hold.
inline constexpr std::size_t kPoolMax = 255;
// A region's capacity, in whatever unit. Fits what may be drawn (candidate.hpp) and hashed (rendezvous.hpp).
inline constexpr std::uint32_t kCapacityMax = 1'000'000;

struct ServiceSettings {
  std::string name;
  std::uint32_t ttl_s = 0;
  std::uint32_t ttl_min_s = 0;  // ≤ ttl_s; an answer that may soon be another is not kept for less
  Policy policy = Policy::rotate;
  std::uint8_t answers = 0;  // records in an answer; 0 = all that are healthy in the region
  StickyPrefix sticky_prefix = {};
  Spread spread = Spread::weights;
  bool families_together = true;  // a region is used while all families that the service has are healthy there
  WhenAllDown when_all_down = WhenAllDown::nearest;
  std::vector<IpAddress> last_resort;     // of that `when_all_down`; at most kPoolMax a family
  std::vector<std::string> regions;       // names
  std::vector<std::uint32_t> capacities;  // of the regions; read if `spread` is capacity
  std::vector<Instance> instances;        // in the order of the configuration; at most kPoolMax a region and family
  std::vector<dns::Name> names;           // of the instances, if an answer is a CNAME to one of them; otherwise empty
  std::shared_ptr<const Steering> steering = {};  // what the ranking map was made from: for those who explain
};

// The instances that an answer holds.
struct Pick {
  Outcome outcome;
  RegionIndex region = 0;                        // in the service's list; of healthy and all_down
  std::uint8_t count = 0;                        // of `instances`; 0 unless healthy or all_down
  bool is_by_share = false;                      // other networks of the ranking may get something else
  std::array<std::uint8_t, kPoolMax> instances;  // places in the region's pool, in the order of the answer
};

// Immutable and safe to read from any thread. States are not its business: whoever picks says who is healthy.
class Service {
 public:
  Service(ServiceSettings settings, std::shared_ptr<const RankingMap> ranking_map);

  [[nodiscard]] const ServiceSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] const RankingMap& ranking_map() const noexcept { return *ranking_map_; }
  [[nodiscard]] bool has(Family family) const noexcept { return !side(family).instances.empty(); }

  // Whether the instances are names: then the service is an alias of one of them. Names have no family, and all stand
  // where those of one family would: what is asked about a family is asked about this one.
  [[nodiscard]] bool has_names() const noexcept { return has_names_; }
  static constexpr Family kFamilyOfNames = Family::v4;

  // The instances of one family in one region, in the order of the configuration.
  [[nodiscard]] std::span<const Instance> pool(Family family, RegionIndex region) const noexcept;

  // The records of that pool, of addresses, in stored form (dns::ResponseWriter), one an instance, each
  // record_size(family) octets.
  [[nodiscard]] Bytes records(Family family, RegionIndex region) const noexcept;
  [[nodiscard]] static constexpr std::size_t record_size(Family family) noexcept {
    return family == Family::v4 ? dns::kStoredAddressSizeV4 : dns::kStoredAddressSizeV6;
  }

  // Of instances that are names: the CNAME record to the one at `place` in the region's pool, its target uncompressed.
  [[nodiscard]] dns::StoredRrset alias(RegionIndex region, std::uint8_t place) const noexcept;
  [[nodiscard]] const dns::Name& name(RegionIndex region, std::uint8_t place) const noexcept;

  // The records of the last resort, all of the family, in the order of the configuration; there may be none.
  [[nodiscard]] dns::StoredRrset last_resort(Family family) const noexcept;

  // Of the first tier of `ranked` with a region that will do, one region, and its instances. `share_of(TargetIndex)
  // -> Share, or bool for all or nothing` is asked about the instances on the way: one of which `client` is not in the
  // share counts as down, unless nothing else is healthy. What `client` is given depends on his network only as far as
  // scope_bits() says.
  template <typename ShareOf>
  [[nodiscard]] Pick pick(Family family, const Ranked& ranked, IpAddress client, const ShareOf& share_of,
                          Random& random) const noexcept;

  // What pick() gives on average, over its draws and over client networks: the same choices, without one being made.
  // `is_healthy(TargetIndex) -> bool`.
  template <typename IsHealthy>
  [[nodiscard]] Expectation expect(Family family, const Ranked& ranked, const IsHealthy& is_healthy) const;

  // Whether a rule leaves some clients without an address.
  [[nodiscard]] bool keeps_some_out() const noexcept { return keeps_some_out_; }

  // RFC 7871 SCOPE PREFIX-LENGTH: the widest prefix around `client` whose addresses are ranked and hashed alike.
  // `is_by_share`: the pick's.
  [[nodiscard]] std::uint8_t scope_bits(const Ranked& ranked, IpAddress client,
                                        bool is_by_share = false) const noexcept;

 private:
  // What the service has of one family, grouped by region.
  struct Side {
    std::vector<std::uint32_t> starts;  // of each region's pool, and the end
    std::vector<Instance> instances;
    std::vector<std::uint8_t> records;
    std::vector<std::uint64_t> hash_ids;  // of the instances, for `sticky`
    std::vector<std::uint8_t> last_resort;
    std::vector<std::uint32_t> names;        // of the instances, places in the settings' list
    std::vector<std::uint32_t> record_ends;  // of the CNAMEs to them, in `records`
  };

  // What is asked of a region and its instances. Each demand is made of all tiers before the next one is tried.
  enum class Demand : std::uint8_t {
    all_families,  // healthy instances, with a weight, of each family that the service has
    weight,        // of the family asked for
    health,        // whatever the weight
  };

  [[nodiscard]] const Side& side(Family family) const noexcept { return sides_[static_cast<std::size_t>(family)]; }
  void compile(Family family);
  void compile_instance(std::size_t number, Side& side);
  [[nodiscard]] std::uint32_t weight_of(RegionIndex region) const;
  // Whether equal regions share alike while some of their instances are down. With `sticky` they do, so that nobody
  // moves but the clients of what is down, and both families choose alike.
  [[nodiscard]] bool has_fixed_shares() const noexcept {
    return settings_.spread == Spread::capacity || settings_.policy == Policy::sticky;
  }
  [[nodiscard]] std::vector<Demand> make_demands() const;
  [[nodiscard]] static Family other_than(Family family) noexcept {
    return family == Family::v4 ? Family::v6 : Family::v4;
  }
  [[nodiscard]] static Weight weight_under(Demand demand, const Instance& instance) noexcept {
    return demand == Demand::health ? std::max(instance.weight, Weight{1}) : instance.weight;
  }

  // What pick() and expect() share. `is_healthy(const Instance&) -> bool`. `take(demand, candidates, is_healthy) ->
  // bool` is given the regions of a tier that meet the demand, best tier first, until it takes one of them. A single
  // one may be without a healthy instance. `is_admitted` is tried before `is_healthy`.
  template <typename IsAdmitted, typename IsHealthy, typename Take>
  [[nodiscard]] Outcome decide(Family family, const Ranked& ranked, const IsAdmitted& is_admitted,
                               const IsHealthy& is_healthy, const Take& take) const noexcept;
  template <typename IsHealthy, typename Take>
  [[nodiscard]] bool offer_tiers(Family family, const Ranked& ranked, const IsHealthy& is_healthy,
                                 const Take& take) const noexcept;
  template <typename IsHealthy>
  [[nodiscard]] std::size_t gather_regions(Family family, std::span<const RegionIndex> tier, Demand demand,
                                           const IsHealthy& is_healthy,
                                           std::array<Candidate, kRegionsMax>& candidates) const noexcept;
  template <typename IsHealthy>
  [[nodiscard]] std::uint32_t healthy_weight(Family family, RegionIndex region, Demand demand,
                                             const IsHealthy& is_healthy) const noexcept;
  template <typename IsHealthy>
  [[nodiscard]] bool pick_instances(Family family, Demand demand, IpAddress client, const IsHealthy& is_healthy,
                                    Random& random, Pick& pick) const noexcept;

  // Those of the region's instances that meet the demand, written to `candidates`; how many.
  template <typename IsHealthy>
  [[nodiscard]] std::size_t gather(Family family, RegionIndex region, Demand demand, const IsHealthy& is_healthy,
                                   std::array<Candidate, kPoolMax>& candidates) const noexcept;
  // Of several.
  [[nodiscard]] RegionIndex pick_region(std::span<Candidate> regions, IpAddress client, Random& random) const noexcept;
  [[nodiscard]] std::span<const std::uint64_t> hash_ids(Family family, RegionIndex region) const noexcept;
  void order(std::span<Candidate> candidates, std::size_t count, std::span<const std::uint64_t> hash_ids,
             IpAddress client, Random& random) const noexcept;
  [[nodiscard]] std::uint64_t hash_of(IpAddress client) const noexcept;
  static constexpr Share to_share(Share share) noexcept { return share; }
  static constexpr Share to_share(bool is_healthy) noexcept { return is_healthy ? kFullShare : Share{0}; }
  [[nodiscard]] bool admits(Share share, RegionIndex region, IpAddress client) const noexcept;

  ServiceSettings settings_;
  std::shared_ptr<const RankingMap> ranking_map_;
  std::array<Side, 2> sides_;                  // by Family
  std::vector<std::uint32_t> region_weights_;  // > 0: what regions share by if has_fixed_shares()
  std::vector<std::uint64_t> region_hash_ids_;
  std::vector<Demand> demands_;                // those that make a difference
  bool has_names_ = !settings_.names.empty();  // beside what every pick reads
  bool has_zero_weights_ = false;
  bool keeps_some_out_ = false;
};

template <typename ShareOf>
Pick Service::pick(Family family, const Ranked& ranked, IpAddress client, const ShareOf& share_of,
                   Random& random) const noexcept {
  Pick pick;
  const auto is_healthy = [&](const Instance& instance) { return to_share(share_of(instance.target)) != 0; };
  const auto is_admitted = [&](const Instance& instance) {
    const Share share = to_share(share_of(instance.target));
    if (share <= kLeastShare || share == kFullShare) [[likely]]
      return share == kFullShare;
    pick.is_by_share = true;
    return admits(share, instance.region, client);
  };
  const auto take = [&](Demand demand, std::span<Candidate> regions, const auto& is_up) {
    pick.region = regions.size() == 1 ? regions.front().place : pick_region(regions, client, random);
    return pick_instances(family, demand, client, is_up, random, pick);
  };
  pick.outcome = decide(family, ranked, is_admitted, is_healthy, take);
  return pick;
}

template <typename IsHealthy>
Expectation Service::expect(Family family, const Ranked& ranked, const IsHealthy& is_healthy) const {
  Expectation expectation{Outcome::nodata, std::vector<double>(settings_.regions.size())};
  const auto is_up = [&](const Instance& instance) { return is_healthy(instance.target); };
  const auto take = [&](Demand demand, std::span<const Candidate> regions, const auto& is_taken) {
    if (healthy_weight(family, regions.front().place, demand, is_taken) == 0) return false;
    share_by_weight(regions, expectation.shares);
    return true;
  };
  expectation.outcome = decide(family, ranked, is_up, is_up, take);
  return expectation;
}

template <typename IsAdmitted, typename IsHealthy, typename Take>
Outcome Service::decide(Family family, const Ranked& ranked, const IsAdmitted& is_admitted, const IsHealthy& is_healthy,
                        const Take& take) const noexcept {
  if (ranked.action != Action::steer) return ranked.action == Action::refuse ? Outcome::refused : Outcome::kept_out;
  if (!has(family)) return Outcome::no_instances;
  if (offer_tiers(family, ranked, is_admitted, take)) return Outcome::healthy;
  // In nobody's share: better with one who has no room than with none.
  if (offer_tiers(family, ranked, is_healthy, take)) return Outcome::healthy;
  switch (settings_.when_all_down) {
    case WhenAllDown::nearest: {
      const auto as_if_up = [](const Instance&) { return true; };
      return offer_tiers(family, ranked, as_if_up, take) ? Outcome::all_down : Outcome::nodata;
    }
    case WhenAllDown::fallback:
      return Outcome::fallback;
    case WhenAllDown::last_resort:
      return Outcome::last_resort;
    case WhenAllDown::nodata:
      break;
  }
  return Outcome::nodata;
}

// False when no region of the ranking has an instance that is healthy.
template <typename IsHealthy, typename Take>
bool Service::offer_tiers(Family family, const Ranked& ranked, const IsHealthy& is_healthy,
                          const Take& take) const noexcept {
  for (const Demand demand : demands_) {
    for (std::size_t first = 0; first < ranked.regions.size();) {
      std::size_t end = first + 1;
      while (end < ranked.regions.size() && ranked.tiers[end] == ranked.tiers[first])
        ++end;
      std::array<Candidate, kRegionsMax> candidates;
      const auto tier = ranked.regions.subspan(first, end - first);
      const std::size_t count = gather_regions(family, tier, demand, is_healthy, candidates);
      if (count > 0 && take(demand, std::span(candidates).first(count), is_healthy)) return true;
      first = end;
    }
  }
  return false;
}

// Those of the tier that meet the demand, with what they share by; how many.
template <typename IsHealthy>
std::size_t Service::gather_regions(Family family, std::span<const RegionIndex> tier, Demand demand,
                                    const IsHealthy& is_healthy,
                                    std::array<Candidate, kRegionsMax>& candidates) const noexcept {
  std::size_t count = 0;
  for (const RegionIndex region : tier) {
    if (demand == Demand::all_families && healthy_weight(other_than(family), region, demand, is_healthy) == 0) continue;
    // In most tiers there is one region, which needs no weight to be picked.
    std::uint32_t weight = 1;
    if (tier.size() > 1) weight = healthy_weight(family, region, demand, is_healthy);
    if (weight > 0 && has_fixed_shares()) weight = region_weights_[region];
    if (weight > 0) candidates[count++] = {region, weight};
  }
  return count;
}

// Of the region's instances of the family that meet the demand.
template <typename IsHealthy>
std::uint32_t Service::healthy_weight(Family family, RegionIndex region, Demand demand,
                                      const IsHealthy& is_healthy) const noexcept {
  std::uint32_t sum = 0;
  for (const Instance& instance : pool(family, region)) {
    if (is_healthy(instance)) sum += weight_under(demand, instance);
  }
  return sum;
}

template <typename IsHealthy>
std::size_t Service::gather(Family family, RegionIndex region, Demand demand, const IsHealthy& is_healthy,
                            std::array<Candidate, kPoolMax>& candidates) const noexcept {
  std::size_t count = 0;
  std::uint8_t place = 0;
  for (const Instance& instance : pool(family, region)) {
    const Weight weight = weight_under(demand, instance);
    if (weight > 0 && is_healthy(instance)) candidates[count++] = {place, weight};
    ++place;
  }
  return count;
}

// False when there are none: states may change at any time, also since the region was chosen for them.
template <typename IsHealthy>
bool Service::pick_instances(Family family, Demand demand, IpAddress client, const IsHealthy& is_healthy,
                             Random& random, Pick& pick) const noexcept {
  std::array<Candidate, kPoolMax> candidates;
  const std::size_t count = gather(family, pick.region, demand, is_healthy, candidates);
  const std::size_t answers = settings_.answers == 0 ? count : std::min<std::size_t>(count, settings_.answers);
  std::size_t next = 0;
  if (count > 1) {
    if (settings_.policy == Policy::rotate) {
      next = random.below(static_cast<std::uint32_t>(count));
    } else {
      order(std::span(candidates).first(count), answers, hash_ids(family, pick.region), client, random);
    }
  }
  for (pick.count = 0; pick.count < answers; ++pick.count) {
    pick.instances[pick.count] = candidates[next].place;
    next = next + 1 == count ? 0 : next + 1;
  }
  return count > 0;
}

}  // namespace rhumb::steering

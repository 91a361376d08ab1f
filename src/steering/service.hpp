// A service: a DNS name that is steered, compiled so that an answer copies ready-made records.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "base/random.hpp"
#include "dns/stored_record.hpp"
#include "steering/ranking.hpp"

namespace rhumb::steering {

enum class WhenAllDown : std::uint8_t {
  nearest,   // answer as if all were up
  fallback,  // the zone's own records
  nodata,
};

// Where an instance's state stands on the board.
using TargetIndex = std::uint32_t;

struct Instance {
  RegionIndex region;  // in the service's own list of regions
  IpAddress address;
  TargetIndex target = 0;
};

// Instances of one family in one region. Bounds the work of one answer and fits what an answer may hold.
inline constexpr std::size_t kPoolMax = 255;

struct ServiceSettings {
  std::string name;
  std::uint32_t ttl_s = 0;
  std::uint8_t answers = 0;      // records in an answer; 0 = all that are healthy in the region
  Order order = Order::nearest;  // how `ranking_map` was made: for those who explain
  WhenAllDown when_all_down = WhenAllDown::nearest;
  std::vector<std::string> regions;  // names, in the order of the configuration
  std::vector<Instance> instances;   // in the order of the configuration; at most kPoolMax a region and family
};

enum class Outcome : std::uint8_t {
  healthy,       // the best region that has a healthy instance
  all_down,      // no instance is healthy, and `when_all_down` is `nearest`: as if all were up
  fallback,      // no instance is healthy: the zone's own records
  nodata,        // no instance is healthy: none
  no_instances,  // the service has none of this family
};

// The instances that an answer holds.
struct Pick {
  Outcome outcome;
  RegionIndex region = 0;                        // in the service's list; of healthy and all_down
  std::uint8_t count = 0;                        // of `instances`; 0 unless healthy or all_down
  std::array<std::uint8_t, kPoolMax> instances;  // places in the region's pool, in the order of the answer
};

// Immutable and safe to read from any thread. States are not its business: whoever picks says who is healthy.
class Service {
 public:
  Service(ServiceSettings settings, std::shared_ptr<const RankingMap> ranking_map);

  [[nodiscard]] const ServiceSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] const RankingMap& ranking_map() const noexcept { return *ranking_map_; }
  [[nodiscard]] bool has(Family family) const noexcept { return !side(family).instances.empty(); }

  // The instances of one family in one region, in the order of the configuration.
  [[nodiscard]] std::span<const Instance> pool(Family family, RegionIndex region) const noexcept;

  // The records of that pool in stored form (dns::ResponseWriter), one an instance, each record_size(family) octets.
  [[nodiscard]] Bytes records(Family family, RegionIndex region) const noexcept;
  [[nodiscard]] static constexpr std::size_t record_size(Family family) noexcept {
    return dns::kStoredRecordFixedSize + static_cast<std::size_t>(bits_of(family)) / 8;
  }

  // Picks from the first of `regions` that has a healthy instance of `family`, rotated by `random`.
  // `is_healthy(TargetIndex) -> bool` is asked about each instance on the way.
  template <typename IsHealthy>
  [[nodiscard]] Pick pick(Family family, std::span<const RegionIndex> regions, const IsHealthy& is_healthy,
                          Random& random) const noexcept {
    for (const RegionIndex region : regions) {
      Pick pick;
      const auto instances = pool(family, region);
      for (std::size_t i = 0; i < instances.size(); ++i) {
        if (is_healthy(instances[i].target)) pick.instances[pick.count++] = static_cast<std::uint8_t>(i);
      }
      if (pick.count == 0) continue;
      pick.outcome = Outcome::healthy;
      pick.region = region;
      rotate(pick, random);
      return pick;
    }
    return pick_when_all_down(family, regions, random);
  }

 private:
  // What the service has of one family, grouped by region.
  struct Side {
    std::vector<std::uint32_t> starts;  // of each region's pool, and the end
    std::vector<Instance> instances;
    std::vector<std::uint8_t> records;
  };

  [[nodiscard]] const Side& side(Family family) const noexcept { return sides_[static_cast<std::size_t>(family)]; }
  void compile(Family family);
  [[nodiscard]] Pick pick_when_all_down(Family family, std::span<const RegionIndex> regions,
                                        Random& random) const noexcept;
  [[nodiscard]] Pick pick_as_if_up(Family family, std::span<const RegionIndex> regions, Random& random) const noexcept;
  void rotate(Pick& pick, Random& random) const noexcept;

  ServiceSettings settings_;
  std::shared_ptr<const RankingMap> ranking_map_;
  std::array<Side, 2> sides_;  // by Family
};

}  // namespace rhumb::steering

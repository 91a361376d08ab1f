// How a service, or a rule of it, orders its regions for a client.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "geo/distance.hpp"
#include "steering/region.hpp"

namespace rhumb::steering {

enum class Order : std::uint8_t {
  nearest,  // by great-circle distance from the client
  listed,   // as listed, for everybody: active/passive failover
  equal,    // all the same, for everybody
};

// As a share of the distance, in percent: a region with 50 counts as half as far as it is, one with -50 as twice as far
// (as Route 53's geoproximity routing has it).
using Bias = std::int8_t;
inline constexpr Bias kBiasMax = 99;

struct Preference {
  Order order = Order::nearest;
  std::vector<RegionIndex> regions;        // those that are used at all, in the order that decides between equals
  std::vector<Bias> biases;                // of `nearest`: for each of `regions`; empty: none
  double tolerance_km = 0;                 // of `nearest`: this much farther than the best is as good as the best
  std::uint8_t regions_max = kRegionsMax;  // how far down the ranking a client may be sent

  friend bool operator==(const Preference&, const Preference&) = default;
};

// Regions in order of preference. Those of one tier are equals.
struct Ranking {
  std::vector<RegionIndex> regions;  // best first
  std::vector<std::uint8_t> tiers;   // of each of them: from 0, never falling

  friend bool operator==(const Ranking&, const Ranking&) = default;
};

// Turns places into rankings. Holds references to what it was made from.
class Ranker {
 public:
  // `coordinates`: by RegionIndex.
  Ranker(const Preference& preference, std::span<const geo::Coordinates> coordinates);

  // Whether two places can have different rankings.
  [[nodiscard]] bool depends_on_place() const noexcept;
  // For a client whose place is not known, and of orders that do not depend on it: as listed.
  [[nodiscard]] Ranking rank() const;
  // Regions equally far keep the order of the list.
  [[nodiscard]] Ranking rank(geo::UnitVector place) const;

 private:
  [[nodiscard]] double cost(geo::UnitVector place, std::size_t i) const;
  void limit(Ranking& ranking) const;

  const Preference& preference_;
  std::vector<geo::UnitVector> places_;  // of the preference's regions
};

}  // namespace rhumb::steering

// How a service, or a rule of it, orders its regions for a client.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "geo/distance.hpp"
#include "steering/region.hpp"

namespace rhumb::steering {

enum class Order : std::uint8_t {
  nearest,  // by great-circle distance from the client
  latency,  // by measured round-trip time; as nearest for clients of whom nothing is measured
  listed,   // as listed, for everybody: active/passive failover
  equal,    // all the same, for everybody
};

// As a share of the distance, in percent: a region with 50 counts as half as far as it is, one with -50 as twice as far
// (as Route 53's geoproximity routing has it).
using Bias = std::int8_t;
inline constexpr Bias kBiasMax = 99;

// How much less time it must take to a region than to those that were best so far, to take their place: by both, so
// that what is measured a little better today moves nobody.
struct Hysteresis {
  double gain_ms = 5;
  double gain_percent = 10;

  friend bool operator==(const Hysteresis&, const Hysteresis&) = default;
};

struct Preference {
  Order order = Order::nearest;
  std::vector<RegionIndex> regions;        // those that are used at all, in the order that decides between equals
  std::vector<Bias> biases;                // of distances: for each of `regions`; empty: none
  double tolerance_km = 0;                 // of distances: this much farther than the best is as good as the best
  double tolerance_ms = 0;                 // of latency, the same
  Hysteresis hysteresis = {};              // of latency
  std::uint8_t regions_max = kRegionsMax;  // how far down the ranking a client may be sent

  friend bool operator==(const Preference&, const Preference&) = default;
};

// Regions in order of preference. Those of one tier are equals.
struct Ranking {
  std::vector<RegionIndex> regions;  // best first
  std::vector<std::uint8_t> tiers;   // of each of them: from 0, never falling

  friend bool operator==(const Ranking&, const Ranking&) = default;
};

// What `latency` orders by, for one client network.
struct Vantage {
  std::optional<geo::UnitVector> place;      // nothing: not known
  std::span<const float> rtts_ms;            // to each of the preference's regions; 0: not measured
  std::span<const RegionIndex> best_so_far;  // the first tier that the network had until now; empty: none
};

// Turns places into rankings. Holds references to what it was made from.
class Ranker {
 public:
  // `coordinates`: by RegionIndex.
  Ranker(const Preference& preference, std::span<const geo::Coordinates> coordinates);

  // Whether two places can have different rankings.
  [[nodiscard]] bool depends_on_place() const noexcept;
  // Whether two networks of one place can have different rankings.
  [[nodiscard]] bool depends_on_latency() const noexcept;
  // For a client whose place is not known, and of orders that do not depend on it: as listed.
  [[nodiscard]] Ranking rank() const;
  // By distance. Regions equally far keep the order of the list.
  [[nodiscard]] Ranking rank(geo::UnitVector place) const;
  // By time; by distance where no time to any of the regions is measured. Where one to some of them is, the others
  // count with the time that their distance takes at the slowest pace that was measured: so a guess comes before what
  // is known only where it is much nearer.
  [[nodiscard]] Ranking rank(const Vantage& vantage) const;

 private:
  using Costs = std::array<double, kRegionsMax>;  // of the preference's regions

  [[nodiscard]] double distance_cost(geo::UnitVector place, std::size_t i) const;
  [[nodiscard]] double slowest_pace(const Vantage& vantage) const;
  [[nodiscard]] double km_to(const Vantage& vantage, std::size_t i) const;
  void hold(std::span<const RegionIndex> best_so_far, Costs& costs) const;
  template <typename Order>
  [[nodiscard]] Ranking rank_by(const Costs& costs, double tolerance, const Order& order) const;
  void limit(Ranking& ranking) const;

  const Preference& preference_;
  std::vector<geo::UnitVector> places_;  // of the preference's regions
};

}  // namespace rhumb::steering

// From a steering and the geo databases to a RankingMap.
#pragma once

#include <memory>
#include <span>

#include "geo/database.hpp"
#include "steering/latency.hpp"
#include "steering/ranking.hpp"

namespace rhumb::steering {

// What the order `latency` needs beyond what all need.
struct Measurements {
  const Latencies* latencies = nullptr;       // null: nothing is measured
  std::span<const RegionIndex> regions = {};  // by RegionIndex, the region's number in `latencies`
  const RankingMap* before = nullptr;         // how an equal steering ranked until now; null: never
};

// `coordinates`: by RegionIndex. 0.2 s for 0.6 M locations and 12 regions. `steering` has at most kRulesMax rules.
// Throws std::length_error when there are more ranges than a table can hold.
[[nodiscard]] std::shared_ptr<const RankingMap> compile_rankings(const Steering& steering,
                                                                 std::span<const geo::Coordinates> coordinates,
                                                                 const geo::Database& database,
                                                                 const Measurements& measurements = {});

}  // namespace rhumb::steering

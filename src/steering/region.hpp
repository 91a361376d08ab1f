// A region: a named place that serves traffic.
#pragma once

#include <cstdint>
#include <string>

#include "geo/distance.hpp"

namespace rhumb::steering {

struct Region {
  std::string name;
  geo::Coordinates coordinates;
  std::uint32_t capacity = 0;  // in whatever unit, for the spread over equal regions; 0: not told
};

// A region's place in a list of regions, in the order of the configuration.
using RegionIndex = std::uint8_t;
inline constexpr std::size_t kRegionsMax = 250;  // fits RegionIndex; the largest clouds have about 60

}  // namespace rhumb::steering

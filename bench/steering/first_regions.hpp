// The preference of a service over the first of the places that benchmarks have (bench/regions.hpp).
#pragma once

#include <cstddef>

#include "../regions.hpp"
#include "steering/preference.hpp"

namespace rhumb::steering {

// With the first `count` of the regions, in their order.
inline Preference bench_preference(std::size_t count) {
  Preference preference;
  for (std::size_t region = 0; region < count; ++region)
    preference.regions.push_back(static_cast<RegionIndex>(region));
  return preference;
}

}  // namespace rhumb::steering

// The zones of a configuration: a directory of master files, with the services that lie over them.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/problems.hpp"
#include "config/config.hpp"
#include "dns/name.hpp"
#include "zone/zone_cache.hpp"
#include "zone/zones.hpp"

namespace rhumb::daemon {

// The number of zone files in a directory at the most; zone::Zones holds no more.
inline constexpr std::size_t kZonesMax = zone::Zones::kZonesMax;

struct ZoneSet {
  std::vector<std::shared_ptr<const zone::Zone>> zones;
  std::vector<dns::Name> not_loaded;
  std::vector<zone::UncachedZone> uncached;  // of `zones`: what should be in the cache, if there is one
};

// What is wrong with one of the zones goes to `of_zones`, what is wrong with the whole load to `problems`. A zone with
// errors is kept as it is in `served` (null: nothing is served), if the same services lie over it, or else not loaded.
[[nodiscard]] ZoneSet load_zones(const config::Config& config, const zone::Zones* served, Problems& problems,
                                 Problems& of_zones);

}  // namespace rhumb::daemon

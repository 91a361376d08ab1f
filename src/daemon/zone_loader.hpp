// The zones of a configuration: a directory of master files, with the services that lie over them.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/known_files.hpp"
#include "base/problems.hpp"
#include "config/config.hpp"
#include "dns/name.hpp"
#include "zone/zone_cache.hpp"
#include "zone/zones.hpp"

namespace rhumb::daemon {

// The number of zone files in a directory at the most; zone::Zones holds no more.
inline constexpr std::size_t kZonesMax = zone::Zones::kZonesMax;

// What a zone was read from, and what it was warned about: known of those that were read without an error.
struct ZoneText {
  KnownFiles files;
  Problems warnings;
};
using ZoneTexts = std::map<dns::Name, ZoneText>;  // by apex

struct ZoneSet {
  std::vector<std::shared_ptr<const zone::Zone>> zones;
  ZoneTexts texts;
  std::vector<dns::Name> not_loaded;
  std::vector<zone::UncachedZone> uncached;  // of `zones`: what should be in the cache, if there is one
};

// What is served while zones are loaded.
struct ServedZones {
  const zone::Zones& zones;
  const ZoneTexts& texts;
};

// What is wrong with one of the zones goes to `of_zones`, what is wrong with the whole load to `problems`.
//
// Of what is `served` (null: nothing), a zone is kept as it is if the same services lie over it and its text has not
// changed since it was read, or has errors now. One with errors that cannot be kept is not loaded. `started` is when
// the load began.
[[nodiscard]] ZoneSet load_zones(const config::Config& config, const ServedZones* served, KnownFiles::Time started,
                                 Problems& problems, Problems& of_zones);

struct ReloadedZone {
  std::shared_ptr<const zone::Zone> zone;
  ZoneText text;
  std::optional<zone::UncachedZone> uncached;
};

// One zone alone, beside the zones `apexes`, of which it may be one. Nothing, with the errors, when there is no file of
// it or it has errors.
[[nodiscard]] std::optional<ReloadedZone> read_zone(const config::Config& config, std::vector<dns::Name> apexes,
                                                    const dns::Name& apex, KnownFiles::Time started,
                                                    Problems& problems);

// The same, read again whether it has changed or not: one that is served, or that could not be loaded. Nothing,
// with the errors, when it is no such zone or has errors.
[[nodiscard]] std::optional<ReloadedZone> reload_zone(const config::Config& config, const zone::Zones& served,
                                                      const dns::Name& apex, KnownFiles::Time started,
                                                      Problems& problems);

}  // namespace rhumb::daemon

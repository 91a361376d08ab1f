// From a configuration file to a snapshot that can answer: reads everything, checks everything, touches nothing that
// runs.
//
// `serve`, its reloads and `check` load with load(); those who ask what a configuration would do, `explain` and `test`,
// must be able to ask one whose assertions fail.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "answer/snapshot.hpp"
#include "base/problems.hpp"
#include "base/siphash.hpp"
#include "config/config.hpp"
#include "daemon/database_change.hpp"
#include "daemon/file_watch.hpp"
#include "daemon/geo_databases.hpp"
#include "daemon/health_plan.hpp"
#include "daemon/ranking_maps.hpp"
#include "daemon/zone_loader.hpp"
#include "health/plan.hpp"
#include "steering/latency.hpp"
#include "zone/zone_cache.hpp"

namespace rhumb::daemon {

// A snapshot without states: before it answers, `snapshot->board` must become a board for `plan`.
struct Loaded {
  config::Config config;
  std::unique_ptr<answer::Snapshot> snapshot;
  health::Plan plan;       // what is checked for which instance
  GeoDatabases databases;  // in memory if they had to be read; the answers no longer need them
  std::shared_ptr<const steering::Latencies> latencies;  // never null; empty if they were not read
  FileWatch latency_files;                               // since before they were read
  ZoneTexts zone_texts;
  std::vector<RankingMaps::Shared> rankings;  // of the services
  // What `serve` puts into the cache of zones once it answers; `check` and the others leave no traces.
  std::vector<zone::UncachedZone> uncached_zones = {};
  // What other databases have changed since what was served before, whether they are served or held back.
  std::optional<DatabaseChange> database_change = {};
};

// What nobody else may know; random, and the same for all loads of a server.
struct Secrets {
  std::uint64_t hash_key;  // for zone::Zones
  SipKey cookie_master;    // for dns::CookieSecrets, where the configuration has no secrets
};

// What a server answers with while it loads anew.
struct Served {
  const Loaded& loaded;  // what it was made from, without its snapshot and, perhaps, its databases
  const answer::Snapshot& snapshot;
  bool accepts_databases = false;  // an operator says that other databases are meant (database_guard.hpp)
};

// Everything that is wrong, and what is merely doubtful, is in `problems`. Nothing when there was an error that is not
// one zone's own, or, with "strict", any error.
//
// `served` is null at a start. What has not changed since is not read again: zones whose text is the same and over
// which the same services lie, by name and number, and the databases if nobody's steering over them has changed. From
// it measured rankings have their hysteresis, too.
//
// A zone with errors stops only itself: of it the version in `served` is kept, if there is one; otherwise it counts as
// not loaded (zone::Zones), and a warning says which of the two. A version is kept only if the same services lie over
// it as in the configuration now; otherwise the load is refused.
//
// Other databases that send too many clients elsewhere are held back (database_guard.hpp): by load() only.
//
// `started` is now, for tests.
[[nodiscard]] std::optional<Loaded> load_unasserted(const std::filesystem::path& config_file, const Secrets& secrets,
                                                    const Served* served, Problems& problems,
                                                    KnownFiles::Time started = std::chrono::system_clock::now());

// The same, and if the configuration has assertions (route_tests.hpp), they hold for what was loaded: one that does not
// is an error at its place.
[[nodiscard]] std::optional<Loaded> load(const std::filesystem::path& config_file, const Secrets& secrets,
                                         const Served* served, Problems& problems,
                                         KnownFiles::Time started = std::chrono::system_clock::now());

// `served`, which was made from `loaded`, with the latency files read anew into `loaded`: services that order by them
// get new rankings, all else stays. Null, with the errors, when they cannot be read or an assertion would no longer
// hold; then nothing has changed.
[[nodiscard]] std::unique_ptr<answer::Snapshot> reload_latencies(Loaded& loaded, const answer::Snapshot& served,
                                                                 Problems& problems);

// `served` with zone `apex` read again, and nothing else: neither other zones nor the configuration. Null, with the
// errors, when it is not among those that are served or could not be loaded, or has errors, or an assertion would no
// longer hold; then nothing has changed.
[[nodiscard]] std::unique_ptr<answer::Snapshot> reload_zone(
    Loaded& loaded, const answer::Snapshot& served, const Secrets& secrets, const dns::Name& apex, Problems& problems,
    KnownFiles::Time started = std::chrono::system_clock::now());

// The services of a configuration, over these maps; `shared` is the number of each service's. All are told to
// `planner`.
[[nodiscard]] std::vector<steering::Service> make_services(const config::Config& config,
                                                           const RankingMaps& ranking_maps,
                                                           std::span<const std::size_t> shared, HealthPlanner& planner);

}  // namespace rhumb::daemon

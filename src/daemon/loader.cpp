#include "daemon/loader.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "config/latency_files.hpp"
#include "daemon/database_guard.hpp"
#include "daemon/lints.hpp"
#include "daemon/route_tests.hpp"

namespace rhumb::daemon {
namespace {

steering::Service make_service(const config::Config& config, const config::Service& service,
                               const RankingMaps::Shared& shared, HealthPlanner& planner) {
  const std::vector<std::size_t>& regions = shared.regions;
  steering::ServiceSettings settings;
  settings.name = service.name.to_text();
  settings.ttl_s = service.ttl_s;
  settings.ttl_min_s = service.ttl_min_s;
  settings.policy = service.steering.policy;
  settings.answers = service.steering.answers;
  settings.sticky_prefix = service.steering.sticky_prefix;
  settings.spread = service.steering.spread;
  settings.families_together = service.steering.families_together;
  settings.when_all_down = service.steering.when_all_down;
  settings.last_resort = service.steering.last_resort;
  for (const std::size_t region : regions) {
    settings.regions.push_back(config.regions[region].name);
    settings.capacities.push_back(config.regions[region].capacity);
  }
  planner.add(service);
  for (const config::Instance& from : service.instances) {
    steering::Instance instance;
    instance.region = static_cast<steering::RegionIndex>(std::ranges::find(regions, from.region) - regions.begin());
    instance.address = from.address;
    instance.weight = from.weight;
    instance.target = planner.add(from);
    settings.instances.push_back(instance);
    if (from.target) settings.names.push_back(*from.target);
  }
  settings.steering = shared.steering;
  return {std::move(settings), shared.map};
}

answer::Settings settings_of(const config::Config& config, const Secrets& secrets) {
  answer::Settings settings = config.settings;
  if (config.has_own_cookies) settings.cookies = dns::CookieSecrets::derived_from(secrets.cookie_master);
  return settings;
}

std::unique_ptr<answer::Snapshot> make_snapshot(const config::Config& config, const RankingMaps& ranking_maps,
                                                const std::vector<std::size_t>& shared, ZoneSet zones,
                                                const Secrets& secrets, HealthPlanner& planner) {
  return std::make_unique<answer::Snapshot>(answer::Snapshot{
      zone::Zones(std::move(zones.zones), secrets.hash_key, std::move(zones.not_loaded)), config.regions,
      make_services(config, ranking_maps, shared, planner), nullptr, settings_of(config, secrets)});
}

bool keeps_assertions(Loaded& loaded, Problems& problems) {
  if (!loaded.config.assertions) return true;
  const auto tests = read_route_tests(*loaded.config.assertions, loaded, problems);
  if (!tests) return false;
  bool has_passed = true;
  for (const RouteTestResult& result : run_route_tests(loaded, *tests)) {
    report_failures(result, problems);
    has_passed = has_passed && result.has_passed();
  }
  return has_passed;
}

// The snapshot that `loaded` has, to be served after `served` with the same states, if the assertions hold for it.
std::unique_ptr<answer::Snapshot> take_if_sound(Loaded& loaded, const answer::Snapshot& served, Problems& problems) {
  const bool is_sound = keeps_assertions(loaded, problems);
  auto snapshot = std::move(loaded.snapshot);
  if (!is_sound) return nullptr;
  snapshot->board = served.board;
  return snapshot;
}

}  // namespace

std::vector<steering::Service> make_services(const config::Config& config, const RankingMaps& ranking_maps,
                                             std::span<const std::size_t> shared, HealthPlanner& planner) {
  std::vector<steering::Service> services;
  services.reserve(config.services.size());
  for (std::size_t i = 0; i < config.services.size(); ++i)
    services.push_back(make_service(config, config.services[i], ranking_maps[shared[i]], planner));
  return services;
}

std::optional<Loaded> load_unasserted(const std::filesystem::path& config_file, const Secrets& secrets,
                                      const Served* served, Problems& problems, KnownFiles::Time started) {
  auto config = config::load_config(config_file, problems, std::chrono::floor<std::chrono::days>(started));
  if (!config) return std::nullopt;
  Problems of_zones;
  std::optional<ServedZones> zones_before;
  if (served != nullptr) zones_before.emplace(ServedZones{served->snapshot.zones, served->loaded.zone_texts});
  auto zones = load_zones(*config, zones_before ? &*zones_before : nullptr, started, problems, of_zones);

  GeoDatabases databases(*config, started);
  std::optional<RankingMaps::Served> rankings_before;
  if (served != nullptr) {
    const Loaded& before = served->loaded;
    rankings_before.emplace(
        RankingMaps::Served{before.config.regions, before.rankings, databases.take_over(before.databases)});
  }
  RankingMaps ranking_maps(*config, rankings_before ? &*rankings_before : nullptr);
  const std::vector<std::size_t> shared = ranking_maps.add(config->services);
  FileWatch latency_files(config->latency.files);
  std::optional<steering::Latencies> latencies = steering::Latencies();
  const bool has_same_databases = rankings_before && rankings_before->has_same_databases;
  const geo::Database* database = nullptr;
  if (!has_same_databases || ranking_maps.lacks_any() || databases.lack_country_table() || is_measured(*config)) {
    database = databases.read(problems);
    if (database != nullptr) latencies = config::read_latencies(*config, *database, problems);
  }
  const bool is_refused = problems.has_errors() || (config->strict && of_zones.has_errors());
  problems.append(of_zones);
  if (is_refused || !latencies) return std::nullopt;

  try {
    if (database != nullptr) {
      ranking_maps.compile(*database, *latencies);
      databases.make_country_table();
    }
    HealthPlanner planner(*config);
    ZoneTexts zone_texts = std::move(zones.texts);
    auto uncached_zones = std::move(zones.uncached);
    auto snapshot = make_snapshot(*config, ranking_maps, shared, std::move(zones), secrets, planner);
    snapshot->countries = databases.country_table();
    health::Plan plan = planner.take();
    return Loaded{std::move(*config),
                  std::move(snapshot),
                  std::move(plan),
                  std::move(databases),
                  std::make_shared<const steering::Latencies>(std::move(*latencies)),
                  std::move(latency_files),
                  std::move(zone_texts),
                  ranking_maps.take(),
                  std::move(uncached_zones),
                  std::nullopt};
  } catch (const std::exception& error) {  // more ranges or places than a table holds; no memory
    problems.error(config_file.string(), error.what());
    return std::nullopt;
  }
}

std::optional<Loaded> load(const std::filesystem::path& config_file, const Secrets& secrets, const Served* served,
                           Problems& problems, KnownFiles::Time started) {
  auto loaded = load_unasserted(config_file, secrets, served, problems, started);
  if (!loaded) return std::nullopt;
  warn_of_doubtful_services(loaded->config, loaded->snapshot->services, loaded->databases, problems);
  if (served != nullptr && !guard_databases(*served, *loaded, problems)) return std::nullopt;
  if (!keeps_assertions(*loaded, problems)) return std::nullopt;
  return loaded;
}

std::unique_ptr<answer::Snapshot> reload_latencies(Loaded& loaded, const answer::Snapshot& served, Problems& problems) {
  std::optional<steering::Latencies> latencies;
  std::vector<RankingMaps::Shared> rankings;
  try {
    const geo::Database* database = loaded.databases.read(problems);
    if (database == nullptr) return nullptr;
    latencies = config::read_latencies(loaded.config, *database, problems);
    if (!latencies) return nullptr;
    const RankingMaps::Served before{loaded.config.regions, loaded.rankings, true};
    RankingMaps ranking_maps(loaded.config, &before);
    const std::vector<std::size_t> shared = ranking_maps.add(loaded.config.services);
    ranking_maps.compile(*database, *latencies);
    auto snapshot = std::make_unique<answer::Snapshot>(served);
    for (std::size_t i = 0; i < served.services.size(); ++i) {
      const steering::ServiceSettings& settings = served.services[i].settings();
      if (!uses_latency(*settings.steering)) continue;
      snapshot->services[i] = steering::Service(settings, ranking_maps[shared[i]].map);
    }
    rankings = ranking_maps.take();
    loaded.snapshot = std::move(snapshot);
  } catch (const std::exception& error) {
    problems.error(loaded.config.file.string(), error.what());
    return nullptr;
  }
  auto snapshot = take_if_sound(loaded, served, problems);
  if (snapshot == nullptr) return nullptr;
  loaded.latencies = std::make_shared<const steering::Latencies>(std::move(*latencies));
  loaded.rankings = std::move(rankings);
  return snapshot;
}

std::unique_ptr<answer::Snapshot> reload_zone(Loaded& loaded, const answer::Snapshot& served, const Secrets& secrets,
                                              const dns::Name& apex, Problems& problems, KnownFiles::Time started) {
  auto read = reload_zone(loaded.config, served.zones, apex, started, problems);
  if (!read) return nullptr;
  std::vector<std::shared_ptr<const zone::Zone>> zones(served.zones.zones().begin(), served.zones.zones().end());
  const auto place = std::ranges::find_if(zones, [&](const auto& zone) { return zone->apex() == apex; });
  if (place == zones.end()) {
    zones.push_back(read->zone);
  } else {
    *place = read->zone;
  }
  std::vector<dns::Name> not_loaded(served.zones.not_loaded().begin(), served.zones.not_loaded().end());
  std::erase(not_loaded, apex);
  loaded.snapshot = std::make_unique<answer::Snapshot>(
      answer::Snapshot{zone::Zones(std::move(zones), secrets.hash_key, std::move(not_loaded)),
                       served.regions,
                       served.services,
                       nullptr,
                       served.settings,
                       {},
                       served.countries});
  auto snapshot = take_if_sound(loaded, served, problems);
  if (snapshot == nullptr) return nullptr;
  loaded.zone_texts.insert_or_assign(apex, std::move(read->text));
  if (read->uncached) loaded.uncached_zones.push_back(std::move(*read->uncached));
  return snapshot;
}

}  // namespace rhumb::daemon

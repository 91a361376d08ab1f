#include "daemon/loader.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "config/latency_files.hpp"
#include "daemon/health_plan.hpp"
#include "daemon/lints.hpp"
#include "daemon/ranking_maps.hpp"
#include "daemon/route_tests.hpp"
#include "daemon/zone_loader.hpp"

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

std::unique_ptr<answer::Snapshot> make_snapshot(const config::Config& config, RankingMaps ranking_maps, ZoneSet zones,
                                                const Secrets& secrets, HealthPlanner& planner) {
  std::vector<std::size_t> shared;  // of each service
  shared.reserve(config.services.size());
  for (const config::Service& service : config.services)
    shared.push_back(ranking_maps.add(service));
  ranking_maps.compile();
  std::vector<steering::Service> services;
  services.reserve(config.services.size());
  for (std::size_t i = 0; i < config.services.size(); ++i)
    services.push_back(make_service(config, config.services[i], ranking_maps[shared[i]], planner));
  return std::make_unique<answer::Snapshot>(
      answer::Snapshot{zone::Zones(std::move(zones.zones), secrets.hash_key, std::move(zones.not_loaded)),
                       config.regions, std::move(services), nullptr, settings_of(config, secrets)});
}

std::optional<geo::Database> load_databases(const config::Config& config, Problems& problems) {
  const std::vector<std::string> geoip(config.geoip.begin(), config.geoip.end());
  const std::vector<std::string> geofeeds(config.geofeeds.begin(), config.geofeeds.end());
  return geo::load_databases(geoip, problems, geofeeds);
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

}  // namespace

std::optional<Loaded> load_unasserted(const std::filesystem::path& config_file, const Secrets& secrets,
                                      const answer::Snapshot* served, Problems& problems) {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  auto config = config::load_config(config_file, problems, today);
  if (!config) return std::nullopt;
  Problems of_zones;
  auto zones = load_zones(*config, served != nullptr ? &served->zones : nullptr, problems, of_zones);
  auto database = load_databases(*config, problems);
  FileWatch latency_files(config->latency.files);
  std::optional<steering::Latencies> latencies;
  if (database) latencies = config::read_latencies(*config, *database, problems);
  const bool is_refused = problems.has_errors() || (config->strict && of_zones.has_errors());
  problems.append(of_zones);
  if (is_refused || !database || !latencies) return std::nullopt;

  try {
    HealthPlanner planner(*config);
    RankingMaps ranking_maps(*config, *database, *latencies, served);
    auto uncached_zones = std::move(zones.uncached);
    auto snapshot = make_snapshot(*config, std::move(ranking_maps), std::move(zones), secrets, planner);
    health::Plan plan = planner.take();
    return Loaded{std::move(*config),    std::move(snapshot),      std::move(plan),          std::move(*database),
                  std::move(*latencies), std::move(latency_files), std::move(uncached_zones)};
  } catch (const std::exception& error) {  // more ranges or places than a table holds; no memory
    problems.error(config_file.string(), error.what());
    return std::nullopt;
  }
}

std::optional<Loaded> load(const std::filesystem::path& config_file, const Secrets& secrets,
                           const answer::Snapshot* served, Problems& problems) {
  auto loaded = load_unasserted(config_file, secrets, served, problems);
  if (loaded) {
    warn_of_doubtful_services(loaded->config, loaded->snapshot->services, loaded->database.locations, problems);
  }
  if (!loaded || !keeps_assertions(*loaded, problems)) return std::nullopt;
  return loaded;
}

std::unique_ptr<answer::Snapshot> reload_latencies(Loaded& loaded, const answer::Snapshot& served, Problems& problems) {
  std::optional<steering::Latencies> latencies;
  try {
    latencies = config::read_latencies(loaded.config, loaded.database, problems);
    if (!latencies) return nullptr;
    RankingMaps ranking_maps(loaded.config, loaded.database, *latencies, &served);
    std::vector<std::pair<std::size_t, std::size_t>> remade;  // services, and what they share
    for (std::size_t i = 0; i < served.services.size(); ++i) {
      if (uses_latency(*served.services[i].settings().steering))
        remade.emplace_back(i, ranking_maps.add(loaded.config.services[i]));
    }
    ranking_maps.compile();
    auto snapshot = std::make_unique<answer::Snapshot>(served);
    for (const auto& [service, shared] : remade)
      snapshot->services[service] = steering::Service(served.services[service].settings(), ranking_maps[shared].map);
    loaded.snapshot = std::move(snapshot);
  } catch (const std::exception& error) {
    problems.error(loaded.config.file.string(), error.what());
    return nullptr;
  }
  const bool is_kept = keeps_assertions(loaded, problems);
  auto snapshot = std::move(loaded.snapshot);
  if (!is_kept) return nullptr;
  snapshot->board = served.board;
  loaded.latencies = std::move(*latencies);
  return snapshot;
}

}  // namespace rhumb::daemon

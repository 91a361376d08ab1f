#include "daemon/database_trial.hpp"

#include <exception>
#include <string>
#include <utility>

#include "config/latency_files.hpp"
#include "daemon/health_plan.hpp"
#include "daemon/loader.hpp"
#include "daemon/ranking_maps.hpp"
#include "geo/country_map.hpp"

namespace rhumb::daemon {
namespace {

// What is left of databases once all is made of them.
struct Made {
  RankingMaps rankings;
  std::vector<std::size_t> shared;  // by the number of a service, its one in `rankings`
  geo::CountryMap countries;
};

// Throws what RankingMaps::compile() throws.
std::optional<Made> make(const config::Config& config, const DatabaseFiles& files, Problems& problems) {
  const std::vector<std::string> paths(files.begin(), files.end());
  const std::vector<std::string> geofeeds(config.geofeeds.begin(), config.geofeeds.end());
  const auto database = geo::load_databases(paths, problems, geofeeds);
  if (!database) return std::nullopt;
  const auto latencies = config::read_latencies(config, *database, problems);
  if (!latencies) return std::nullopt;
  RankingMaps rankings(config, nullptr);
  std::vector<std::size_t> shared = rankings.add(config.services);
  rankings.compile(*database, *latencies);
  return Made{std::move(rankings), std::move(shared), geo::make_country_map(*database)};
}

DatabaseChange compare(const config::Config& config, const Made& before, const Made& after,
                       const CountedClients& counted) {
  HealthPlanner planner(config);
  const auto services = make_services(config, before.rankings, before.shared, planner);
  std::vector<ComparedService> compared;
  for (std::size_t i = 0; i < services.size(); ++i) {
    compared.push_back({&services[i], &services[i].ranking_map(), after.rankings[after.shared[i]].map.get()});
  }
  return compare_databases(compared, before.countries, after.countries, counted);
}

}  // namespace

std::optional<DatabaseChange> try_databases(const config::Config& config, const DatabaseFiles& before,
                                            const DatabaseFiles& after, const CountedClients& counted,
                                            Problems& problems) {
  try {
    const auto made_before = make(config, before, problems);
    const auto made_after = make(config, after, problems);
    if (!made_before || !made_after) return std::nullopt;
    return compare(config, *made_before, *made_after, counted);
  } catch (const std::exception& error) {  // more ranges or places than a table holds; no memory
    problems.error(config.file.string(), error.what());
    return std::nullopt;
  }
}

}  // namespace rhumb::daemon

#include "daemon/database_guard.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rhumb::daemon {
namespace {

constexpr std::size_t kShownMax = 5;  // flows and countries in a line

template <typename Change>
std::string first_of(const std::vector<Change>& changes) {
  std::vector<std::string> shown;
  for (const Change& change : changes) {
    if (shown.size() == kShownMax) {
      shown.emplace_back("…");
      break;
    }
    const auto name = [](const std::string& text) { return text.empty() ? std::string("unknown") : text; };
    shown.push_back(fmt::format("{} → {} {}", name(change.from), name(change.to), percent(change.share)));
  }
  return fmt::format("{}", fmt::join(shown, ", "));
}

// "www.example.com (and 2 more services)"
std::string names_of(const MovedService& service) {
  const std::size_t more = service.names.size() - 1;
  if (more == 0) return service.names.front();
  return fmt::format("{} (and {} more service{})", service.names.front(), more, more == 1 ? "" : "s");
}

// "geoip/city.mmdb, geoip/country.mmdb"
std::string names_of(const GeoDatabases& databases) {
  std::vector<std::string> paths;
  for (const geo::Source& source : databases.sources())
    paths.push_back(source.path);
  return fmt::format("{}", fmt::join(paths, ", "));
}

// The new configuration over the old databases, as far as it is ranked as before.
class Before {
 public:
  Before(const Served& served, const config::Config& config)
      : served_{served.loaded.config.regions, served.loaded.rankings, true, true},
        maps_(config, &served_),
        shared_(maps_.add(config.services)) {}
  Before(const Before&) = delete;
  Before& operator=(const Before&) = delete;

  // Of a service, by its number; null: it is not ranked as before.
  [[nodiscard]] const std::shared_ptr<const steering::RankingMap>& map(std::size_t service) const {
    return maps_[shared_[service]].map;
  }
  [[nodiscard]] bool has_all() const { return !maps_.lacks_any(); }
  [[nodiscard]] std::vector<RankingMaps::Shared> take() { return maps_.take(); }

 private:
  RankingMaps::Served served_;
  RankingMaps maps_;
  std::vector<std::size_t> shared_;
};

DatabaseChange compare(const Served& served, const Loaded& loaded, const Before& before, Problems& problems) {
  std::vector<ComparedService> services;
  const std::vector<steering::Service>& all = loaded.snapshot->services;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (before.map(i) != nullptr) services.push_back({&all[i], before.map(i).get(), &all[i].ranking_map()});
  }
  return compare_databases(services, *served.loaded.databases.countries(), *loaded.databases.countries(),
                           count_clients_anyhow(loaded.config.geoip_guard.clients, problems));
}

std::vector<std::string> names_of_changed(const Loaded& loaded, const Before& before) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < loaded.snapshot->services.size(); ++i) {
    if (before.map(i) == nullptr) names.push_back(loaded.config.services[i].name.to_text());
  }
  return names;
}

// Whether all that is to be served can be without the new databases.
bool can_do_without(const Served& served, const Loaded& loaded, const Before& before, Problems& problems) {
  const std::string place = names_of(loaded.databases);
  if (!before.has_all()) {
    const auto names = names_of_changed(loaded, before);
    problems.error(place, fmt::format("held back, and {}{} cannot be ranked over the old databases, which are no "
                                      "longer in memory: put those back, or change the steering after them",
                                      names.front(), names.size() > 1 ? " (and others)" : ""));
    return false;
  }
  // Latency files are ranked anew whenever they change, over databases that are in memory.
  if (!loaded.config.latency.files.empty() && !served.loaded.databases.are_in_memory()) {
    problems.error(place,
                   "held back, and latency files need the old databases, which are no longer in memory: put "
                   "those back, or configure the latency files after them");
    return false;
  }
  return true;
}

void hold_back(const Served& served, Loaded& loaded, Before& before) {
  std::vector<steering::Service>& services = loaded.snapshot->services;
  for (std::size_t i = 0; i < services.size(); ++i)
    services[i] = steering::Service(services[i].settings(), before.map(i));
  loaded.rankings = before.take();
  loaded.databases.hold_back_for(served.loaded.databases);
  loaded.snapshot->countries = loaded.databases.country_table();
  loaded.latencies = served.loaded.latencies;
  loaded.latency_files = served.loaded.latency_files;
}

}  // namespace

bool guard_databases(const Served& served, Loaded& loaded, Problems& problems) {
  const geo::CountryMap* known = served.loaded.databases.countries();
  const geo::CountryMap* now = loaded.databases.countries();
  if (known == nullptr || now == nullptr || known == now || known->v4().knows_nothing()) return true;
  Before before(served, loaded.config);
  loaded.database_change = compare(served, loaded, before, problems);
  const DatabaseChange& change = *loaded.database_change;
  const double limit = loaded.config.geoip_guard.moved_max;
  if (served.accepts_databases || !change.exceeds(limit)) return true;

  const std::string place = names_of(loaded.databases);
  for (const std::string& line : describe(change))
    problems.warning(place, line);
  if (!can_do_without(served, loaded, before, problems)) return false;
  problems.warning(
      place,
      fmt::format("held back, the databases that are being served are kept: {} of the clients of a service would "
                  "move, and \"geoip_guard\" allows {:.12g} %; `rhumb reload --accept-databases` says that "
                  "they are meant; else put the old file back, if it is kept with `rhumb geoip rollback`",
                  percent(change.moved()), 100 * limit));
  hold_back(served, loaded, before);
  return true;
}

std::vector<std::string> describe(const DatabaseChange& change) {
  std::vector<std::string> lines;
  if (!change.services.empty()) {
    const MovedService& most = change.services.front();
    lines.push_back(fmt::format("{} of the clients of {} are sent to another region{}{}", percent(most.moved),
                                names_of(most), most.flows.empty() ? "" : ": ", first_of(most.flows)));
  }
  if (!change.countries.empty()) {
    lines.push_back(fmt::format("{} of the clients are in another country: {}", percent(change.changed_country()),
                                first_of(change.countries)));
  }
  return lines;
}

}  // namespace rhumb::daemon

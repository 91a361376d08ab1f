#include "daemon/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "daemon/ranking_walk.hpp"

namespace rhumb::daemon {
namespace {

using DistributionId = std::uint32_t;

// A service in one of the two scenarios.
class Side {
 public:
  Side(const Scenario& scenario, std::size_t service, Family family)
      : scenario_(scenario),
        service_(scenario.loaded.snapshot->services[service]),
        family_(service_.has_names() ? steering::Service::kFamilyOfNames : family) {}

  [[nodiscard]] const steering::ServiceSettings& settings() const noexcept { return service_.settings(); }
  [[nodiscard]] const steering::RankingMap& ranking_map() const noexcept { return service_.ranking_map(); }
  [[nodiscard]] const Distribution& distribution(DistributionId id) const { return *distributions_[id]; }

  // `places` has all regions of this service.
  void use_places(const std::vector<std::string>& places) {
    place_count_ = places.size();
    for (const std::string& region : settings().regions)
      places_.push_back(static_cast<Place>(std::ranges::find(places, region) - places.begin()));
  }

  // Rankings are many and what comes of them are few: those that differ in regions that are not reached have one
  // number.
  DistributionId distribute(const steering::Ranked& ranked) {
    const auto [known, is_new] = by_ranking_.try_emplace(RankingKey(ranked));
    if (is_new) known->second = intern(expect(ranked));
    return known->second;
  }

 private:
  [[nodiscard]] Distribution expect(const steering::Ranked& ranked) const {
    const auto is_healthy = [&](steering::TargetIndex target) { return scenario_.board.read(target).share > 0; };
    return distribution_of(service_.expect(family_, ranked, is_healthy), places_, place_count_);
  }
  DistributionId intern(Distribution distribution) {
    const auto id = static_cast<DistributionId>(distributions_.size());
    const auto [known, is_new] = ids_.try_emplace(std::move(distribution), id);
    if (is_new) distributions_.push_back(&known->first);
    return known->second;
  }

  const Scenario& scenario_;
  const steering::Service& service_;
  Family family_;
  std::size_t place_count_ = 0;
  std::vector<Place> places_;  // by RegionIndex
  std::unordered_map<RankingKey, DistributionId, RankingKeyHash> by_ranking_;
  std::map<Distribution, DistributionId> ids_;
  std::vector<const Distribution*> distributions_;  // keys of ids_
};

// Clients of one location that get the same before, and the same after.
struct Group {
  geo::LocationId location;
  DistributionId before;
  DistributionId after;

  friend bool operator==(const Group&, const Group&) = default;
};
struct GroupHash {
  std::size_t operator()(const Group& group) const noexcept {
    return group.location ^ std::size_t{group.before} << 24 ^ std::size_t{group.after} << 44;
  }
};
using Groups = std::unordered_map<Group, double, GroupHash>;

Groups group(const Clients& clients, Side& before, Side& after) {
  Groups groups;
  walk_rankings(
      clients, before.ranking_map(), after.ranking_map(),
      [&](const Client& client, const steering::Ranked& then, const steering::Ranked& now, double addresses) {
        groups[{client.location, before.distribute(then), after.distribute(now)}] += client.weight * addresses;
      });
  return groups;
}

// How much lies at which distance: a whole km is finer than what a database knows.
class DistanceHistogram {
 public:
  void add(double distance_km, double weight) {
    const auto bucket = static_cast<std::size_t>(std::lround(distance_km));
    if (bucket >= weights_.size()) weights_.resize(bucket + 1);
    weights_[bucket] += weight;
    sum_ += weight;
  }
  [[nodiscard]] std::optional<Distances> distances() const {
    if (sum_ <= 0) return std::nullopt;
    return Distances{quantile(0.5), quantile(0.95)};
  }

 private:
  // The least distance within which this part of the weight lies.
  [[nodiscard]] int quantile(double part) const {
    double left = sum_ * part;
    std::size_t bucket = 0;
    while (bucket + 1 < weights_.size() && (left -= weights_[bucket]) > 0)
      ++bucket;
    return static_cast<int>(bucket);
  }

  std::vector<double> weights_;  // by km; half the Earth's circumference at the most
  double sum_ = 0;
};

// Sums up, for one of the sides, what each place gets.
class Tally {
 public:
  Tally(const Side& side, const Scenario& scenario, const std::vector<std::string>& regions)
      : side_(side),
        sites_(regions.size()),
        distances_(regions.size()),
        shares_(regions.size() + kOutcomeNames.size()) {
    for (const steering::Region& region : scenario.loaded.snapshot->regions) {
      const auto place = static_cast<Place>(std::ranges::find(regions, region.name) - regions.begin());
      if (place < regions.size()) sites_[place] = geo::unit_vector(region.coordinates);
    }
  }

  // `site` is where the clients are, if that is known.
  void add(DistributionId id, double share, const std::optional<geo::UnitVector>& site) {
    const Distribution& distribution = side_.distribution(id);
    if (distribution.is_all_down) all_down_ += share;
    for (Place place = 0; place < shares_.size(); ++place) {
      const double part = distribution.parts[place] * share;
      if (part == 0) continue;
      shares_[place] += part;
      if (site && place < sites_.size()) distances_[place].add(geo::distance_km(*site, sites_[place]), part);
    }
  }

  [[nodiscard]] double share(Place place) const { return shares_[place]; }
  [[nodiscard]] std::optional<Distances> distances(Place place) const { return distances_[place].distances(); }
  [[nodiscard]] double all_down() const noexcept { return all_down_; }

 private:
  const Side& side_;
  std::vector<geo::UnitVector> sites_;  // of the regions
  std::vector<DistanceHistogram> distances_;
  std::vector<double> shares_;
  double all_down_ = 0;
};

// Many locations have one country.
using CountryShares = std::map<std::tuple<std::string_view, DistributionId, DistributionId>, double>;

Moves moves_of(const CountryShares& shares, const Side& before, const Side& after) {
  Moves moves;
  for (const auto& [key, share] : shares) {
    const auto& [country, then, now] = key;
    moves.add(country, before.distribution(then).parts, after.distribution(now).parts, share);
  }
  return moves;
}

std::vector<std::string> regions_of_both(const Side& before, const Side& after) {
  std::vector<std::string> regions = before.settings().regions;
  for (const std::string& region : after.settings().regions) {
    if (std::ranges::find(regions, region) == regions.end()) regions.push_back(region);
  }
  return regions;
}

std::optional<double> capacity_of(const steering::ServiceSettings& settings, const std::string& region) {
  const auto at = std::ranges::find(settings.regions, region) - settings.regions.begin();
  const auto& capacities = settings.capacities;
  if (static_cast<std::size_t>(at) == settings.regions.size()) return std::nullopt;
  if (std::ranges::find(capacities, 0U) != capacities.end()) return std::nullopt;
  double sum = 0;
  for (const std::uint32_t capacity : capacities)
    sum += capacity;
  return capacities[static_cast<std::size_t>(at)] / sum;
}

// All that the shares of a service depend on besides the clients.
struct Traits {
  const steering::RankingMap* ranking_map;
  steering::Policy policy;
  steering::Spread spread;
  bool families_together;
  bool has_names;
  steering::WhenAllDown when_all_down;
  std::vector<std::string> regions;
  std::vector<std::tuple<steering::RegionIndex, Family, steering::Weight>> instances;
  std::vector<health::State> states;  // of the instances

  friend bool operator==(const Traits&, const Traits&) = default;
};

Traits traits_of(const Scenario& scenario, std::size_t service) {
  const steering::Service& of = scenario.loaded.snapshot->services[service];
  const steering::ServiceSettings& settings = of.settings();
  Traits traits{};
  traits.ranking_map = &of.ranking_map();
  traits.policy = settings.policy;
  traits.spread = settings.spread;
  traits.families_together = settings.families_together;
  traits.has_names = of.has_names();
  traits.when_all_down = settings.when_all_down;
  traits.regions = settings.regions;
  for (const steering::Instance& instance : settings.instances) {
    const Family family = of.has_names() ? steering::Service::kFamilyOfNames : instance.address.family;
    traits.instances.emplace_back(instance.region, family, instance.weight);
    traits.states.push_back(scenario.board.read(instance.target).state);
  }
  return traits;
}

// Numbers of a service in the two configurations.
struct Pair {
  std::size_t before;
  std::size_t after;
};

class Simulator {
 public:
  Simulator(const Scenario& before, const Scenario& after, const Clients& clients)
      : before_(before), after_(after), clients_(clients), weight_(weight_of(clients)) {
    const geo::Locations& locations = before.loaded.databases.get().locations;
    for (geo::LocationId id = 0; id < locations.size(); ++id) {
      const geo::Location location = locations.get(id);
      sites_.push_back(location.has_coordinates
                           ? std::optional(geo::unit_vector({location.latitude, location.longitude}))
                           : std::nullopt);
    }
  }

  [[nodiscard]] SimulatedService simulate(Pair pair) const {
    const auto family = family_of(pair);
    Side before(before_, pair.before, family.value_or(steering::Service::kFamilyOfNames));
    Side after(after_, pair.after, family.value_or(steering::Service::kFamilyOfNames));
    const auto regions = regions_of_both(before, after);
    before.use_places(regions);
    after.use_places(regions);

    Tally tally_before(before, before_, regions);
    Tally tally_after(after, after_, regions);
    CountryShares countries;
    for (const auto& [alike, weight] : group(clients_, before, after)) {
      const double share = weight / weight_;
      tally_before.add(alike.before, share, sites_[alike.location]);
      tally_after.add(alike.after, share, sites_[alike.location]);
      const auto country = before_.loaded.databases.get().locations.get(alike.location).country;
      countries[{country, alike.before, alike.after}] += share;
    }
    SimulatedService result = summarize(tally_before, tally_after, regions, after.settings());
    result.family = family;
    result.countries = moves_of(countries, before, after).by_country(names_of_places(regions));
    for (const CountryMove& country : result.countries)
      result.moved += country.share;
    return result;
  }

 private:
  // Of the service before, or else after: the first that has addresses.
  [[nodiscard]] std::optional<Family> family_of(Pair pair) const {
    for (const steering::Service* service :
         {&before_.loaded.snapshot->services[pair.before], &after_.loaded.snapshot->services[pair.after]}) {
      if (!service->has_names()) return service->has(Family::v4) ? Family::v4 : Family::v6;
    }
    return std::nullopt;
  }

  static SimulatedService summarize(const Tally& before, const Tally& after, const std::vector<std::string>& regions,
                                    const steering::ServiceSettings& settings_after) {
    SimulatedService result;
    for (Place place = 0; place < regions.size(); ++place) {
      result.regions.push_back({regions[place],
                                {before.share(place), after.share(place)},
                                before.distances(place),
                                after.distances(place),
                                capacity_of(settings_after, regions[place])});
    }
    for (std::size_t i = 0; i < kOutcomeNames.size(); ++i) {
      const ShareChange share{before.share(regions.size() + i), after.share(regions.size() + i)};
      if (share.before > 0 || share.after > 0) result.outcomes.push_back({std::string(kOutcomeNames[i]), share});
    }
    result.all_down = {before.all_down(), after.all_down()};
    return result;
  }

  const Scenario& before_;
  const Scenario& after_;
  const Clients& clients_;
  double weight_;
  std::vector<std::optional<geo::UnitVector>> sites_;  // by LocationId
};

// Lets services with equal traits be simulated once, and remembers which.
class Services {
 public:
  Services(const Scenario& before, const Scenario& after) : before_(before), after_(after) {}

  void add(Pair pair, const std::string& name) {
    auto traits = std::pair(traits_of(before_, pair.before), traits_of(after_, pair.after));
    auto known = std::ranges::find(alike_, traits, &Alike::traits);
    if (known == alike_.end()) known = alike_.insert(known, {std::move(traits), pair, {}});
    known->names.push_back(name);
  }

  [[nodiscard]] std::vector<SimulatedService> simulate(const Clients& clients) const {
    const Simulator simulator(before_, after_, clients);
    std::vector<SimulatedService> results;
    for (const Alike& alike : alike_) {
      results.push_back(simulator.simulate(alike.first));
      results.back().names = alike.names;
    }
    return results;
  }

 private:
  struct Alike {
    std::pair<Traits, Traits> traits;
    Pair first;
    std::vector<std::string> names;
  };

  const Scenario& before_;
  const Scenario& after_;
  std::vector<Alike> alike_;
};

std::map<dns::Name, std::size_t> service_numbers(const Scenario& scenario) {
  const auto& services = scenario.loaded.config.services;
  std::map<dns::Name, std::size_t> numbers;
  for (std::size_t i = 0; i < services.size(); ++i)
    numbers.emplace(services[i].name, i);
  return numbers;
}

template <typename Key>
double weight_of_list(const geo::RangeList<Key, Client>& ranges) {
  double sum = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i)
    sum += ranges.value(i).weight * (static_cast<double>(ranges.last(i) - ranges.first(i)) + 1);
  return sum;
}

}  // namespace

Clients locate_clients(const geo::Database& database, const CountedClients& counted) {
  return geo::overlay(database.map, counted.weights, [&](geo::LocationId location, double weight) {
    const bool is_client = weight > 0 && (counted.has_unknown || location != geo::kUnknownLocation);
    return is_client ? Client{location, weight} : Client{};
  });
}

double weight_of(const Clients& clients) {
  return weight_of_list(clients.v4()) + weight_of_list(clients.v6());
}

Simulation simulate(const Scenario& before, const Scenario& after, const Clients& clients,
                    const std::optional<dns::Name>& only) {
  auto numbers_after = service_numbers(after);
  Simulation simulation;
  Services services(before, after);
  const auto& services_before = before.loaded.config.services;
  for (std::size_t i = 0; i < services_before.size(); ++i) {
    const dns::Name& name = services_before[i].name;
    const auto other = numbers_after.extract(name);
    if (only && name != *only) continue;
    if (other.empty()) {
      simulation.only_before.push_back(name.to_text());
    } else {
      services.add({i, other.mapped()}, name.to_text());
    }
  }
  for (const auto& [name, number] : numbers_after) {
    if (!only || name == *only) simulation.only_after.push_back(name.to_text());
  }
  simulation.services = services.simulate(clients);
  return simulation;
}

}  // namespace rhumb::daemon

#include "daemon/database_change.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "daemon/ranking_walk.hpp"

namespace rhumb::daemon {
namespace {

struct CountryClient {
  geo::Country before;
  geo::Country after;
  double weight = 0;  // of each address

  friend bool operator==(const CountryClient&, const CountryClient&) = default;
};
using CountryClients = geo::AddressMap<CountryClient>;

CountryClients locate(const geo::CountryMap& known_before, const geo::CountryMap& known_after,
                      const CountedClients& counted) {
  const auto countries = geo::overlay(known_before, known_after, [](geo::Country before, geo::Country after) {
    return CountryClient{before, after};
  });
  return geo::overlay(countries, counted.weights, [&](const CountryClient& client, double weight) {
    const bool counts = counted.has_unknown || client.before.is_known() || client.after.is_known();
    return counts && weight > 0 ? CountryClient{client.before, client.after, weight} : CountryClient{};
  });
}

// visit(client, count of addresses) for each range.
template <typename Visit>
void for_each_range(const CountryClients& clients, const Visit& visit) {
  const auto visit_all = [&](const auto& ranges) {
    for (std::size_t i = 0; i < ranges.size(); ++i)
      visit(ranges.value(i), static_cast<double>(ranges.last(i) - ranges.first(i)) + 1);
  };
  visit_all(clients.v4());
  visit_all(clients.v6());
}

double weight_of(const CountryClients& clients) {
  double sum = 0;
  for_each_range(clients, [&](const CountryClient& client, double addresses) { sum += client.weight * addresses; });
  return sum;
}

std::vector<CountryChange> find_changed_countries(const CountryClients& clients, double weight) {
  std::map<std::pair<std::string, std::string>, CountryChange> changes;
  for_each_range(clients, [&](const CountryClient& client, double addresses) {
    if (client.weight == 0 || client.before == client.after) return;
    const std::string from = client.before.to_text();
    const std::string to = client.after.to_text();
    if (from == to) return;
    CountryChange& change = changes.try_emplace({from, to}, CountryChange{from, to}).first->second;
    change.share += client.weight * addresses / weight;
    ++change.networks;
  });
  std::vector<CountryChange> result;
  result.reserve(changes.size());
  for (auto& [countries, change] : changes)
    result.push_back(std::move(change));
  std::ranges::stable_sort(result, std::greater{}, &CountryChange::share);
  return result;
}

// CountryClients of one country that are ranked alike before, and alike after.
struct CountryGroup {
  geo::Country country;
  RankingKey before;
  RankingKey after;

  friend bool operator==(const CountryGroup&, const CountryGroup&) = default;
};
struct CountryGroupHash {
  std::size_t operator()(const CountryGroup& group) const noexcept {
    const RankingKeyHash hash;
    return hash(group.before) * 31 + hash(group.after) * 17 + group.country.number;
  }
};

// A group and what it counts.
struct Moving {
  geo::Country country;
  steering::Ranked before;
  steering::Ranked after;
  double share;
};

bool is_same(const steering::Ranked& a, const steering::Ranked& b) {
  return a.action == b.action && std::ranges::equal(a.regions, b.regions) && std::ranges::equal(a.tiers, b.tiers);
}

// The clients that two maps rank differently: few against those that they rank alike.
std::vector<Moving> find_moving(const CountryClients& clients, const steering::RankingMap& before,
                                const steering::RankingMap& after, double weight) {
  if (&before == &after) return {};
  std::unordered_map<CountryGroup, Moving, CountryGroupHash> groups;
  walk_rankings(
      clients, before, after,
      [&](const CountryClient& client, const steering::Ranked& then, const steering::Ranked& now, double addresses) {
        const geo::Country country = client.before.to_text().empty() ? client.after : client.before;
        const CountryGroup group{country, RankingKey(then), RankingKey(now)};
        Moving& moving = groups.try_emplace(group, Moving{country, then, now, 0}).first->second;
        moving.share += client.weight * addresses / weight;
      });
  std::vector<Moving> result;
  for (const auto& [group, moving] : groups) {
    if (!is_same(moving.before, moving.after)) result.push_back(moving);
  }
  return result;
}

// All that the moves of a service depend on besides its clients. Of the instances' weights only the sums matter, but to
// find more services alike than these would be work for nothing.
struct ServiceTraits {
  const steering::RankingMap* before;
  const steering::RankingMap* after;
  steering::Policy policy;
  steering::Spread spread;
  bool families_together;
  bool has_names;
  std::vector<std::string> regions;
  std::vector<std::uint32_t> capacities;
  std::vector<std::tuple<steering::RegionIndex, Family, steering::Weight>> instances;

  friend bool operator<(const ServiceTraits& a, const ServiceTraits& b) {
    const auto tied = [](const ServiceTraits& t) {
      return std::tie(t.before, t.after, t.policy, t.spread, t.families_together, t.has_names, t.regions, t.capacities,
                      t.instances);
    };
    return tied(a) < tied(b);
  }
};

ServiceTraits service_traits_of(const ComparedService& compared) {
  const steering::ServiceSettings& settings = compared.service->settings();
  ServiceTraits traits{compared.before,
                       compared.after,
                       settings.policy,
                       settings.spread,
                       settings.families_together,
                       compared.service->has_names(),
                       settings.regions,
                       settings.capacities,
                       {}};
  for (const steering::Instance& instance : settings.instances)
    traits.instances.emplace_back(instance.region, instance.address.family, instance.weight);
  return traits;
}

// The addresses that are meant: IPv4 ones unless the service has only IPv6; names have no family.
Family family_of(const steering::Service& service) {
  if (service.has_names()) return steering::Service::kFamilyOfNames;
  return service.has(Family::v4) ? Family::v4 : Family::v6;
}

// Computes what clients of a ranking get of one service, each once.
class Distributions {
 public:
  explicit Distributions(const steering::Service& service)
      : service_(service), places_(service.settings().regions.size()) {
    std::iota(places_.begin(), places_.end(), Place{0});
  }

  const Distribution& of(const steering::Ranked& ranked) {
    const auto [known, is_new] = known_.try_emplace(RankingKey(ranked));
    if (is_new) {
      const auto all_up = [](steering::TargetIndex) { return true; };
      known->second = distribution_of(service_.expect(family_of(service_), ranked, all_up), places_, places_.size());
    }
    return known->second;
  }

 private:
  const steering::Service& service_;
  std::vector<Place> places_;
  std::unordered_map<RankingKey, Distribution, RankingKeyHash> known_;
};

MovedService find_moved(const steering::Service& service, std::span<const Moving> clients) {
  Distributions distributions(service);
  Moves moves;
  for (const Moving& moving : clients) {
    moves.add(moving.country.to_text(), distributions.of(moving.before).parts, distributions.of(moving.after).parts,
              moving.share);
  }
  const std::vector<std::string> names = names_of_places(service.settings().regions);
  MovedService moved{{}, 0, moves.flows(names), moves.by_country(names)};
  for (const Flow& flow : moved.flows)
    moved.moved += flow.share;
  return moved;
}

}  // namespace

double DatabaseChange::changed_country() const noexcept {
  double sum = 0;
  for (const CountryChange& change : countries)
    sum += change.share;
  return sum;
}

DatabaseChange compare_databases(std::span<const ComparedService> services, const geo::CountryMap& before,
                                 const geo::CountryMap& after, const CountedClients& counted) {
  const CountryClients clients = locate(before, after, counted);
  DatabaseChange change;
  change.weight = weight_of(clients);
  if (change.weight == 0) return change;
  change.countries = find_changed_countries(clients, change.weight);

  std::map<ServiceTraits, std::vector<const steering::Service*>> alike;
  for (const ComparedService& compared : services)
    alike[service_traits_of(compared)].push_back(compared.service);
  std::map<std::pair<const steering::RankingMap*, const steering::RankingMap*>, std::vector<Moving>> moving;
  for (const auto& [traits, of_them] : alike) {
    const auto [known, is_new] = moving.try_emplace({traits.before, traits.after});
    if (is_new) known->second = find_moving(clients, *traits.before, *traits.after, change.weight);
    MovedService moved = find_moved(*of_them.front(), known->second);
    for (const steering::Service* service : of_them)
      moved.names.push_back(service->settings().name);
    change.services.push_back(std::move(moved));
  }
  // By name where they move alike: the map has them by address, which differs from run to run.
  std::ranges::sort(change.services, [](const MovedService& a, const MovedService& b) {
    return std::tie(b.moved, a.names) < std::tie(a.moved, b.names);
  });
  return change;
}

}  // namespace rhumb::daemon

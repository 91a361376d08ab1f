#include "daemon/lints.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/duration.hpp"

namespace rhumb::daemon {
namespace {

// Up to this, the default, a TTL is short enough however quick the check is: many resolvers keep answers as long
// whatever they are told, and a shorter one costs queries.
constexpr std::uint32_t kShortTtl = 30;

// What is said, where it is said first, and of how many services more.
class Findings {
 public:
  void add(const std::string& place, const std::string& message) {
    const auto [known, is_new] = by_message_.try_emplace(message, found_.size());
    if (is_new) {
      found_.push_back({place, message, 0});
    } else {
      ++found_[known->second].more_services;
    }
  }
  void report(Problems& problems) const {
    for (const Finding& finding : found_) {
      const bool is_alone = finding.more_services == 0;
      problems.warning(finding.place,
                       is_alone ? finding.message
                                : fmt::format("{} (and {} more services)", finding.message, finding.more_services));
    }
  }

 private:
  struct Finding {
    std::string place;
    std::string message;
    std::size_t more_services;
  };

  std::vector<Finding> found_;
  std::unordered_map<std::string, std::size_t> by_message_;
};

// What rules can ask for that some client has.
class KnownPlaces {
 public:
  explicit KnownPlaces(const geo::Locations& locations) {
    for (geo::LocationId id = 0; id < locations.size(); ++id) {
      const geo::Location location = locations.get(id);
      asns_.insert(location.asn);
      countries_.insert(location.country);
      continents_.insert(location.continent);
      if (!location.subdivision.empty())
        subdivisions_.insert(fmt::format("{}-{}", location.country, location.subdivision));
    }
  }
  // Whether the rule matches by places alone, none of which is known.
  [[nodiscard]] bool lack_all_of(const steering::Rule& rule) const {
    const bool has_networks = !rule.networks.empty() || !rule.resolver_networks.empty() || !rule.resolver_asns.empty();
    const bool asks_for_places =
        !rule.asns.empty() || !rule.countries.empty() || !rule.continents.empty() || !rule.subdivisions.empty();
    const auto in = [](const auto& known) { return [&](const auto& asked) { return known.contains(asked); }; };
    return !has_networks && asks_for_places && std::ranges::none_of(rule.asns, in(asns_)) &&
           std::ranges::none_of(rule.countries, in(countries_)) &&
           std::ranges::none_of(rule.continents, in(continents_)) &&
           std::ranges::none_of(rule.subdivisions, in(subdivisions_));
  }

 private:
  std::unordered_set<std::uint32_t> asns_;
  std::unordered_set<std::string_view> countries_;
  std::unordered_set<std::string_view> continents_;
  std::unordered_set<std::string> subdivisions_;
};

// Of clients behind any resolver.
template <typename Look>
void look_at_rankings(const steering::RankingMap& map, const Look& look) {
  const auto look_at_all = [&](const steering::Rankings& rankings) {
    for (steering::RankingId id = 0; id < rankings.size(); ++id)
      look(rankings[id]);
  };
  look_at_all(map.rankings());
  for (const auto& behind : map.maps_of_resolvers())
    look_at_all(behind->rankings());
}

std::vector<std::size_t> unused_rules(const steering::Steering& steering, const steering::RankingMap& map) {
  std::vector<bool> is_used(steering.rules.size());
  look_at_rankings(map, [&](const steering::Ranked& ranked) {
    if (ranked.rule != steering::kNoRule) is_used[ranked.rule] = true;
  });
  std::vector<std::size_t> unused;
  for (std::size_t i = 0; i < is_used.size(); ++i) {
    if (!is_used[i]) unused.push_back(i);
  }
  return unused;
}

void find_unused_regions(const steering::RankingMap& map, const std::vector<std::string>& regions,
                         std::vector<std::string>& messages) {
  std::vector<bool> is_used(regions.size());
  look_at_rankings(map, [&](const steering::Ranked& ranked) {
    for (const steering::RegionIndex region : ranked.regions)
      is_used[region] = true;
  });
  for (std::size_t region = 0; region < regions.size(); ++region) {
    if (is_used[region]) continue;
    messages.push_back(
        fmt::format("no client can reach region \"{}\", whatever is down: \"regions\" or \"max_regions\" leave it out "
                    "for all of them",
                    regions[region]));
  }
}

bool is_weightless(std::span<const steering::Instance> instances) {
  return std::ranges::all_of(instances, [](const auto& instance) { return instance.weight == 0; });
}

void find_weightless(const steering::Service& service, std::vector<std::string>& messages) {
  for (const Family family : {Family::v4, Family::v6}) {
    if (!service.has(family)) continue;
    const std::string_view name = family == Family::v4 ? "IPv4" : "IPv6";
    std::vector<std::string_view> weightless;
    std::size_t region_count = 0;
    for (std::size_t region = 0; region < service.settings().regions.size(); ++region) {
      const auto pool = service.pool(family, static_cast<steering::RegionIndex>(region));
      if (pool.empty()) continue;
      ++region_count;
      if (is_weightless(pool)) weightless.push_back(service.settings().regions[region]);
    }
    if (weightless.size() == region_count) {
      messages.push_back(fmt::format("all {} instances have weight 0: they are used as if each had 1", name));
      continue;
    }
    for (const std::string_view region : weightless) {
      messages.push_back(fmt::format(
          "all {} instances of region \"{}\" have weight 0: they are used only while no other region of the "
          "client has a healthy instance with a weight",
          name, region));
    }
  }
}

void find_long_ttl(std::uint32_t ttl_min_s, const config::NamedCheck& named, std::vector<std::string>& messages) {
  if (named.is_calculated()) return;
  const health::Check& check = named.check;
  // The first failure waits for the interval, those that confirm it come at the fast one.
  const std::uint64_t confirming_ms = check.fast_interval_ms > 0 ? check.fast_interval_ms : check.interval_ms;
  const std::uint64_t detection_ms =
      check.interval_ms + confirming_ms * static_cast<unsigned>(check.fall - 1) + check.timeout_ms;
  const std::uint64_t detection_s = (detection_ms + 999) / 1'000;
  const std::uint64_t fitting_s = std::max<std::uint64_t>(detection_s, kShortTtl);
  if (ttl_min_s <= fitting_s) return;
  const std::string intervals =
      check.fast_interval_ms > 0
          ? fmt::format("interval {} + {} × fast_interval {}", config::duration_to_text(check.interval_ms),
                        check.fall - 1, config::duration_to_text(check.fast_interval_ms))
          : fmt::format("fall {} × interval {}", check.fall, config::duration_to_text(check.interval_ms));
  messages.push_back(fmt::format(
      "a ttl_min of {}s is longer than check \"{}\" needs to notice a failure, {}s ({} + timeout {}): resolvers go on "
      "with "
      "what has failed; \"ttl_min\": {} suits the check",
      ttl_min_s, named.name, detection_s, intervals, config::duration_to_text(check.timeout_ms), fitting_s));
}

// Whether the capacities are what clients are spread by; elsewhere their place decides what each region gets.
bool shares_by_capacity(const steering::ServiceSettings& settings) {
  return settings.spread == steering::Spread::capacity || settings.steering->preference.order == steering::Order::equal;
}

void find_lone_capacity(const steering::ServiceSettings& settings, std::vector<std::string>& messages) {
  const auto& capacities = settings.capacities;
  if (capacities.size() < 2 || std::ranges::find(capacities, 0U) != capacities.end() || !shares_by_capacity(settings))
    return;
  const auto largest = std::ranges::max_element(capacities);
  const std::uint64_t others = std::accumulate(capacities.begin(), capacities.end(), std::uint64_t{0}) - *largest;
  if (*largest <= others) return;
  const std::string& region = settings.regions[static_cast<std::size_t>(largest - capacities.begin())];
  messages.push_back(fmt::format(
      "region \"{0}\" has a capacity of {1} and all others together {2}: they cannot take its clients when it "
      "is down at its full load; `rhumb simulate --down {0}` tells each region's share",
      region, *largest, others));
}

class Linter {
 public:
  Linter(GeoDatabases& databases, Problems& problems) : databases_(databases), problems_(problems) {}

  void look_at(const config::Service& configured, std::span<const config::NamedCheck> checks,
               const steering::Service& service) {
    for (const std::string& message : of_steering(service))
      findings_.add(configured.place, message);
    std::vector<std::string> messages;
    find_weightless(service, messages);
    find_lone_capacity(service.settings(), messages);
    for (const std::size_t check : configured.checks)
      find_long_ttl(configured.ttl_min_s, checks[check], messages);
    for (const std::string& message : messages)
      findings_.add(configured.place, message);
  }
  void report() const { findings_.report(problems_); }

 private:
  // Services with one ranking map have one steering.
  const std::vector<std::string>& of_steering(const steering::Service& service) {
    const auto [known, is_new] = by_map_.try_emplace(&service.ranking_map());
    if (!is_new) return known->second;
    const steering::ServiceSettings& settings = service.settings();
    const steering::RankingMap& map = service.ranking_map();
    for (const std::size_t rule : unused_rules(*settings.steering, map)) {
      if (auto message = why_unused(settings.steering->rules[rule])) known->second.push_back(std::move(*message));
    }
    find_unused_regions(map, settings.regions, known->second);
    return known->second;
  }

  // Nothing while there are no databases that could know its clients.
  std::optional<std::string> why_unused(const steering::Rule& rule) {
    if (!known_places_) known_places_.emplace(databases_.read_or_know_nothing(problems_).locations);
    const bool is_unknown = known_places_->lack_all_of(rule);
    if (is_unknown && databases_.are_none()) return std::nullopt;
    return fmt::format(
        "rule \"{}\" is never used: {}", rule.name,
        is_unknown ? "the databases know no client that it matches" : "earlier rules match all of its clients");
  }

  GeoDatabases& databases_;
  Problems& problems_;
  std::optional<KnownPlaces> known_places_;  // made for the first rule that is not used: takes 0.2 s of a city database
  std::unordered_map<const steering::RankingMap*, std::vector<std::string>> by_map_;
  Findings findings_;
};

}  // namespace

void warn_of_doubtful_services(const config::Config& config, std::span<const steering::Service> services,
                               GeoDatabases& databases, Problems& problems) {
  Linter linter(databases, problems);
  for (std::size_t i = 0; i < services.size(); ++i) {
    linter.look_at(config.services[i], config.checks, services[i]);
  }
  linter.report();
}

}  // namespace rhumb::daemon

#include "steering/ranking_compiler.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "steering/rule_map.hpp"

namespace rhumb::steering {
namespace {

// The first rule that matches by what the databases say of a place.
class PlaceRules {
 public:
  explicit PlaceRules(std::span<const Rule> rules) {
    RuleIndex index = 0;
    for (const Rule& rule : rules) {
      add(by_asn_, rule.asns, index);
      add(by_country_, rule.countries, index);
      add(by_subdivision_, rule.subdivisions, index);
      add(by_continent_, rule.continents, index);
      ++index;
    }
  }

  [[nodiscard]] RuleIndex find(const geo::Location& location) const {
    RuleIndex first = find(by_asn_, location.asn);
    first = std::min(first, find(by_country_, std::string(location.country)));
    first = std::min(first, find(by_continent_, std::string(location.continent)));
    if (by_subdivision_.empty()) return first;
    const std::string subdivision = std::string(location.country) + "-" + std::string(location.subdivision);
    return std::min(first, find(by_subdivision_, subdivision));
  }

 private:
  template <typename Key>
  using Rules = std::unordered_map<Key, RuleIndex>;

  template <typename Key>
  static void add(Rules<Key>& rules, const std::vector<Key>& keys, RuleIndex rule) {
    for (const Key& key : keys)
      rules.try_emplace(key, rule);  // the first one stays
  }
  template <typename Key>
  static RuleIndex find(const Rules<Key>& rules, const Key& key) {
    const auto found = rules.find(key);
    return found == rules.end() ? kNoRule : found->second;
  }

  Rules<std::uint32_t> by_asn_;
  Rules<std::string> by_country_;
  Rules<std::string> by_subdivision_;
  Rules<std::string> by_continent_;
};

// All that a client's ranking can depend on, but for the rules that name networks.
struct Where {
  geo::LocationId location = geo::kUnknownLocation;
  LatencyCell cell = 0;
  RankingId before = 0;

  friend bool operator==(const Where&, const Where&) = default;
};

class Compiler {
 public:
  // Every client matches the rule `of_resolver`, if no earlier one: kNoRule for resolvers that no rule matches.
  Compiler(const Steering& steering, std::span<const geo::Coordinates> coordinates, const geo::Database& database,
           const Measurements& measurements, RuleIndex of_resolver)
      : steering_(steering),
        database_(database),
        measurements_(measurements),
        of_resolver_(of_resolver),
        place_rules_(steering.rules),
        default_(steering.preference, coordinates),
        by_rule_(rankers_of(steering.rules, coordinates)),
        rankings_(rankings_from(of_resolver)) {}

  std::shared_ptr<RankingMap> compile() {
    if (steering_.rules.empty() && !default_.depends_on_place())
      return std::make_shared<RankingMap>(std::move(rankings_));
    auto networks = depends_on_latency() ? rank_all(locate()) : rank_all(database_.map);
    if (rankings_.size() == 1) return std::make_shared<RankingMap>(std::move(rankings_));
    auto map = std::make_shared<RankingMap>(std::move(rankings_), networks);
    if (depends_on_latency()) map->remember(std::move(networks));
    return map;
  }

 private:
  struct RuleRanker {
    Ranker ranker;
    std::optional<RankingId> wherever;  // of its clients, if they are all ranked alike: millions of networks may ask
  };

  static std::vector<RuleRanker> rankers_of(std::span<const Rule> rules,
                                            std::span<const geo::Coordinates> coordinates) {
    std::vector<RuleRanker> rankers;
    rankers.reserve(rules.size());
    for (const Rule& rule : rules)
      rankers.push_back({Ranker(rule.preference, coordinates), std::nullopt});
    return rankers;
  }

  // Those with what clients get of whom nothing is known.
  [[nodiscard]] Rankings rankings_from(RuleIndex rule) const {
    if (rule == kNoRule) return Rankings(default_.rank());
    const Action action = steering_.rules[rule].action;
    return Rankings(action == Action::steer ? by_rule_[rule].ranker.rank() : Ranking{}, action, rule);
  }

  // By LocationId: the rule that its place matches, and the ranking of a client there whose network no rule names.
  struct Place {
    RuleIndex rule;
    RankingId ranking;  // kPerNetwork: another for each network
  };
  static constexpr RankingId kPerNetwork = std::numeric_limits<RankingId>::max();

  [[nodiscard]] bool depends_on_latency() const noexcept {
    return default_.depends_on_latency() ||
           std::ranges::any_of(by_rule_, &Ranker::depends_on_latency, &RuleRanker::ranker);
  }

  geo::AddressMap<Where> locate() {
    static const geo::AddressMap<LatencyCell> kNothingMeasured;
    static const geo::AddressMap<RankingId> kNothingRemembered;
    const RankingMap* before = measurements_.before;
    const auto& cells = measurements_.latencies != nullptr ? measurements_.latencies->networks() : kNothingMeasured;
    const auto& remembered =
        before != nullptr && before->remembered() != nullptr ? *before->remembered() : kNothingRemembered;
    const auto located = geo::overlay(database_.map, cells, [](geo::LocationId location, LatencyCell cell) {
      return Where{location, cell, 0};
    });
    return geo::overlay(located, remembered, [](const Where& where, RankingId id) {
      return Where{where.location, where.cell, id};
    });
  }

  // `everywhere` is a map to LocationId or to Where.
  template <typename Everywhere>
  geo::AddressMap<RankingId> rank_all(const geo::AddressMap<Everywhere>& everywhere) {
    const std::vector<Place> places = rank_places();
    const auto rank_in = [&](const Everywhere& at, std::uint16_t network_rule) {
      const Where where{at};
      const Place& place = places[where.location];
      const bool is_by_place = network_rule == 0 || place.rule < network_rule;
      if (is_by_place && place.ranking != kPerNetwork) return place.ranking;
      return rank(where, is_by_place ? place.rule : static_cast<RuleIndex>(network_rule - 1));
    };
    if (steering_.rules.empty()) return everywhere.transform([&](const Everywhere& at) { return rank_in(at, 0); });
    return geo::overlay(everywhere, map_of_clients(steering_), rank_in);
  }

  std::vector<Place> rank_places() {
    std::vector<Place> places(database_.locations.size());
    for (geo::LocationId id = 0; id < places.size(); ++id) {
      RuleIndex rule = of_resolver_;
      if (!steering_.rules.empty()) rule = std::min(rule, place_rules_.find(database_.locations.get(id)));
      const bool is_per_network = action_of(rule) == Action::steer && ranker_of(rule).depends_on_latency();
      places[id] = {rule, is_per_network ? kPerNetwork : rank({id}, rule)};
    }
    return places;
  }

  [[nodiscard]] Action action_of(RuleIndex rule) const {
    return rule == kNoRule ? Action::steer : steering_.rules[rule].action;
  }
  [[nodiscard]] const Preference& preference_of(RuleIndex rule) const {
    return rule == kNoRule ? steering_.preference : steering_.rules[rule].preference;
  }
  [[nodiscard]] const Ranker& ranker_of(RuleIndex rule) const {
    return rule == kNoRule ? default_ : by_rule_[rule].ranker;
  }

  RankingId rank(const Where& where, RuleIndex rule) {
    const Action action = action_of(rule);
    if (action == Action::steer && (rule == kNoRule || ranker_of(rule).depends_on_place()))
      return rankings_.intern(rank(where, ranker_of(rule), preference_of(rule)), action, rule);
    auto& wherever = by_rule_[rule].wherever;
    if (!wherever)
      wherever = rankings_.intern(action == Action::steer ? ranker_of(rule).rank() : Ranking{}, action, rule);
    return *wherever;
  }

  Ranking rank(const Where& where, const Ranker& ranker, const Preference& preference) {
    std::optional<geo::UnitVector> place;
    if (const auto coordinates = database_.locations.coordinates(where.location))
      place = geo::unit_vector(*coordinates);
    if (!ranker.depends_on_latency()) return place ? ranker.rank(*place) : ranker.rank();
    return ranker.rank(Vantage{place, rtts_from(where, preference), best_before(where.before)});
  }

  std::span<const float> rtts_from(const Where& where, const Preference& preference) {
    rtts_ms_.assign(preference.regions.size(), 0);
    if (measurements_.latencies == nullptr) return rtts_ms_;
    const geo::Location location = database_.locations.get(where.location);
    for (std::size_t i = 0; i < rtts_ms_.size(); ++i) {
      const RegionIndex region = measurements_.regions[preference.regions[i]];
      rtts_ms_[i] = measurements_.latencies->find(where.cell, location, region).rtt_ms;
    }
    return rtts_ms_;
  }

  // The first tier.
  [[nodiscard]] std::span<const RegionIndex> best_before(RankingId id) const {
    if (measurements_.before == nullptr) return {};
    const Ranked ranked = measurements_.before->rankings()[id];
    const auto end = std::ranges::upper_bound(ranked.tiers, std::uint8_t{0});
    return ranked.regions.first(static_cast<std::size_t>(end - ranked.tiers.begin()));
  }

  const Steering& steering_;
  const geo::Database& database_;
  const Measurements measurements_;
  RuleIndex of_resolver_;
  PlaceRules place_rules_;
  Ranker default_;
  std::vector<RuleRanker> by_rule_;
  Rankings rankings_;
  std::vector<float> rtts_ms_;  // of one ranking in the making
};

// The map for the resolvers that this rule is the first for; null when there is none. It has the rule for unknown
// clients.
const RankingMap* find_of_resolver(const RankingMap* map, RuleIndex rule) {
  if (map == nullptr) return nullptr;
  const auto maps = map->maps_of_resolvers();
  const auto found = std::ranges::find_if(maps, [&](const auto& of) { return of->rankings()[0].rule == rule; });
  return found == maps.end() ? nullptr : found->get();
}

}  // namespace

std::shared_ptr<const RankingMap> compile_rankings(const Steering& steering,
                                                   std::span<const geo::Coordinates> coordinates,
                                                   const geo::Database& database, const Measurements& measurements) {
  auto map = Compiler(steering, coordinates, database, measurements, kNoRule).compile();
  std::unordered_map<std::uint16_t, std::uint32_t> numbers;  // of the maps by their rule
  std::vector<std::shared_ptr<const RankingMap>> maps;
  const auto number_of = [&](std::uint16_t rule) -> std::uint32_t {
    if (rule == 0) return 0;
    const auto [known, is_new] = numbers.try_emplace(rule, static_cast<std::uint32_t>(maps.size() + 1));
    if (is_new) {
      const auto index = static_cast<RuleIndex>(rule - 1);
      const Measurements of_resolver{measurements.latencies, measurements.regions,
                                     find_of_resolver(measurements.before, index)};
      maps.push_back(Compiler(steering, coordinates, database, of_resolver, index).compile());
    }
    return known->second;
  };
  const auto resolvers = map_of_resolvers(steering.rules, database).transform(number_of);
  if (!maps.empty()) map->distinguish(resolvers, std::move(maps));
  return map;
}

}  // namespace rhumb::steering

#include "steering/ranking_compiler.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

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

// The first rule that matches by network. A value of the map is one more than the rule, so that 0 is none.
using NetworkRules = geo::AddressMap<std::uint16_t>;

NetworkRules map_of_rules(std::span<const Rule> rules) {
  std::vector<geo::NetworkValue<std::uint16_t>> networks;
  for (std::size_t rule = 0; rule < rules.size(); ++rule) {
    for (const Network& network : rules[rule].networks)
      networks.push_back({network.address, network.prefix_bits, static_cast<std::uint16_t>(rule + 1)});
  }
  // Inside a network of an earlier rule a later one has no say, however specific.
  const auto first_of = [](std::uint16_t around, std::uint16_t inside) {
    return around != 0 && around < inside ? around : inside;
  };
  return geo::map_of_networks<std::uint16_t>(networks, first_of);
}

class Compiler {
 public:
  Compiler(const Steering& steering, std::span<const geo::Coordinates> coordinates, const geo::Database& database)
      : steering_(steering),
        database_(database),
        place_rules_(steering.rules),
        default_(steering.preference, coordinates),
        rankings_(default_.rank()) {
    for (const Rule& rule : steering.rules)
      by_rule_.emplace_back(rule.preference, coordinates);
  }

  std::shared_ptr<const RankingMap> compile() {
    if (steering_.rules.empty() && !default_.depends_on_place())
      return std::make_shared<RankingMap>(std::move(rankings_));
    const auto by_place = rank_places();
    auto networks = overlay_rules(by_place);
    if (rankings_.size() == 1) return std::make_shared<RankingMap>(std::move(rankings_));
    return std::make_shared<RankingMap>(std::move(rankings_), networks);
  }

 private:
  // By LocationId: the rule that its place matches, and the ranking of a client there whose network no rule names.
  struct Place {
    RuleIndex rule;
    RankingId ranking;
  };

  std::vector<Place> rank_places() {
    std::vector<Place> places(database_.locations.size());
    for (geo::LocationId id = 0; id < places.size(); ++id) {
      places[id].rule = place_rules_.find(database_.locations.get(id));
      places[id].ranking = rank(id, places[id].rule);
    }
    return places;
  }

  geo::AddressMap<RankingId> overlay_rules(const std::vector<Place>& places) {
    const NetworkRules rules = map_of_rules(steering_.rules);
    const auto rank_in = [&](geo::LocationId location, std::uint16_t network_rule) {
      const Place& place = places[location];
      if (network_rule == 0 || place.rule < network_rule) return place.ranking;
      return rank(location, static_cast<RuleIndex>(network_rule - 1));
    };
    return geo::overlay(database_.map, rules, rank_in);
  }

  RankingId rank(geo::LocationId id, RuleIndex rule) {
    const Action action = rule == kNoRule ? Action::steer : steering_.rules[rule].action;
    if (action != Action::steer) return rankings_.intern({}, action, rule);
    const Ranker& ranker = rule == kNoRule ? default_ : by_rule_[rule];
    const geo::Location location = database_.locations.get(id);
    if (!location.has_coordinates || !ranker.depends_on_place()) return rankings_.intern(ranker.rank(), action, rule);
    return rankings_.intern(ranker.rank(geo::unit_vector({location.latitude, location.longitude})), action, rule);
  }

  const Steering& steering_;
  const geo::Database& database_;
  PlaceRules place_rules_;
  Ranker default_;
  std::vector<Ranker> by_rule_;
  Rankings rankings_;
};

}  // namespace

std::shared_ptr<const RankingMap> compile_rankings(const Steering& steering,
                                                   std::span<const geo::Coordinates> coordinates,
                                                   const geo::Database& database) {
  return Compiler(steering, coordinates, database).compile();
}

}  // namespace rhumb::steering

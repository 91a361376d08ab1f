#include "steering/rule_map.hpp"

#include <unordered_map>
#include <vector>

namespace rhumb::steering {
namespace {

// The earlier one of two values of a RuleMap.
std::uint16_t first_of(std::uint16_t a, std::uint16_t b) noexcept {
  return a == 0 || (b != 0 && b < a) ? b : a;
}

std::uint16_t value_of(RuleIndex rule) noexcept {
  return static_cast<std::uint16_t>(rule + 1);
}

// Inside a network of an earlier rule a later one has no say, however specific.
RuleMap map_of_networks(std::span<const Rule> rules, std::vector<Network> Rule::*of_rule) {
  std::vector<geo::NetworkValue<std::uint16_t>> networks;
  for (std::size_t rule = 0; rule < rules.size(); ++rule) {
    for (const Network& network : rules[rule].*of_rule)
      networks.push_back({network.address, network.prefix_bits, value_of(static_cast<RuleIndex>(rule))});
  }
  return geo::map_of_networks<std::uint16_t>(networks, first_of);
}

}  // namespace

RuleMap map_of_clients(const Steering& steering) {
  RuleMap result = map_of_networks(steering.rules, &Rule::networks);
  for (const RuleTable& table : steering.tables) {
    const auto with_table = [&](std::uint16_t rule, std::uint16_t of_table) {
      if (of_table == 0 || table.rules[of_table - 1U] == kNoRule) return rule;
      return first_of(rule, value_of(table.rules[of_table - 1U]));
    };
    result = geo::overlay(result, *table.networks, with_table);
  }
  return result;
}

RuleMap map_of_resolvers(std::span<const Rule> rules, const geo::Database& database) {
  RuleMap by_network = map_of_networks(rules, &Rule::resolver_networks);
  std::unordered_map<std::uint32_t, std::uint16_t> by_asn;
  for (std::size_t rule = 0; rule < rules.size(); ++rule) {
    for (const std::uint32_t asn : rules[rule].resolver_asns)
      by_asn.try_emplace(asn, value_of(static_cast<RuleIndex>(rule)));
  }
  if (by_asn.empty()) return by_network;
  std::vector<std::uint16_t> by_location(database.locations.size());
  for (geo::LocationId id = 0; id < by_location.size(); ++id) {
    const auto found = by_asn.find(database.locations.get(id).asn);
    if (found != by_asn.end()) by_location[id] = found->second;
  }
  return geo::overlay(database.map, by_network, [&](geo::LocationId location, std::uint16_t of_network) {
    return first_of(by_location[location], of_network);
  });
}

}  // namespace rhumb::steering

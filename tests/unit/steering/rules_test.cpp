#include <algorithm>
#include <optional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steering/ranking_compiler.hpp"

namespace rhumb::steering {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::array kRuleRegions{geo::Coordinates{39.04, -77.49}, geo::Coordinates{53.35, -6.26},
                                  geo::Coordinates{1.35, 103.82}};

Network network(std::string_view text) {
  const std::size_t slash = text.find('/');
  return {*IpAddress::parse(text.substr(0, slash)),
          static_cast<std::uint8_t>(std::stoi(std::string(text.substr(slash + 1))))};
}

// A rule that sends to these regions.
Rule rule_to(std::vector<RegionIndex> regions) {
  Rule rule;
  rule.preference.order = Order::listed;
  rule.preference.regions = std::move(regions);
  return rule;
}

Steering steering_with(std::vector<Rule> rules) {
  Steering steering;
  steering.preference.regions = {0, 1, 2};
  steering.rules = std::move(rules);
  return steering;
}

geo::LocationId add(geo::Database& database, std::string_view continent, std::string_view country,
                    std::string_view subdivision, std::uint32_t asn, double latitude, double longitude) {
  geo::Location location;
  location.continent = continent;
  location.country = country;
  location.subdivision = subdivision;
  location.asn = asn;
  location.has_coordinates = true;
  location.latitude = static_cast<float>(latitude);
  location.longitude = static_cast<float>(longitude);
  return database.locations.intern(location);
}

// 10/8 London, AS 64500; 11/8 Paris, AS 64501; 12/8 San Jose, California; 13/8 Tokyo.
geo::Database small_database() {
  geo::Database database;
  auto& v4 = database.map.v4();
  v4.append(0x0A000000, add(database, "EU", "GB", "ENG", 64'500, 51.51, -0.13));
  v4.append(0x0B000000, add(database, "EU", "FR", "IDF", 64'501, 48.86, 2.35));
  v4.append(0x0C000000, add(database, "NA", "US", "CA", 0, 37.34, -121.89));
  v4.append(0x0D000000, add(database, "AS", "JP", "13", 0, 35.68, 139.69));
  v4.append(0x0E000000, geo::kUnknownLocation);
  return database;
}

Ranked find(const Steering& steering, std::string_view client) {
  // Outlives what it gives, test by test.
  static std::shared_ptr<const RankingMap> map;
  map = compile_rankings(steering, kRuleRegions, small_database());
  return map->find(*IpAddress::parse(client));
}

TEST(Rules, MatchByEachOfTheirConditions) {
  Rule by_network = rule_to({2});
  by_network.networks = {network("10.1.0.0/16"), network("2001:db8::/32")};
  Rule by_asn = rule_to({2, 0});
  by_asn.asns = {64'501};
  Rule by_country = rule_to({0, 2});
  by_country.countries = {"JP"};
  Rule by_subdivision = rule_to({1, 2});
  by_subdivision.subdivisions = {"US-CA"};
  Rule by_continent = rule_to({1, 0});
  by_continent.continents = {"EU"};
  const Steering steering = steering_with({by_network, by_asn, by_country, by_subdivision, by_continent});

  EXPECT_THAT(find(steering, "10.1.2.3").regions, ElementsAre(2));
  EXPECT_EQ(find(steering, "10.1.2.3").rule, 0);
  EXPECT_EQ(find(steering, "10.1.2.3").scope_bits, 16);
  EXPECT_THAT(find(steering, "2001:db8::1").regions, ElementsAre(2));
  EXPECT_THAT(find(steering, "11.1.2.3").regions, ElementsAre(2, 0));
  EXPECT_THAT(find(steering, "13.1.2.3").regions, ElementsAre(0, 2));
  EXPECT_THAT(find(steering, "12.1.2.3").regions, ElementsAre(1, 2));
  EXPECT_THAT(find(steering, "10.2.2.3").regions, ElementsAre(1, 0));
  EXPECT_EQ(find(steering, "10.2.2.3").rule, 4);
  EXPECT_THAT(find(steering, "200.0.0.1").regions, ElementsAre(0, 1, 2));
  EXPECT_EQ(find(steering, "200.0.0.1").rule, kNoRule);
}

TEST(Rules, TheFirstThatMatchesWinsHoweverSpecificTheOthersAre) {
  Rule wide = rule_to({0});
  wide.networks = {network("10.0.0.0/8")};
  Rule narrow = rule_to({1});
  narrow.networks = {network("10.1.0.0/16")};
  Rule country = rule_to({2});
  country.countries = {"GB"};
  EXPECT_EQ(find(steering_with({wide, narrow, country}), "10.1.2.3").rule, 0);
  EXPECT_EQ(find(steering_with({narrow, wide, country}), "10.1.2.3").rule, 0);
  EXPECT_EQ(find(steering_with({narrow, wide, country}), "10.2.2.3").rule, 1);
  EXPECT_EQ(find(steering_with({country, narrow, wide}), "10.1.2.3").rule, 0);
  EXPECT_EQ(find(steering_with({narrow, country, wide}), "10.2.2.3").rule, 1);
}

Ranked find(const Steering& steering, std::string_view client, std::string_view resolver) {
  static std::shared_ptr<const RankingMap> map;
  map = compile_rankings(steering, kRuleRegions, small_database());
  return map->find(*IpAddress::parse(client), *IpAddress::parse(resolver));
}

TEST(Rules, MatchByTheResolverWhoeverTheClientIs) {
  Rule by_network = rule_to({2});
  by_network.resolver_networks = {network("198.51.100.0/24"), network("2001:db8::/32")};
  Rule by_asn = rule_to({0, 2});
  by_asn.resolver_asns = {64'501};
  const Steering steering = steering_with({by_network, by_asn});
  EXPECT_THAT(find(steering, "10.1.2.3", "198.51.100.53").regions, ElementsAre(2));
  EXPECT_EQ(find(steering, "10.1.2.3", "198.51.100.53").rule, 0);
  EXPECT_EQ(find(steering, "10.1.2.3", "198.51.100.53").scope_bits, 0) << "for all clients of this resolver";
  EXPECT_THAT(find(steering, "13.1.2.3", "2001:db8::53").regions, ElementsAre(2));
  EXPECT_THAT(find(steering, "13.1.2.3", "11.0.0.53").regions, ElementsAre(0, 2));
  EXPECT_EQ(find(steering, "10.1.2.3", "10.0.0.53").rule, kNoRule);
  EXPECT_EQ(find(steering, "11.1.2.3", "10.0.0.53").rule, kNoRule) << "the resolver's AS counts, not the client's";
}

TEST(Rules, MatchResolversInsideIpv6AsIpv4) {
  Rule rule = rule_to({2});
  rule.resolver_networks = {network("198.51.100.0/24")};
  rule.resolver_asns = {64'500};
  const Steering steering = steering_with({rule});
  EXPECT_EQ(find(steering, "13.1.2.3", "::ffff:198.51.100.53").rule, 0);
  EXPECT_EQ(find(steering, "13.1.2.3", "64:ff9b::198.51.100.53").rule, 0);
  EXPECT_EQ(find(steering, "13.1.2.3", "64:ff9b::10.0.0.53").rule, 0);
  EXPECT_EQ(find(steering, "13.1.2.3", "64:ff9b::11.0.0.53").rule, kNoRule);
}

TEST(Rules, ThatAResolverMatchesLeaveEarlierOnesToTheClients) {
  Rule before = rule_to({0});
  before.countries = {"GB"};
  Rule of_resolver = rule_to({1});
  of_resolver.resolver_networks = {network("198.51.100.0/24")};
  Rule after = rule_to({2});
  after.countries = {"FR"};
  const Steering steering = steering_with({before, of_resolver, after});
  EXPECT_EQ(find(steering, "10.1.2.3", "198.51.100.53").rule, 0);
  EXPECT_EQ(find(steering, "10.1.2.3", "198.51.100.53").scope_bits, 8);
  EXPECT_EQ(find(steering, "11.1.2.3", "198.51.100.53").rule, 1);
  EXPECT_EQ(find(steering, "11.1.2.3", "192.0.2.53").rule, 2);
}

TEST(Rules, MatchByTheClientOrTheResolver) {
  Rule rule = rule_to({2});
  rule.countries = {"JP"};
  rule.resolver_networks = {network("198.51.100.0/24")};
  const Steering steering = steering_with({rule});
  EXPECT_EQ(find(steering, "13.1.2.3", "192.0.2.53").rule, 0);
  EXPECT_EQ(find(steering, "10.1.2.3", "198.51.100.53").rule, 0);
  EXPECT_EQ(find(steering, "10.1.2.3", "192.0.2.53").rule, kNoRule);
}

TEST(Rules, OnResolversMayKeepClientsOut) {
  Rule rule;
  rule.action = Action::refuse;
  rule.resolver_networks = {network("198.51.100.0/24")};
  Steering steering = steering_with({rule});
  steering.preference.order = Order::listed;
  EXPECT_EQ(find(steering, "13.1.2.3", "198.51.100.53").action, Action::refuse);
  EXPECT_EQ(find(steering, "13.1.2.3", "192.0.2.53").action, Action::steer);
}

TEST(Rules, ThatAskForNoResolverCostNoMap) {
  Rule rule = rule_to({2});
  rule.countries = {"JP"};
  EXPECT_THAT(compile_rankings(steering_with({rule}), kRuleRegions, small_database())->maps_of_resolvers(), IsEmpty());
}

TEST(Rules, CostOneMapForEachThatIsAResolversFirst) {
  Rule first = rule_to({2});
  first.resolver_networks = {network("198.51.100.0/24"), network("192.0.2.0/24")};
  Rule hidden = rule_to({1});
  hidden.resolver_networks = {network("198.51.100.0/25")};
  Rule last = rule_to({0});
  last.resolver_networks = {network("0.0.0.0/0")};
  const auto map = compile_rankings(steering_with({first, hidden, last}), kRuleRegions, small_database());
  EXPECT_EQ(map->maps_of_resolvers().size(), 2U);
}

TEST(Rules, CanKeepOutOrSteerInTheirOwnWay) {
  Rule nodata;
  nodata.action = Action::nodata;
  nodata.countries = {"FR"};
  Rule refuse;
  refuse.action = Action::refuse;
  refuse.countries = {"JP"};
  Rule own;
  own.countries = {"GB"};
  own.preference.regions = {2, 0};
  own.preference.regions_max = 1;
  const Steering steering = steering_with({nodata, refuse, own});
  EXPECT_EQ(find(steering, "11.1.2.3").action, Action::nodata);
  EXPECT_THAT(find(steering, "11.1.2.3").regions, IsEmpty());
  EXPECT_EQ(find(steering, "13.1.2.3").action, Action::refuse);
  EXPECT_THAT(find(steering, "10.1.2.3").regions, ElementsAre(0)) << "the nearer of the rule's two, and no more";
  EXPECT_EQ(find(steering, "12.1.2.3").action, Action::steer);
}

TEST(Rules, ApplyToOrdersThatAskForNoPlaceToo) {
  Rule rule = rule_to({2});
  rule.countries = {"FR"};
  Steering steering = steering_with({rule});
  steering.preference.order = Order::listed;
  EXPECT_THAT(find(steering, "11.1.2.3").regions, ElementsAre(2));
  EXPECT_THAT(find(steering, "10.1.2.3").regions, ElementsAre(0, 1, 2));
  EXPECT_EQ(find(steering, "11.1.2.3").scope_bits, 8);
}

TEST(Rules, MatchByTheNetworksOfAFileAtTheFilesPlace) {
  const std::vector<geo::NetworkValue<std::uint16_t>> networks{{*IpAddress::parse("10.1.0.0"), 16, 1},
                                                               {*IpAddress::parse("10.2.0.0"), 16, 2}};
  RuleTable table{std::make_shared<RuleMap>(geo::map_of_networks<std::uint16_t>(networks)), {1, kNoRule}};
  Rule before = rule_to({0});
  before.networks = {network("10.1.1.0/24")};
  Rule after = rule_to({1});
  after.countries = {"GB"};
  Steering steering = steering_with({before, rule_to({2}), after});
  steering.tables = {table};
  EXPECT_EQ(find(steering, "10.1.1.1").rule, 0);
  EXPECT_EQ(find(steering, "10.1.2.1").rule, 1);
  EXPECT_THAT(find(steering, "10.1.2.1").regions, ElementsAre(2));
  EXPECT_EQ(find(steering, "10.2.2.1").rule, 2) << "that line does not apply to this service";
}

bool is_in(IpAddress address, const Network& network) {
  return address.family == network.address.family && network_of(address, network.prefix_bits) == network.address;
}

bool is_in_table(IpAddress address, const RuleTable& table, RuleIndex rule) {
  const std::uint16_t found = table.networks->find(address);
  return found != 0 && table.rules[found - 1U] == rule;
}

// Whom the rules are asked about.
struct Asker {
  IpAddress address;
  geo::Location location;
};

// The rule's text, word for word, for one client behind one resolver.
RuleIndex first_match(const Steering& steering, const Asker& client, const Asker& resolver) {
  const IpAddress address = client.address;
  const geo::Location& location = client.location;
  for (RuleIndex i = 0; i < steering.rules.size(); ++i) {
    const Rule& rule = steering.rules[i];
    const auto holds_resolver = [&](const Network& network) { return is_in(resolver.address, network); };
    if (std::ranges::any_of(rule.resolver_networks, holds_resolver)) return i;
    if (std::ranges::find(rule.resolver_asns, resolver.location.asn) != rule.resolver_asns.end()) return i;
    const auto holds_address = [&](const RuleTable& table) { return is_in_table(address, table, i); };
    if (std::ranges::any_of(steering.tables, holds_address)) return i;
    const auto has = [](const auto& list, const auto& value) { return std::ranges::find(list, value) != list.end(); };
    if (std::ranges::any_of(rule.networks, [&](const Network& network) { return is_in(address, network); })) return i;
    if (has(rule.asns, location.asn) || has(rule.countries, std::string(location.country)) ||
        has(rule.continents, std::string(location.continent)) ||
        has(rule.subdivisions, std::string(location.country) + "-" + std::string(location.subdivision))) {
      return i;
    }
  }
  return kNoRule;
}

std::vector<Rule> random_rules(std::mt19937& random) {
  const auto below = [&](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  std::vector<Rule> rules;
  for (std::uint32_t i = 1 + below(5); i > 0; --i) {
    Rule rule = rule_to({static_cast<RegionIndex>(below(3))});
    if (below(4) == 0) rule.action = below(2) == 0 ? Action::nodata : Action::refuse;
    for (std::uint32_t n = below(4); n > 0; --n) {
      const int bits = 6 + static_cast<int>(below(20));
      const IpAddress address = IpAddress::v4((9 + below(6)) << 24 | below(1U << 24));
      rule.networks.push_back({network_of(address, bits), static_cast<std::uint8_t>(bits)});
    }
    if (below(3) == 0) rule.networks.push_back({IpAddress{U128{0x2001'0DB8} << 96, Family::v6}, 32});
    if (below(3) == 0) rule.asns.push_back(64'500 + below(2));
    if (below(3) == 0) rule.countries.emplace_back(below(2) == 0 ? "GB" : "JP");
    if (below(4) == 0) rule.subdivisions.emplace_back("US-CA");
    if (below(4) == 0) rule.continents.emplace_back("EU");
    if (below(3) == 0) rule.resolver_asns.push_back(64'500 + below(2));
    for (std::uint32_t n = below(3); n > 0 && below(2) == 0; --n)
      rule.resolver_networks.push_back(Network{IpAddress::v4((9 + below(6)) << 24), 7}.masked());
    rules.push_back(std::move(rule));
  }
  return rules;
}

// Of networks that lead to some of these rules, or to none that applies.
RuleTable random_table(std::size_t rule_count, std::mt19937& random) {
  RuleTable table;
  for (std::size_t rule = 0; rule < rule_count; ++rule)
    table.rules.push_back(random() % 3 == 0 ? kNoRule : static_cast<RuleIndex>(rule));
  std::vector<geo::NetworkValue<std::uint16_t>> networks;
  for (auto n = random() % 6; n > 0; --n) {
    const IpAddress address =
        IpAddress::v4(static_cast<std::uint32_t>((9 + random() % 6) << 24 | random() % (1U << 24)));
    const auto rule = static_cast<std::uint16_t>(1 + random() % rule_count);
    networks.push_back({address, 6 + static_cast<int>(random() % 20), rule});
  }
  table.networks = std::make_shared<RuleMap>(geo::map_of_networks<std::uint16_t>(networks));
  return table;
}

// The first and the last address of the scope around `address`, and one between.
std::array<IpAddress, 3> samples_of_scope(IpAddress address, int scope_bits, std::mt19937& random) {
  const std::uint32_t host_mask = scope_bits == 32 ? 0 : 0xFFFFFFFFU >> scope_bits;
  const std::uint32_t first = address.as_v4() & ~host_mask;
  return {IpAddress::v4(first), IpAddress::v4(first | host_mask),
          IpAddress::v4(first | (static_cast<std::uint32_t>(random()) & host_mask))};
}

IpAddress random_address(std::mt19937& random) {
  return IpAddress::v4(static_cast<std::uint32_t>((9 + random() % 6) << 24 | random() % (1U << 24)));
}

// RFC 7871 §7.2.1: an answer is good for all of its scope, to the resolver that asked.
TEST(Rules, AreFoundForEveryAddressAndItsScopeHasOneRanking) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    const geo::Database database = small_database();
    Steering steering = steering_with(random_rules(random));
    for (auto tables = random() % 3; tables > 0; --tables)
      steering.tables.push_back(random_table(steering.rules.size(), random));
    const auto map = compile_rankings(steering, kRuleRegions, database);
    const auto asker = [&](IpAddress address) {
      return Asker{address, database.locations.get(database.find(address))};
    };
    for (int sample = 0; sample < 200; ++sample) {
      const IpAddress address = random_address(random);
      const IpAddress resolver = random_address(random);
      const Ranked ranked = map->find(address, resolver);
      ASSERT_EQ(ranked.rule, first_match(steering, asker(address), asker(resolver)))
          << address.to_string() << " behind " << resolver.to_string();
      for (const IpAddress other : samples_of_scope(address, ranked.scope_bits, random)) {
        const Ranked same = map->find(other, resolver);
        ASSERT_EQ(same.rule, ranked.rule) << other.to_string();
        ASSERT_TRUE(std::ranges::equal(same.regions, ranked.regions)) << other.to_string();
        ASSERT_EQ(same.scope_bits, ranked.scope_bits) << other.to_string();
      }
      const Ranked alone = map->find(address);
      ASSERT_EQ(alone.rule, first_match(steering, asker(address), asker(address))) << address.to_string();
      for (const IpAddress other : samples_of_scope(address, alone.scope_bits, random))
        ASSERT_EQ(map->find(other).rule, alone.rule) << other.to_string();
    }
  }
}

}  // namespace
}  // namespace rhumb::steering

#include "steering/ranking.hpp"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geo/distance.hpp"
#include "steering/ranking_compiler.hpp"

namespace rhumb::steering {
namespace {

using testing::ElementsAre;

constexpr geo::Coordinates kVirginia{39.04, -77.49};
constexpr geo::Coordinates kDublin{53.35, -6.26};
constexpr geo::Coordinates kSingapore{1.35, 103.82};
constexpr std::array kThree{kVirginia, kDublin, kSingapore};

geo::LocationId add_place(geo::Database& database, std::string_view city, double latitude, double longitude) {
  geo::Location location;
  location.city = city;
  location.has_coordinates = true;
  location.latitude = static_cast<float>(latitude);
  location.longitude = static_cast<float>(longitude);
  return database.locations.intern(location);
}

// 10.0.0.0/8 London, 11.0.0.0/8 Paris, 12.0.0.0/8 Tokyo, 13.0.0.0/8 a place without coordinates.
geo::Database small_database() {
  geo::Database database;
  auto& v4 = database.map.v4();
  v4.append(0x0A000000, add_place(database, "London", 51.51, -0.13));
  v4.append(0x0B000000, add_place(database, "Paris", 48.86, 2.35));
  v4.append(0x0C000000, add_place(database, "Tokyo", 35.68, 139.69));
  geo::Location somewhere;
  somewhere.country = "ZZ";
  v4.append(0x0D000000, database.locations.intern(somewhere));
  v4.append(0x0E000000, geo::kUnknownLocation);
  return database;
}

// Every region, as listed, with this order.
std::shared_ptr<const RankingMap> compile(const geo::Database& database, std::span<const geo::Coordinates> regions,
                                          Steering steering = {}) {
  if (steering.preference.regions.empty()) {
    for (std::size_t region = 0; region < regions.size(); ++region)
      steering.preference.regions.push_back(static_cast<RegionIndex>(region));
  }
  return compile_rankings(steering, regions, database);
}

Ranked find(const RankingMap& map, std::string_view client) {
  return map.find(*IpAddress::parse(client));
}

TEST(Rankings, EqualOnesHaveOneNumberAndZeroIsThatOfTheUnknown) {
  Rankings rankings(3);
  EXPECT_THAT(rankings[0].regions, ElementsAre(0, 1, 2));
  EXPECT_THAT(rankings[0].tiers, ElementsAre(0, 1, 2));
  const Ranking other{{2, 0}, {0, 0}};
  EXPECT_EQ(rankings.intern(other), 1U);
  EXPECT_EQ(rankings.intern(other), 1U);
  EXPECT_EQ(rankings.intern({{0, 1, 2}, {0, 1, 2}}), 0U);
  EXPECT_THAT(rankings[1].regions, ElementsAre(2, 0));
  EXPECT_THAT(rankings[1].tiers, ElementsAre(0, 0));
  // Other tiers, another rule and another action make another ranking.
  EXPECT_EQ(rankings.intern({{2, 0}, {0, 1}}), 2U);
  EXPECT_EQ(rankings.intern(other, Action::steer, 0), 3U);
  EXPECT_EQ(rankings.intern({}, Action::refuse, 0), 4U);
  EXPECT_EQ(rankings.intern({}, Action::nodata, 0), 5U);
  EXPECT_EQ(rankings[4].action, Action::refuse);
  EXPECT_EQ(rankings[3].rule, 0);
}

TEST(RankNearest, OrdersByDistance) {
  const auto map = compile(small_database(), kThree);
  EXPECT_THAT(find(*map, "10.1.2.3").regions, ElementsAre(1, 0, 2));
  EXPECT_THAT(find(*map, "12.1.2.3").regions, ElementsAre(2, 1, 0));
}

TEST(RankNearest, NeighboursWithOneRankingAreOneRange) {
  const auto map = compile(small_database(), kThree);
  // London and Paris rank alike, and 10/8 and 11/8 are the two halves of 10/7.
  EXPECT_EQ(find(*map, "10.1.2.3").scope_bits, 7);
  EXPECT_EQ(find(*map, "11.1.2.3").scope_bits, 7);
  EXPECT_EQ(find(*map, "12.1.2.3").scope_bits, 8);
}

TEST(RankNearest, AClientWithoutAPlaceGetsTheConfiguredOrder) {
  const auto map = compile(small_database(), kThree);
  EXPECT_THAT(find(*map, "13.1.2.3").regions, ElementsAre(0, 1, 2));
  EXPECT_THAT(find(*map, "200.0.0.1").regions, ElementsAre(0, 1, 2));
  EXPECT_THAT(find(*map, "2001:db8::1").regions, ElementsAre(0, 1, 2));
}

TEST(RankNearest, EquallyFarRegionsKeepTheirOrder) {
  const std::array twins{kSingapore, kDublin, kDublin, kSingapore};
  const auto map = compile(small_database(), twins);
  EXPECT_THAT(find(*map, "10.1.2.3").regions, ElementsAre(1, 2, 0, 3));
  EXPECT_THAT(find(*map, "12.1.2.3").regions, ElementsAre(0, 3, 1, 2));
}

TEST(RankNearest, AgreesWithSortingByKilometres) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> latitude(-90, 90);
  std::uniform_real_distribution<double> longitude(-180, 180);
  std::vector<geo::Coordinates> regions;
  for (int i = 0; i < 12; ++i)
    regions.push_back({latitude(random), longitude(random)});
  geo::Database database;
  for (std::uint32_t i = 0; i < 500; ++i) {
    database.map.v4().append(i << 8, add_place(database, std::to_string(i), latitude(random), longitude(random)));
  }
  const auto map = compile(database, regions);
  for (std::uint32_t i = 0; i < 500; ++i) {
    const geo::Location place = database.locations.get(database.map.find(IpAddress::v4(i << 8)));
    const auto km = [&](RegionIndex region) {
      return geo::distance_km(geo::Coordinates{place.latitude, place.longitude}, regions[region]);
    };
    const auto ranked = map->find(IpAddress::v4(i << 8)).regions;
    EXPECT_TRUE(std::ranges::is_sorted(ranked, {}, km)) << i;
  }
}

TEST(RankListed, IsTheSameForEverybodyWithScopeZero) {
  Steering steering;
  steering.preference.order = Order::listed;
  const auto map = compile(small_database(), kThree, steering);
  for (const char* client : {"10.1.2.3", "2001:db8::1", "::ffff:10.1.2.3"}) {
    EXPECT_THAT(find(*map, client).regions, ElementsAre(0, 1, 2));
    EXPECT_EQ(find(*map, client).scope_bits, 0);
  }
}

TEST(RankEqual, PutsAllIntoOneTierForEverybody) {
  Steering steering;
  steering.preference.order = Order::equal;
  const auto map = compile(small_database(), kThree, steering);
  EXPECT_THAT(find(*map, "12.1.2.3").tiers, ElementsAre(0, 0, 0));
  EXPECT_EQ(find(*map, "12.1.2.3").scope_bits, 0);
}

TEST(RankNearest, RegionsWithinTheToleranceOfTheBestAreEqual) {
  // From London: Dublin 464 km, Virginia 5,930 km, Singapore 10,850 km.
  Steering steering;
  steering.preference.tolerance_km = 5'000;
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "10.1.2.3").tiers, ElementsAre(0, 1, 1));
  steering.preference.tolerance_km = 5'500;
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "10.1.2.3").tiers, ElementsAre(0, 0, 1));
  steering.preference.tolerance_km = 20'000;
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "10.1.2.3").tiers, ElementsAre(0, 0, 0));
}

TEST(RankNearest, BiasIsAFactorOnTheDistance) {
  // 0.08 of 5,930 km is 474 km, 0.07 of it 415 km: just farther than Dublin, and just nearer.
  Steering steering;
  steering.preference.biases = {92, 0, 0};
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "10.1.2.3").regions, ElementsAre(1, 0, 2));
  steering.preference.biases = {93, 0, 0};
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "10.1.2.3").regions, ElementsAre(0, 1, 2));
  // 464 km / 0.08 is 5,800 km, / 0.07 is 6,629 km.
  steering.preference.biases = {0, -92, 0};
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "10.1.2.3").regions, ElementsAre(1, 0, 2));
  steering.preference.biases = {0, -93, 0};
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "10.1.2.3").regions, ElementsAre(0, 1, 2));
}

TEST(RankNearest, OnlyTheListedRegionsAndNoMoreThanTheMostAreUsed) {
  Steering steering;
  steering.preference.regions = {2, 0};
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "10.1.2.3").regions, ElementsAre(0, 2));
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "200.0.0.1").regions, ElementsAre(2, 0));
  steering.preference.regions_max = 1;
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "10.1.2.3").regions, ElementsAre(0));
  EXPECT_THAT(find(*compile(small_database(), kThree, steering), "200.0.0.1").regions, ElementsAre(2));
}

}  // namespace
}  // namespace rhumb::steering

#include "steering/ranking.hpp"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geo/distance.hpp"

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

Ranked find(const RankingMap& map, std::string_view client) {
  return map.find(*IpAddress::parse(client));
}

TEST(Rankings, EqualOrdersHaveOneNumberAndZeroIsTheConfiguredOne) {
  Rankings rankings(3);
  EXPECT_THAT(rankings[0], ElementsAre(0, 1, 2));
  const RankingId other = rankings.intern(std::array<RegionIndex, 3>{2, 0, 1});
  EXPECT_EQ(other, 1U);
  EXPECT_EQ(rankings.intern(std::array<RegionIndex, 3>{2, 0, 1}), other);
  EXPECT_EQ(rankings.intern(std::array<RegionIndex, 3>{0, 1, 2}), 0U);
  EXPECT_THAT(rankings[other], ElementsAre(2, 0, 1));
}

TEST(RankNearest, OrdersByDistance) {
  const auto map = rank_nearest(small_database(), kThree);
  EXPECT_THAT(find(*map, "10.1.2.3").regions, ElementsAre(1, 0, 2));
  EXPECT_THAT(find(*map, "12.1.2.3").regions, ElementsAre(2, 1, 0));
}

TEST(RankNearest, NeighboursWithOneRankingAreOneRange) {
  const auto map = rank_nearest(small_database(), kThree);
  // London and Paris rank alike, and 10/8 and 11/8 are the two halves of 10/7.
  EXPECT_EQ(find(*map, "10.1.2.3").scope_bits, 7);
  EXPECT_EQ(find(*map, "11.1.2.3").scope_bits, 7);
  EXPECT_EQ(find(*map, "12.1.2.3").scope_bits, 8);
}

TEST(RankNearest, AClientWithoutAPlaceGetsTheConfiguredOrder) {
  const auto map = rank_nearest(small_database(), kThree);
  EXPECT_THAT(find(*map, "13.1.2.3").regions, ElementsAre(0, 1, 2));
  EXPECT_THAT(find(*map, "200.0.0.1").regions, ElementsAre(0, 1, 2));
  EXPECT_THAT(find(*map, "2001:db8::1").regions, ElementsAre(0, 1, 2));
}

TEST(RankNearest, EquallyFarRegionsKeepTheirOrder) {
  const std::array twins{kSingapore, kDublin, kDublin, kSingapore};
  const auto map = rank_nearest(small_database(), twins);
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
  const auto map = rank_nearest(database, regions);
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
  const auto map = rank_listed(3);
  for (const char* client : {"10.1.2.3", "2001:db8::1", "::ffff:10.1.2.3"}) {
    EXPECT_THAT(find(*map, client).regions, ElementsAre(0, 1, 2));
    EXPECT_EQ(find(*map, client).scope_bits, 0);
  }
}

}  // namespace
}  // namespace rhumb::steering

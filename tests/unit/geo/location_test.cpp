#include "geo/location.hpp"

#include <cmath>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "geo/country_centroids.hpp"

namespace rhumb::geo {
namespace {

Location london() {
  return {.continent = "EU",
          .country = "GB",
          .subdivision = "ENG",
          .city = "London",
          .has_coordinates = true,
          .latitude = 51.5F,
          .longitude = -0.12F,
          .asn = 20712,
          .country_source = 0,
          .coordinates_source = 1,
          .asn_source = 2};
}

TEST(Locations, StartWithTheUnknownOne) {
  Locations locations;
  EXPECT_EQ(locations.size(), 1U);
  EXPECT_EQ(locations.get(kUnknownLocation), Location{});
  EXPECT_EQ(locations.intern(Location{}), kUnknownLocation);
}

TEST(Locations, GiveBackWhatWasStored) {
  Locations locations;
  const LocationId id = locations.intern(london());
  EXPECT_EQ(locations.get(id), london());
}

TEST(Locations, StoreEqualOnesOnceAndTellAllFieldsApart) {
  Locations locations;
  const LocationId id = locations.intern(london());
  EXPECT_EQ(locations.intern(london()), id);
  const auto differs = [&](auto change) {
    Location other = london();
    change(other);
    return locations.intern(other) != id;
  };
  EXPECT_TRUE(differs([](Location& it) { it.continent = "NA"; }));
  EXPECT_TRUE(differs([](Location& it) { it.country = "CA"; }));
  EXPECT_TRUE(differs([](Location& it) { it.subdivision = "ON"; }));
  EXPECT_TRUE(differs([](Location& it) { it.city = "Londo"; }));
  EXPECT_TRUE(differs([](Location& it) { it.has_coordinates = false; }));
  EXPECT_TRUE(differs([](Location& it) { it.latitude = 51.6F; }));
  EXPECT_TRUE(differs([](Location& it) { it.longitude = 0.12F; }));
  EXPECT_TRUE(differs([](Location& it) { it.asn = 1; }));
  EXPECT_TRUE(differs([](Location& it) { it.country_source = 3; }));
  EXPECT_TRUE(differs([](Location& it) { it.coordinates_source = 3; }));
  EXPECT_TRUE(differs([](Location& it) { it.asn_source = 3; }));
}

TEST(Locations, AreNumberedWithoutGapsAndSurviveGrowthAndMoves) {
  Locations locations;
  for (std::uint32_t i = 1; i <= 20'000; ++i) {
    const std::string city = "city " + std::to_string(i);
    Location location;
    location.city = city;
    location.asn = i;
    ASSERT_EQ(locations.intern(location), i);
  }
  const Locations moved = std::move(locations);
  ASSERT_EQ(moved.size(), 20'001U);
  for (std::uint32_t i = 1; i <= 20'000; ++i) {
    ASSERT_EQ(moved.get(i).city, "city " + std::to_string(i));
    ASSERT_EQ(moved.get(i).asn, i);
  }
}

TEST(Texts, CutWhatIsTooLong) {
  Texts texts;
  const std::string text(300, 'x');
  EXPECT_EQ(texts.get(texts.intern(text)), text.substr(0, Texts::kLengthMax));
  EXPECT_EQ(texts.intern(""), 0U);
  EXPECT_EQ(texts.get(0), "");
}

TEST(CountryCentroids, AreSortedAndOnEarth) {
  std::string_view before;
  for (const CountryCentroid& centroid : country_centroids()) {
    EXPECT_LT(before, centroid.country);
    before = centroid.country;
    EXPECT_EQ(find_country_centroid(centroid.country), &centroid);
    EXPECT_LE(std::abs(centroid.latitude), 90);
    EXPECT_LE(std::abs(centroid.longitude), 180);
    EXPECT_NE(std::string_view("AF AN AS EU NA OC SA").find(centroid.continent), std::string_view::npos);
  }
  EXPECT_GE(country_centroids().size(), 249U);
}

TEST(CountryCentroids, KnowWhereCountriesAre) {
  const CountryCentroid* const germany = find_country_centroid("DE");
  ASSERT_NE(germany, nullptr);
  EXPECT_EQ(germany->continent, "EU");
  EXPECT_NEAR(germany->latitude, 51, 4);
  EXPECT_NEAR(germany->longitude, 10, 5);
  for (const char* unknown : {"", "ZZ", "de", "D", "DEU"})
    EXPECT_EQ(find_country_centroid(unknown), nullptr) << unknown;
}

Location city(std::string_view country, std::string_view name) {
  Location location;
  location.country = country;
  location.city = name;
  return location;
}

TEST(Locations, KeepsThoseInUseInTheirOrder) {
  Locations locations;
  const LocationId paris = locations.intern(city("FR", "Paris"));
  const LocationId lyon = locations.intern(city("FR", "Lyon"));
  const LocationId ghent = locations.intern(city("BE", "Ghent"));
  locations.seal();
  const std::vector<LocationId> new_ids = locations.keep({true, false, true, true});
  EXPECT_EQ(locations.size(), 3U);
  EXPECT_EQ(new_ids[kUnknownLocation], kUnknownLocation);
  EXPECT_EQ(new_ids[paris], kUnknownLocation);
  EXPECT_EQ(locations.get(new_ids[lyon]).city, "Lyon");
  EXPECT_EQ(locations.get(new_ids[ghent]).city, "Ghent");
}

TEST(Locations, AbsorbsThoseOfAnotherStoreUnderTheirOwnIds) {
  Locations locations;
  const LocationId paris = locations.intern(city("FR", "Paris"));
  Locations other;
  const LocationId ghent = other.intern(city("BE", "Ghent"));
  const LocationId same_paris = other.intern(city("FR", "Paris"));
  const LocationId nowhere = other.intern(city("FR", ""));
  const std::vector<LocationId> new_ids = locations.absorb(other);
  ASSERT_EQ(new_ids.size(), other.size());
  EXPECT_EQ(new_ids[kUnknownLocation], kUnknownLocation);
  EXPECT_EQ(new_ids[same_paris], paris);
  EXPECT_EQ(locations.get(new_ids[ghent]), other.get(ghent));
  EXPECT_EQ(locations.get(new_ids[nowhere]), other.get(nowhere));
  EXPECT_EQ(locations.size(), 4U);
}

TEST(Locations, SealedTakesOnlyCoordinates) {
  Locations locations;
  const LocationId paris = locations.intern(city("FR", "Paris"));
  const std::size_t memory_bytes = locations.memory_bytes();
  locations.seal();
  EXPECT_LT(locations.memory_bytes(), memory_bytes);
  locations.set_coordinates(paris, 46, 2, kCentroidSource);
  const Location location = locations.get(paris);
  EXPECT_EQ(location.city, "Paris");
  EXPECT_TRUE(location.has_coordinates);
  EXPECT_EQ(location.latitude, 46);
  EXPECT_EQ(location.coordinates_source, kCentroidSource);
}

}  // namespace
}  // namespace rhumb::geo

#include "geo/country_table.hpp"

#include <set>

#include <gtest/gtest.h>

namespace rhumb::geo {
namespace {

std::string country_of(const AddressTable& table, const char* address) {
  return geo::country_at(table.find(*IpAddress::parse(address)).value);
}

TEST(CountryTable, EveryTwoLettersHaveAPlaceOfTheirOwn) {
  std::set<std::size_t> places;
  for (char first = 'A'; first <= 'Z'; ++first) {
    for (char second = 'A'; second <= 'Z'; ++second) {
      const std::string letters{first, second};
      const std::size_t place = place_of(Country::from_text(letters));
      EXPECT_LT(place, kCountryPlaces);
      EXPECT_EQ(geo::country_at(place), letters);
      places.insert(place);
    }
  }
  EXPECT_EQ(places.size(), kCountryPlaces - 1);
  EXPECT_FALSE(places.contains(kNoCountryPlace));
}

TEST(CountryTable, WhatIsNotTwoLettersHasThePlaceOfNone) {
  EXPECT_EQ(place_of(Country{}), kNoCountryPlace);
  for (const char* text : {"", "F", "A1", "1A", "fr", "@A", "[A", "A[", "\xC3\x89"})
    EXPECT_EQ(place_of(Country::from_text(text)), kNoCountryPlace) << text;
  EXPECT_EQ(geo::country_at(kNoCountryPlace), "");
}

TEST(CountryTable, LeadsFromAnAddressToItsCountry) {
  const std::vector<std::string> paths{std::string(RHUMB_TEST_DATA) + "/city.mmdb"};
  Problems problems;
  const AddressTable table = make_country_table(load_databases(paths, problems).value());
  EXPECT_EQ(country_of(table, "203.0.113.7"), "FR");
  EXPECT_EQ(country_of(table, "198.51.100.127"), "SG");
  EXPECT_EQ(country_of(table, "2001:db8:1::1"), "GB");
  EXPECT_EQ(country_of(table, "::ffff:203.0.113.7"), "FR");
  EXPECT_EQ(country_of(table, "198.18.0.1"), "") << "of a continent, and no country";
  EXPECT_EQ(country_of(table, "8.8.8.8"), "") << "unknown";
}

}  // namespace
}  // namespace rhumb::geo

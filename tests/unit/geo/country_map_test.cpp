#include "geo/country_map.hpp"

#include <gtest/gtest.h>

namespace rhumb::geo {
namespace {

Database load_fixture(const std::string& fixture) {
  const std::vector<std::string> paths{std::string(RHUMB_TEST_DATA) + "/" + fixture};
  Problems problems;
  return load_databases(paths, problems).value();
}

Country country_at(const CountryMap& map, const char* address) {
  return map.find(*IpAddress::parse(address));
}

TEST(CountryMap, HasTheCountryOfEachNetworkThatIsKnown) {
  const CountryMap map = make_country_map(load_fixture("city.mmdb"));
  EXPECT_EQ(country_at(map, "203.0.113.7").to_text(), "FR");
  EXPECT_EQ(country_at(map, "198.51.100.127").to_text(), "SG");
  EXPECT_EQ(country_at(map, "198.51.100.128").to_text(), "AU");
  EXPECT_EQ(country_at(map, "2001:db8:1::1").to_text(), "GB");
}

TEST(CountryMap, TellsWhatIsKnownWithoutACountryFromWhatIsUnknown) {
  const CountryMap map = make_country_map(load_fixture("city.mmdb"));
  const Country of_continent = country_at(map, "198.18.0.1");
  EXPECT_EQ(of_continent.to_text(), "");
  EXPECT_TRUE(of_continent.is_known());
  EXPECT_FALSE(country_at(map, "8.8.8.8").is_known());
  EXPECT_TRUE(country_at(make_country_map(load_fixture("asn.mmdb")), "203.0.113.7").is_known());
}

TEST(CountryMap, NeighboursInOneCountryAreOneRange) {
  Database database;
  const LocationId paris = database.locations.intern({"EU", "FR", {}, "Paris"});
  const LocationId lyon = database.locations.intern({"EU", "FR", {}, "Lyon"});
  ASSERT_NE(paris, lyon);
  database.map.v4().append(0x0A00'0000, paris);
  database.map.v4().append(0x0A00'0100, lyon);
  database.map.v4().append(0x0A00'0200, kUnknownLocation);
  EXPECT_EQ(make_country_map(database).v4().size(), 3U) << "before, in France, and after";
}

TEST(CountryMap, ANameThatIsNoCountryIsOne) {
  EXPECT_EQ(Country::from_text("").to_text(), "");
  EXPECT_EQ(Country::from_text("X").to_text(), "");
  EXPECT_EQ(Country::from_text(std::string_view("\0\0", 2)).to_text(), "");
  EXPECT_EQ(Country::from_text("FRA").to_text(), "FR");
  EXPECT_TRUE(Country::from_text("").is_known());
}

}  // namespace
}  // namespace rhumb::geo

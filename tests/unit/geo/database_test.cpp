#include "geo/database.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "geo/country_centroids.hpp"

namespace rhumb::geo {
namespace {

using testing::HasSubstr;

std::string data(const char* name) {
  return std::string(RHUMB_TEST_DATA) + "/" + name;
}

std::optional<Database> load(const std::vector<std::string>& paths, Problems& problems) {
  return load_databases(paths, problems);
}

Database load(const std::vector<std::string>& paths) {
  Problems problems;
  auto database = load_databases(paths, problems);
  for (const Problem& problem : problems.all())
    ADD_FAILURE() << problem.to_string();
  return database ? std::move(*database) : Database{};
}

Location find(const Database& database, const char* address) {
  return database.locations.get(database.map.find(*IpAddress::parse(address)));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A file that is removed at the end of the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content = "")
      : path_(testing::TempDir() + "rhumb_geo_" + std::to_string(getpid()) + ".mmdb") {
    write(content);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The only problem of loading `path`; empty when it loads.
std::string problem_of(const std::string& path) {
  Problems problems;
  if (load({path}, problems)) return "";
  EXPECT_EQ(problems.error_count(), 1U);
  EXPECT_EQ(problems.all().front().place, path);
  return problems.all().front().message;
}

TEST(Database, ReadsTheNestedCitySchema) {
  const Database database = load({data("city.mmdb")});
  const Location london = find(database, "81.2.69.160");
  EXPECT_EQ(london.continent, "EU");
  EXPECT_EQ(london.country, "GB");
  EXPECT_EQ(london.subdivision, "ENG");
  EXPECT_EQ(london.city, "London");
  EXPECT_TRUE(london.has_coordinates);
  EXPECT_FLOAT_EQ(london.latitude, 51.5F);
  EXPECT_FLOAT_EQ(london.longitude, -0.12F);
  EXPECT_EQ(london.asn, 0U);
  EXPECT_EQ(london.country_source, 0);
  EXPECT_EQ(london.coordinates_source, 0);
  EXPECT_EQ(london.asn_source, kNoSource);
  EXPECT_EQ(find(database, "2001:db8:1::9").city, "London");
  EXPECT_EQ(find(database, "192.0.3.0"), Location{});

  ASSERT_EQ(database.sources.size(), 1U);
  EXPECT_EQ(database.sources[0].path, data("city.mmdb"));
  EXPECT_EQ(database.sources[0].type, "Test-City");
  EXPECT_EQ(database.sources[0].built_at_s, 1'767'225'600);
}

TEST(Database, ReadsTheFlatCitySchema) {
  const Database database = load({data("flat-city-ipv4.mmdb")});
  const Location paris = find(database, "203.0.113.255");
  EXPECT_EQ(paris.country, "FR");
  EXPECT_EQ(paris.continent, "EU");  // not in the file
  EXPECT_EQ(paris.subdivision, "Île-de-France");
  EXPECT_EQ(paris.city, "Paris");
  EXPECT_FLOAT_EQ(paris.latitude, 48.86F);
  EXPECT_EQ(paris.coordinates_source, 0);
}

TEST(Database, KeepsTheEdgesOfNetworks) {
  const Database database = load({data("city.mmdb")});
  EXPECT_EQ(find(database, "198.51.99.255").city, "");
  EXPECT_EQ(find(database, "198.51.100.0").city, "Singapore");
  EXPECT_EQ(find(database, "198.51.100.127").city, "Singapore");
  EXPECT_EQ(find(database, "198.51.100.128").city, "Sydney");
  EXPECT_EQ(find(database, "198.51.101.0").city, "");
  EXPECT_EQ(find(database, "2001:db8:5:0:8000::").city, "Sydney");
  EXPECT_EQ(find(database, "2001:db8:5:0:7fff:ffff:ffff:ffff").city, "");
  EXPECT_EQ(find(database, "2001:db8:6::1").city, "São Paulo");
  EXPECT_EQ(find(database, "2001:db8:6::2").city, "");
}

// IPv4 is under ::/96 and linked again under three other prefixes; it belongs in the IPv4 list only.
TEST(Database, WalksIpv4OnceInAnIpv6Tree) {
  const Database database = load({data("city.mmdb")});
  EXPECT_EQ(database.map.v4().size(), 15U);
  EXPECT_EQ(database.map.v6().size(), 10U);
  for (const char* alias : {"::81.2.69.160", "::ffff:81.2.69.160", "2002:5102:45a0::", "2001:0:5102:45a0::"})
    EXPECT_EQ(find(database, alias), Location{}) << alias;
}

TEST(Database, FillsInTheCentroidOfACountryWithoutCoordinates) {
  for (const char* file : {"country.mmdb", "flat-country.mmdb"}) {
    SCOPED_TRACE(file);
    const Database database = load({data(file)});
    const Location singapore = find(database, "198.51.100.1");
    EXPECT_EQ(singapore.country, "SG");
    EXPECT_EQ(singapore.continent, "AS");
    EXPECT_EQ(singapore.country_source, 0);
    EXPECT_TRUE(singapore.has_coordinates);
    EXPECT_EQ(singapore.coordinates_source, kCentroidSource);
    EXPECT_EQ(singapore.latitude, find_country_centroid("SG")->latitude);
    EXPECT_EQ(find(database, "2001:db8:4::").country, "FR");
  }
}

TEST(Database, TakesTheCountryOfRegistrationForWantOfABetterOne) {
  const Database database = load({data("city.mmdb")});
  EXPECT_EQ(find(database, "198.19.0.1").country, "DE");
  EXPECT_EQ(find(database, "81.2.69.1").country, "GB");  // registered in CH
}

TEST(Database, KnowsAContinentWithoutACountry) {
  const Database database = load({data("city.mmdb")});
  const Location somewhere = find(database, "198.18.0.1");
  EXPECT_EQ(somewhere.continent, "EU");
  EXPECT_EQ(somewhere.country, "");
  EXPECT_FALSE(somewhere.has_coordinates);
}

TEST(Database, ReadsAsNumbers) {
  const Database database = load({data("asn.mmdb")});
  const Location as_of_sydney = find(database, "198.51.100.200");
  EXPECT_EQ(as_of_sydney.asn, 64498U);
  EXPECT_EQ(as_of_sydney.asn_source, 0);
  EXPECT_EQ(as_of_sydney.country, "");
  EXPECT_FALSE(as_of_sydney.has_coordinates);
}

TEST(Database, PutsTheFamiliesOfTwoFilesTogether) {
  const Database database = load({data("flat-city-ipv4.mmdb"), data("flat-city-ipv6.mmdb")});
  EXPECT_EQ(find(database, "192.0.2.1").city, "Ashburn");
  EXPECT_EQ(find(database, "192.0.2.1").country_source, 0);
  EXPECT_EQ(find(database, "2001:db8:2::1").city, "Ashburn");
  EXPECT_EQ(find(database, "2001:db8:2::1").country_source, 1);
}

TEST(Database, MergesFieldByFieldAndTheFirstFileWins) {
  const Database database =
      load({data("country.mmdb"), data("asn.mmdb"), data("city.mmdb"), data("flat-city-ipv4.mmdb")});
  const Location london = find(database, "81.2.69.1");
  EXPECT_EQ(london.country, "GB");
  EXPECT_EQ(london.country_source, 0);
  EXPECT_EQ(london.asn, 20712U);
  EXPECT_EQ(london.asn_source, 1);
  EXPECT_EQ(london.subdivision, "ENG");  // the third file's, not the fourth's "England"
  EXPECT_EQ(london.city, "London");
  EXPECT_FLOAT_EQ(london.latitude, 51.5F);
  EXPECT_EQ(london.coordinates_source, 2);
}

TEST(Database, HasOnlyLocationsThatAnAddressHas) {
  const Database database = load({data("country.mmdb"), data("asn.mmdb"), data("city.mmdb")});
  std::vector<bool> is_used(database.locations.size());
  is_used[kUnknownLocation] = true;
  for (std::size_t i = 0; i < database.map.v4().size(); ++i)
    is_used[database.map.v4().value(i)] = true;
  for (std::size_t i = 0; i < database.map.v6().size(); ++i)
    is_used[database.map.v6().value(i)] = true;
  EXPECT_THAT(is_used, testing::Each(true));
}

// The same files with the name of one country changed: GB is FR in the first, so its coordinates must not be London's.
TEST(Database, DoesNotBelieveAFileAboutAPlaceInAnotherCountry) {
  std::string content = read_file(data("country.mmdb"));
  const std::size_t at = content.find("GB");
  ASSERT_NE(at, std::string::npos);
  const TemporaryFile file(content.replace(at, 2, "FI"));
  const Database database = load({file.path(), data("city.mmdb"), data("asn.mmdb")});
  const Location helsinki = find(database, "81.2.69.1");
  EXPECT_EQ(helsinki.country, "FI");
  EXPECT_EQ(helsinki.city, "");
  EXPECT_EQ(helsinki.coordinates_source, kCentroidSource);
  EXPECT_EQ(helsinki.latitude, find_country_centroid("FI")->latitude);
  EXPECT_EQ(helsinki.asn, 20712U);
  EXPECT_EQ(find(database, "192.0.2.1").city, "Ashburn");
}

// The first that knows a field wins, even if it does not know the country.
TEST(Database, KeepsACityWithoutACountry) {
  std::string content = read_file(data("flat-city-ipv4.mmdb"));
  const std::size_t at = content.find("country_code");
  ASSERT_NE(at, std::string::npos);
  const TemporaryFile file(content.replace(at, 12, "kountry_kode"));
  const Database database = load({file.path(), data("asn.mmdb")});
  const Location london = find(database, "81.2.69.1");
  EXPECT_EQ(london.country, "");
  EXPECT_EQ(london.subdivision, "England");
  EXPECT_EQ(london.city, "London");
  EXPECT_EQ(london.country_source, 0);
  EXPECT_EQ(london.asn, 20712U);
}

TEST(Database, OfNoFilesKnowsNothing) {
  const Database database = load(std::vector<std::string>{});
  EXPECT_EQ(find(database, "81.2.69.1"), Location{});
  EXPECT_EQ(database.locations.size(), 1U);
}

TEST(Database, TellsEveryFileThatCannotBeRead) {
  const TemporaryFile garbage(std::string(5'000, 'x'));
  Problems problems;
  EXPECT_FALSE(load({data("no-such.mmdb"), data("city.mmdb"), garbage.path(), data("")}, problems));
  ASSERT_EQ(problems.error_count(), 3U);
  EXPECT_EQ(problems.all()[0].to_string(), data("no-such.mmdb") + ": cannot be opened: No such file or directory");
  EXPECT_EQ(problems.all()[1].to_string(),
            garbage.path() + ": not a MaxMind DB (no metadata marker, or damaged metadata)");
  EXPECT_EQ(problems.all()[2].place, data(""));
}

TEST(Database, RefusesTooManyFiles) {
  const std::vector<std::string> paths(kSourcesMax + 1, data("city.mmdb"));
  Problems problems;
  EXPECT_FALSE(load(paths, problems));
  EXPECT_EQ(problems.error_count(), 1U);
}

TEST(Database, RefusesAFileThatWasCutShort) {
  const std::string whole = read_file(data("city.mmdb"));
  const TemporaryFile file;
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    file.write(whole.substr(0, size));
    EXPECT_NE(problem_of(file.path()), "") << size;
  }
}

// Overwrites the first `from` of a fixture with `to`, of the same length.
std::string problem_of_changed(const char* name, std::string_view from, std::string_view to) {
  std::string content = read_file(data(name));
  const std::size_t at = content.find(from);
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(from.size(), to.size());
  const TemporaryFile file(content.replace(at, to.size(), to));
  return problem_of(file.path());
}

// Control octets: type in the upper three bits, size in the lower five. 0x42 is a text of 2, 0x68 a double, 0xA2 a
// uint16 of 2.
TEST(Database, RefusesValuesOfAnotherType) {
  using namespace std::string_view_literals;
  EXPECT_THAT(problem_of_changed("flat-country.mmdb", "\x42GB"sv, "\xA2GB"sv), HasSubstr("country_code is not a text"));
  EXPECT_THAT(problem_of_changed("city.mmdb", "\x68\x40\x49\xC0"sv, "\x48\x40\x49\xC0"sv),
              HasSubstr("latitude is not a number"));
  EXPECT_THAT(problem_of_changed("city.mmdb", "\x68\x40\x49\xC0"sv, "\x68\x40\x59\xC0"sv), HasSubstr("not on Earth"));
}

TEST(Database, RefusesAFileWithoutGeography) {
  std::string content = read_file(data("flat-country.mmdb"));
  const std::size_t at = content.find("country_code");
  ASSERT_NE(at, std::string::npos);
  const TemporaryFile file(content.replace(at, 12, "kountry_kode"));
  EXPECT_EQ(problem_of(file.path()), "no network in it has a country, coordinates or an AS number");
}

// Both records of a node lead to the next node, 32 deep: without a limit the walk would take 2^32 steps.
TEST(Database, RefusesATreeOfSharedBranches) {
  std::string content = read_file(data("flat-city-ipv4.mmdb"));
  const std::size_t node_count_at =
      content.find("node_count") + 11;  // after the control octet of a uint32 of one octet
  const auto node_count = static_cast<std::uint8_t>(content[node_count_at]);
  ASSERT_GT(node_count, kBitsV4);
  for (int node = 0; node < kBitsV4; ++node) {
    const auto next = static_cast<char>(node + 1 < kBitsV4 ? node + 1 : node_count);
    content.replace(static_cast<std::size_t>(node) * 7, 7, {0, 0, next, 0, 0, 0, next});  // records of 28 bits
  }
  const TemporaryFile file(content);
  EXPECT_EQ(problem_of(file.path()), "search tree with loops or shared branches");
}

TEST(Database, RefusesATreeThatLoops) {
  std::string content = read_file(data("flat-city-ipv4.mmdb"));
  content.replace(7, 7, {0, 0, 1, 0, 0, 0, 1});  // both records of node 1 lead to node 1
  const TemporaryFile file(content);
  EXPECT_EQ(problem_of(file.path()), "search tree deeper than addresses are long");
}

// Whatever is in the file, it loads or there is an error; sanitizers see to the rest.
TEST(Database, SurvivesRandomDamage) {
  const TemporaryFile file;
  for (const char* name : {"city.mmdb", "asn.mmdb", "flat-city-ipv4.mmdb", "flat-city-ipv6.mmdb"}) {
    const std::string whole = read_file(data(name));
    int refused = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      SCOPED_TRACE(std::string(name) + " seed " + std::to_string(seed));
      Random random(seed);
      std::string content = whole;
      for (std::uint32_t changes = 1 + random.below(8); changes > 0; --changes) {
        content[random.below(static_cast<std::uint32_t>(content.size()))] = static_cast<char>(random.next());
      }
      file.write(content);
      Problems problems;
      const auto database = load({file.path()}, problems);
      ASSERT_EQ(database.has_value(), !problems.has_errors());
      refused += database ? 0 : 1;
    }
    EXPECT_GT(refused, 50) << name;
    EXPECT_LT(refused, 300) << name;
  }
}

}  // namespace
}  // namespace rhumb::geo

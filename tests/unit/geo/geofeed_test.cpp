#include "geo/geofeed.hpp"

#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/network.hpp"
#include "geo/country_centroids.hpp"
#include "geo/database.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::geo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Over the databases of tests/data, which README.md there describes.
class Geofeed : public testing::Test {
 protected:
  // With these feeds, called 0.csv, 1.csv and so on.
  std::optional<Database> load(const std::vector<std::string>& feeds,
                               const std::vector<std::string>& databases = {"city.mmdb", "asn.mmdb"}) {
    std::vector<std::string> paths;
    for (const std::string& feed : feeds)
      paths.push_back(directory_.write(fmt::format("{}.csv", paths.size()), feed));
    std::vector<std::string> database_paths;
    for (const std::string& name : databases)
      database_paths.push_back(std::string(RHUMB_TEST_DATA) + "/" + name);
    Problems problems;
    auto database = load_databases(database_paths, problems, paths);
    messages_.clear();
    for (const Problem& problem : problems.all())
      messages_.push_back(problem.to_string().substr(directory_.path().string().size() + 1));
    EXPECT_EQ(database.has_value(), messages_.empty());
    return database;
  }
  // Of an address with one feed: "CONTINENT COUNTRY SUBDIVISION CITY LATITUDE ASN", without what is not known.
  std::string located(const std::string& feed, std::string_view address) {
    const auto database = load({feed});
    return database ? to_text(*database, address) : "nothing loaded";
  }
  static std::string to_text(const Database& database, std::string_view address) {
    const Location location = database.locations.get(database.find(*IpAddress::parse(address)));
    std::string text;
    for (const std::string_view part : {location.continent, location.country, location.subdivision, location.city}) {
      if (!part.empty()) text += std::string(part) + " ";
    }
    if (location.has_coordinates) text += fmt::format("{:.2f} ", location.latitude);
    return text + fmt::format("AS{}", location.asn);
  }

  test::TemporaryDirectory directory_;
  std::vector<std::string> messages_;
};

TEST_F(Geofeed, SaysWhereItsNetworksAre) {
  EXPECT_EQ(located("198.18.0.0/24,SG,,Singapore,", "198.18.0.9"), "AS SG Singapore 1.29 AS0");
  EXPECT_EQ(located("198.18.0.0/24,SG,,Singapore,", "198.18.1.0"), "EU AS0") << "as the database has it";
  EXPECT_EQ(located("2001:db8:9::/48,FR,FR-IDF,Paris", "2001:db8:9::1"), "EU FR IDF Paris 48.86 AS0");
  EXPECT_EQ(located("198.18.0.7,SG", "198.18.0.7"),
            fmt::format("AS SG {:.2f} AS0", find_country_centroid("SG")->latitude));
}

TEST_F(Geofeed, CountsInsteadOfTheDatabaseWhichKeepsTheAsNumber) {
  EXPECT_EQ(located("", "203.0.113.1"), "EU FR IDF Paris 48.86 AS64499");
  EXPECT_EQ(located("203.0.113.0/24,GB,GB-ENG,London,", "203.0.113.1"), "EU GB ENG London 51.50 AS64499");
}

TEST_F(Geofeed, WritesCodesInEitherCaseAndCitiesToo) {
  EXPECT_EQ(located("203.0.113.0/24,gb,gb-eng,LONDON,", "203.0.113.1"), "EU GB ENG LONDON 51.50 AS64499");
}

TEST_F(Geofeed, ThatTheDatabaseAgreesWithLeavesItsDetails) {
  EXPECT_EQ(located("203.0.113.0/24,FR", "203.0.113.1"), "EU FR IDF Paris 48.86 AS64499");
  EXPECT_EQ(located("203.0.113.0/24,FR,FR-IDF", "203.0.113.1"), "EU FR IDF Paris 48.86 AS64499");
  EXPECT_EQ(located("203.0.113.0/24,FR,,paris", "203.0.113.1"), "EU FR IDF paris 48.86 AS64499");
}

TEST_F(Geofeed, ThatNamesAnUnknownPlaceHasTheCountrysCentroid) {
  const double france = find_country_centroid("FR")->latitude;
  EXPECT_EQ(located("203.0.113.0/24,FR,FR-75,Nulle Part", "203.0.113.1"),
            fmt::format("EU FR 75 Nulle Part {:.2f} AS64499", france));
  EXPECT_EQ(located("203.0.113.0/24,FR,FR-PAC", "203.0.113.1"), fmt::format("EU FR PAC {:.2f} AS64499", france));
  const auto database = load({"203.0.113.0/24,FR,FR-PAC"});
  EXPECT_EQ(database->locations.get(database->find(*IpAddress::parse("203.0.113.1"))).coordinates_source,
            kCentroidSource);
}

TEST_F(Geofeed, WithoutACountryAsksNotToBeLocated) {
  EXPECT_EQ(located("203.0.113.0/25,,,,", "203.0.113.1"), "AS64499");
  EXPECT_EQ(located("203.0.113.0/25,,,,", "203.0.113.129"), "EU FR IDF Paris 48.86 AS64499");
  EXPECT_EQ(located("203.0.113.0/25", "203.0.113.1"), "AS64499");
  const auto database = load({"203.0.113.0/25"}, {"city.mmdb"});
  EXPECT_EQ(database->find(*IpAddress::parse("203.0.113.1")), kUnknownLocation);
}

TEST_F(Geofeed, LetsTheMostSpecificNetworkWin) {
  const std::string feed = "# ours\n198.18.0.0/16,GB\n198.18.4.0/24,,,\n198.18.4.128/25,JP,,Tokyo\n";
  EXPECT_THAT(located(feed, "198.18.0.1"), testing::StartsWith("EU GB"));
  EXPECT_EQ(located(feed, "198.18.4.1"), "AS0");
  EXPECT_THAT(located(feed, "198.18.4.129"), testing::StartsWith("AS JP Tokyo"));
}

TEST_F(Geofeed, OfSeveralTheEarlierWinsWhereNetworksAreEqual) {
  const auto database = load({"198.18.0.0/24,GB\n", "198.18.0.0/24,JP\n198.18.0.128/25,JP\n198.18.1.0/24,JP\n"});
  ASSERT_TRUE(database);
  EXPECT_THAT(to_text(*database, "198.18.0.1"), testing::StartsWith("EU GB"));
  EXPECT_THAT(to_text(*database, "198.18.0.129"), testing::StartsWith("AS JP"));
  EXPECT_THAT(to_text(*database, "198.18.1.1"), testing::StartsWith("AS JP"));
}

TEST_F(Geofeed, IsASourceOfWhatItSays) {
  const auto database = load({"", "198.18.0.0/24,SG,,Singapore\n"});
  ASSERT_TRUE(database);
  ASSERT_THAT(database->sources, SizeIs(4));
  EXPECT_EQ(database->sources[3].type, "geofeed");
  EXPECT_THAT(database->sources[3].path, testing::EndsWith("/1.csv"));
  EXPECT_GT(database->sources[3].built_at_s, 1'600'000'000);
  const Location location = database->locations.get(database->find(*IpAddress::parse("198.18.0.1")));
  EXPECT_EQ(location.country_source, 3);
  EXPECT_EQ(location.coordinates_source, 0) << "the database that has Singapore";
}

TEST_F(Geofeed, NeedsNoDatabase) {
  const auto database = load({"198.18.0.0/24,SG\n"}, {});
  ASSERT_TRUE(database);
  EXPECT_THAT(to_text(*database, "198.18.0.1"), testing::StartsWith("AS SG"));
  EXPECT_EQ(to_text(*database, "198.18.1.1"), "AS0");
}

TEST_F(Geofeed, IsRefusedWholeForABadLineWhichIsTold) {
  EXPECT_FALSE(
      load({"198.18.0.0/24,GB\npalermo,IT\n198.18.0.1/24,IT\n198.18.1.0/24,XX\n198.18.1.0/24,FR,IDF\n"
            "198.18.1.0/24,FR,GB-ENG\n198.18.1.0/24,,GB-ENG\n198.18.1.0/24,US,US-CA,\"Los Angeles\"\n"
            "198.18.1.0/24,US,US-CA,San Jose, Calif.,95101,\n198.18.0.0/24,GB\n"}));
  EXPECT_THAT(
      messages_,
      ElementsAre("0.csv:2: \"palermo\" is not a network such as 192.0.2.0/24",
                  "0.csv:3: 198.18.0.1/24 has bits set after the prefix; meant 198.18.0.0/24?",
                  "0.csv:4: \"XX\" is not a country's ISO 3166-1 code such as \"FR\"",
                  "0.csv:5: \"IDF\" is not an ISO 3166-2 code such as \"US-CA\"", "0.csv:6: GB-ENG is not in FR",
                  "0.csv:7: has a region or a city, but no country; a network that is not to be located has "
                  "none of them",
                  "0.csv:8: a city's name is written without quotes",
                  "0.csv:9: more than five fields; a city's name cannot have a comma",
                  "0.csv:10: 198.18.0.0/24 stands in line 1 too"));
}

TEST_F(Geofeed, ThatIsMissingIsAnError) {
  Problems problems;
  const std::vector<std::string> missing{directory_.path() / "missing.csv"};
  EXPECT_FALSE(load_databases({}, problems, missing));
  EXPECT_EQ(problems.error_count(), 1U);
}

struct Line {
  std::size_t feed;
  Network network;
  std::string country;
};

// Word for word: of the networks that the address is in the longest, of equals the first.
std::string country_of(const std::vector<Line>& lines, IpAddress address) {
  const Line* best = nullptr;
  for (const Line& line : lines) {
    if (address.family != line.network.address.family) continue;
    if (network_of(address, line.network.prefix_bits) != line.network.address) continue;
    if (best == nullptr || line.network.prefix_bits > best->network.prefix_bits) best = &line;
  }
  return best == nullptr ? "" : best->country;
}

IpAddress random_address(std::mt19937& random) {
  if (random() % 2 == 0) return IpAddress::v4(0x0A00'0000 | static_cast<std::uint32_t>(random() & 0xFFF));
  return IpAddress::v6(U128{0x2001'0DB8} << 96 | (random() & 0xFFF));
}

TEST_F(Geofeed, IsFoundForEveryAddress) {
  constexpr std::array<std::string_view, 5> kCountries{"", "DE", "FR", "JP", "US"};
  std::mt19937 random(8);
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE(round);
    std::vector<Line> lines;
    std::vector<std::string> feeds(2);
    for (std::size_t feed = 0; feed < feeds.size(); ++feed) {
      for (auto i = random() % 20; i > 0; --i) {
        const IpAddress address = random_address(random);
        const int bits = bits_of(address.family) - static_cast<int>(random() % 12);
        const Network network = Network{address, static_cast<std::uint8_t>(bits)}.masked();
        const auto is_same = [&](const Line& line) { return line.feed == feed && line.network == network; };
        if (std::ranges::any_of(lines, is_same)) continue;
        lines.push_back({feed, network, std::string(kCountries[random() % kCountries.size()])});
        feeds[feed] += network.to_string() + "," + lines.back().country + "\n";
      }
    }
    const auto database = load(feeds, {});
    ASSERT_TRUE(database) << testing::PrintToString(messages_);
    for (int sample = 0; sample < 500; ++sample) {
      const IpAddress address = random_address(random);
      ASSERT_EQ(database->locations.get(database->find(address)).country, country_of(lines, address))
          << address.to_string();
    }
  }
}

}  // namespace
}  // namespace rhumb::geo

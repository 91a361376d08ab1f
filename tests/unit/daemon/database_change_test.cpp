#include "daemon/database_change.hpp"

#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/database_trial.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

// Known to city.mmdb: a /10, a /15 and four /24.
constexpr double kAddresses = 4'194'304 + 131'072 + 4 * 256;
constexpr double kChangeRounding = 1e-9;

constexpr std::string_view kChangedInstances = R"("instances": [{"region": "us-east", "address": "192.0.2.10"},
  {"region": "eu-west", "address": "192.0.2.20"}, {"region": "ap-southeast", "address": "192.0.2.30"}])";

class DatabaseChangeTest : public testing::Test {
 protected:
  // With these services, each "NAME": {…}.
  config::Config configure(const std::string& services) {
    directory_.write("rhumb.json", fmt::format(R"({{
      "listen": ["127.0.0.1:5300"], "zones": "zones",
      "regions": {{"us-east": {{"coordinates": [39.04, -77.49]}}, "eu-west": {{"coordinates": [53.35, -6.26]}},
                  "ap-southeast": {{"coordinates": [1.35, 103.82]}}}},
      "services": {{{}}}
    }})",
                                               services));
    Problems problems;
    return config::load_config(directory_.path() / "rhumb.json", problems, {}).value();
  }
  config::Config configure_one(const std::string& steering = R"("order": "nearest")") {
    return configure(fmt::format(R"("www.example.com": {{"steering": {{{}}}, {}}})", steering, kChangedInstances));
  }

  static DatabaseChange change(const config::Config& config, const std::string& before, const std::string& after,
                               const config::ClientFiles& clients = {}) {
    const std::filesystem::path data = RHUMB_TEST_DATA;
    Problems problems;
    const auto counted = count_clients(clients, problems);
    return try_databases(config, {data / before}, {data / after}, counted.value(), problems).value();
  }

  test::TemporaryDirectory directory_;
};

std::vector<std::string> to_texts(const std::vector<Flow>& flows) {
  std::vector<std::string> texts;
  for (const Flow& flow : flows)
    texts.push_back(fmt::format("{} → {} {:.6f}", flow.from, flow.to, flow.share));
  return texts;
}

TEST_F(DatabaseChangeTest, EqualDatabasesMoveNobody) {
  const DatabaseChange same = change(configure_one(), "city.mmdb", "city.mmdb");
  EXPECT_EQ(same.weight, kAddresses);
  EXPECT_EQ(same.moved(), 0);
  EXPECT_THAT(same.countries, IsEmpty());
}

TEST_F(DatabaseChangeTest, TellsWhoMovesByRegionAndByCountry) {
  const DatabaseChange wrong = change(configure_one(), "city.mmdb", "city-wrong.mmdb");
  constexpr double kMoved = 4'194'304 / kAddresses;  // 100.64.0.0/10
  EXPECT_THAT(wrong.moved(), DoubleNear(kMoved, kChangeRounding));
  ASSERT_EQ(wrong.services.size(), 1U);
  EXPECT_THAT(wrong.services[0].names, ElementsAre("www.example.com"));
  EXPECT_THAT(to_texts(wrong.services[0].flows), ElementsAre("ap-southeast → eu-west 0.969467"));
  ASSERT_EQ(wrong.services[0].countries.size(), 1U);
  EXPECT_EQ(wrong.services[0].countries[0].country, "JP") << "where they were before";
  ASSERT_EQ(wrong.countries.size(), 1U);
  EXPECT_EQ(wrong.countries[0].from, "JP");
  EXPECT_EQ(wrong.countries[0].to, "FR");
  EXPECT_EQ(wrong.countries[0].networks, 1U);
  EXPECT_THAT(wrong.changed_country(), DoubleNear(kMoved, kChangeRounding));
}

// Half a file is the accident that matters: what the new database no longer knows counts, too.
TEST_F(DatabaseChangeTest, WhoIsNoLongerKnownMoves) {
  const DatabaseChange empty = change(configure_one(), "city.mmdb", "loopback.mmdb");
  EXPECT_EQ(empty.weight, kAddresses + 131'072) << "what either knows";
  // All go to us-east, the first in the configuration, but for Ashburn's /24 and the /16 without coordinates, who did
  // so before; and those that only loopback.mmdb knows come from there.
  EXPECT_THAT(empty.moved(), DoubleNear((kAddresses - 256 - 65'536 + 131'072) / empty.weight, kChangeRounding));
  EXPECT_EQ(empty.countries[0].to, "");
}

TEST_F(DatabaseChangeTest, WeightsSayWhatCounts) {
  Problems problems;
  const config::ClientFiles clients{directory_.write("clients.csv", "203.0.113.0/24,3\n192.0.2.0/24,7\n"), {}};
  const DatabaseChange next = change(configure_one(), "city.mmdb", "city-next.mmdb", clients);
  EXPECT_THAT(next.weight, DoubleNear(10, kChangeRounding));
  EXPECT_THAT(to_texts(next.services.at(0).flows), ElementsAre("eu-west → us-east 0.300000"));
  EXPECT_EQ(next.countries.at(0).from, "FR");
}

TEST_F(DatabaseChangeTest, ServicesThatGoByNoPlaceMoveNobody) {
  for (const char* steering : {R"("order": "listed")", R"("order": "equal", "pick": "sticky")"}) {
    const DatabaseChange wrong = change(configure_one(steering), "city.mmdb", "city-wrong.mmdb");
    EXPECT_EQ(wrong.moved(), 0) << steering;
    EXPECT_EQ(wrong.countries.size(), 1U) << "though they are in another country";
  }
}

TEST_F(DatabaseChangeTest, RulesByCountryMoveClientsOutOfAllRegions) {
  const std::string rules =
      R"("order": "listed", "rules": [{"name": "none", "countries": ["FR"], "action": "nodata"}])";
  const DatabaseChange wrong = change(configure_one(rules), "city.mmdb", "city-wrong.mmdb");
  EXPECT_THAT(to_texts(wrong.services.at(0).flows), ElementsAre("us-east → kept out by a rule 0.969467"));
}

TEST_F(DatabaseChangeTest, ServicesThatAreAlikeStandTogetherAndThoseThatMoveMostFirst) {
  const DatabaseChange wrong = change(
      configure(fmt::format(R"("a.example.com": {{"steering": {{"order": "listed"}}, {0}}}, "b.example.com": {{{0}}},
                               "c.example.com": {{{0}}})",
                            kChangedInstances)),
      "city.mmdb", "city-wrong.mmdb");
  ASSERT_EQ(wrong.services.size(), 2U);
  EXPECT_THAT(wrong.services[0].names, ElementsAre("b.example.com", "c.example.com"));
  EXPECT_THAT(wrong.services[1].names, ElementsAre("a.example.com"));
}

// The same, address by address: of random maps from addresses to one of three rankings.
TEST(DatabaseChange, IsWhatEachAddressByItselfSays) {
  constexpr std::uint32_t kSpan = 1U << 12;  // addresses that are looked at, from 0
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
    const auto random_map = [&](auto make) {
      geo::AddressMap<decltype(make(0U))> map;
      for (std::uint32_t first = 0; first < kSpan; first += 1 + below(64))
        map.v4().append(first, make(below(3)));
      map.v4().append(kSpan, {});
      return map;
    };
    const auto make_rankings = [&] {
      steering::Rankings rankings(3);
      static_cast<void>(rankings.intern({{1, 0, 2}, {0, 1, 2}}));
      static_cast<void>(rankings.intern({{2, 1, 0}, {0, 1, 2}}));
      return std::make_shared<steering::RankingMap>(std::move(rankings),
                                                    random_map([](std::uint32_t id) { return id; }));
    };
    const auto before = make_rankings();
    const auto after = make_rankings();
    const auto country = [](std::uint32_t number) {
      constexpr std::array<std::string_view, 3> kNames{"AA", "BB", "CC"};
      return geo::Country::from_text(kNames.at(number));
    };
    const geo::CountryMap countries_before = random_map(country);
    const geo::CountryMap countries_after = random_map(country);
    steering::ServiceSettings settings;
    settings.regions = {"a", "b", "c"};
    for (steering::RegionIndex region = 0; region < 3; ++region)
      settings.instances.push_back({region, *IpAddress::parse(fmt::format("192.0.2.{}", region))});
    const steering::Service service(settings, before);

    std::map<std::string, double> moved;    // by country and regions
    std::map<std::string, double> changed;  // by countries
    for (std::uint32_t address = 0; address < kSpan; ++address) {
      const IpAddress client{address, Family::v4};
      const auto from = settings.regions[before->find(client).regions.front()];
      const auto to = settings.regions[after->find(client).regions.front()];
      const auto was = countries_before.find(client).to_text();
      const auto is = countries_after.find(client).to_text();
      if (from != to) moved[fmt::format("{} {} {}", was, from, to)] += 1.0 / kSpan;
      if (was != is) changed[was + is] += 1.0 / kSpan;
    }

    const ComparedService compared{&service, before.get(), after.get()};
    const DatabaseChange change = compare_databases({&compared, 1}, countries_before, countries_after,
                                                    {geo::weigh_by_address_space(), false, ""});
    EXPECT_EQ(change.weight, kSpan);
    for (const CountryMove& of : change.services.at(0).countries) {
      for (const Flow& flow : of.flows) {
        const auto expected = moved.extract(fmt::format("{} {} {}", of.country, flow.from, flow.to));
        ASSERT_FALSE(expected.empty()) << of.country << flow.from << flow.to;
        EXPECT_NEAR(flow.share, expected.mapped(), kChangeRounding);
      }
    }
    EXPECT_THAT(moved, IsEmpty());
    for (const CountryChange& of : change.countries) {
      const auto expected = changed.extract(of.from + of.to);
      ASSERT_FALSE(expected.empty()) << of.from << of.to;
      EXPECT_NEAR(of.share, expected.mapped(), kChangeRounding);
    }
    EXPECT_THAT(changed, IsEmpty());
  }
}

}  // namespace
}  // namespace rhumb::daemon

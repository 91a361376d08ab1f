#include "daemon/simulation.hpp"

#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::string_view kSimulatedZone = "@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n";

// One instance in each of the three regions, all IPv4.
constexpr std::string_view kRegionInstances = R"("instances": [{"region": "us-east", "address": "192.0.2.10"},
  {"region": "eu-west", "address": "192.0.2.20"}, {"region": "ap-southeast", "address": "192.0.2.30"}])";

// Where the test databases have clients; /24 unless it says otherwise.
constexpr std::string_view kAshburn6Paris3Singapore1 = "192.0.2.0/24,6\n203.0.113.0/24,3\n198.51.100.0/25,1\n";

constexpr double kRounding = 1e-9;

auto near(double share) {
  return DoubleNear(share, kRounding);
}

class SimulationTest : public testing::Test {
 protected:
  SimulationTest() { directory_.write("zones/example.com.zone", kSimulatedZone); }

  // A configuration with these services, each "NAME": {…}.
  Loaded load(const std::string& services) {
    directory_.write("rhumb.json", fmt::format(R"({{
      "listen": ["127.0.0.1:5300"], "zones": "zones", "geoip": ["{}/{}"],
      "regions": {{"us-east": {{"coordinates": [39.04, -77.49], "capacity": 200}},
                  "eu-west": {{"coordinates": [53.35, -6.26], "capacity": 600}},
                  "ap-southeast": {{"coordinates": [1.35, 103.82], "capacity": 200}}}},
      "services": {{{}}}
    }})",
                                               RHUMB_TEST_DATA, database_, services));
    Problems problems;
    auto loaded = daemon::load(directory_.path() / "rhumb.json", Secrets{1, {}}, nullptr, problems);
    if (!loaded) throw std::runtime_error(problems.first_error()->to_string());
    return std::move(*loaded);
  }
  // With a steering of its own: "order": "listed", …
  Loaded load_steered(const std::string& steering, std::string_view instances = kRegionInstances) {
    return load(fmt::format(R"("www.example.com": {{"steering": {{{}}}, {}}})", steering, instances));
  }

  [[nodiscard]] Clients weigh(const Loaded& loaded, std::string_view csv) const {
    Problems problems;
    const auto weights = geo::read_client_weights(directory_.write("clients.csv", csv), problems);
    return locate_clients(loaded.databases.get(), {weights.value(), true, ""});
  }

  std::string database_ = "city.mmdb";
  test::TemporaryDirectory directory_;
};

health::Board board_with_down(const Loaded& loaded, std::initializer_list<std::string_view> down) {
  health::Board board(loaded.plan.instances.size());
  for (const steering::Service& service : loaded.snapshot->services) {
    for (const steering::Instance& instance : service.settings().instances) {
      const std::string& region = service.settings().regions[instance.region];
      if (std::ranges::find(down, region) != down.end()) board.write(instance.target, health::State::down);
    }
  }
  return board;
}

// Of one configuration, before and with these regions down.
SimulatedService simulate_down(const Loaded& loaded, const Clients& clients,
                               std::initializer_list<std::string_view> down) {
  const health::Board up = board_with_down(loaded, {});
  const health::Board some_down = board_with_down(loaded, down);
  return simulate({loaded, up}, {loaded, some_down}, clients, std::nullopt).services.at(0);
}

// Shares by region or outcome; those that are 0 are left out.
std::map<std::string, double> shares(const SimulatedService& service, double ShareChange::*when) {
  std::map<std::string, double> result;
  for (const SimulatedRegion& region : service.regions)
    result[region.name] = region.share.*when;
  for (const SimulatedOutcome& outcome : service.outcomes)
    result[outcome.name] = outcome.share.*when;
  std::erase_if(result, [](const auto& entry) { return entry.second == 0; });
  return result;
}
std::map<std::string, double> before(const SimulatedService& service) {
  return shares(service, &ShareChange::before);
}
std::map<std::string, double> after(const SimulatedService& service) {
  return shares(service, &ShareChange::after);
}

const SimulatedRegion& region(const SimulatedService& service, std::string_view name) {
  return *std::ranges::find(service.regions, name, &SimulatedRegion::name);
}

// "COUNTRY: FROM → TO SHARE"
std::vector<std::string> flows(const SimulatedService& service) {
  std::vector<std::string> result;
  for (const CountryMove& country : service.countries) {
    for (const Flow& flow : country.flows)
      result.push_back(fmt::format("{}: {} → {} {:.4f}", country.country, flow.from, flow.to, flow.share));
  }
  return result;
}

TEST_F(SimulationTest, ByAddressSpaceOnlyWhatTheDatabaseKnowsCounts) {
  database_ = "loopback.mmdb";  // a /16 in Singapore, a /16 in Paris, and nothing else
  const Loaded loaded = load_steered("");
  const Clients clients = locate_clients(loaded.databases.get(), {geo::weigh_by_address_space(), false, ""});
  EXPECT_EQ(weight_of(clients), 2 * 65'536);
  const SimulatedService service = simulate_down(loaded, clients, {"eu-west"});
  EXPECT_THAT(service.names, ElementsAre("www.example.com"));
  EXPECT_EQ(service.family, Family::v4);
  EXPECT_THAT(before(service), UnorderedElementsAre(Pair("eu-west", near(0.5)), Pair("ap-southeast", near(0.5))));
  EXPECT_THAT(after(service), UnorderedElementsAre(Pair("us-east", near(0.5)), Pair("ap-southeast", near(0.5))));
  EXPECT_THAT(service.moved, near(0.5));
  EXPECT_THAT(flows(service), ElementsAre("FR: eu-west → us-east 0.5000"));
}

TEST_F(SimulationTest, WeightsSayWhatANetworkCounts) {
  const Loaded loaded = load_steered("");
  const SimulatedService service = simulate_down(loaded, weigh(loaded, kAshburn6Paris3Singapore1), {"us-east"});
  EXPECT_THAT(before(service), UnorderedElementsAre(Pair("us-east", near(0.6)), Pair("eu-west", near(0.3)),
                                                    Pair("ap-southeast", near(0.1))));
  EXPECT_THAT(after(service), UnorderedElementsAre(Pair("eu-west", near(0.9)), Pair("ap-southeast", near(0.1))));
  EXPECT_THAT(flows(service), ElementsAre("US: us-east → eu-west 0.6000"));
}

TEST_F(SimulationTest, DistancesAreThoseOfTheClientsThatHaveCoordinates) {
  const Loaded loaded = load_steered("");
  // Dublin to London 463 km, to Paris 781 km, to Ashburn 5,446 km. Of 8.8.8.0/24 no place is known.
  const SimulatedService service = simulate_down(
      loaded, weigh(loaded, "81.2.69.0/24,60\n203.0.113.0/24,34\n192.0.2.0/24,6\n8.8.8.0/24,1\n"), {"us-east"});
  const auto distances = region(service, "eu-west");
  ASSERT_TRUE(distances.distances_before && distances.distances_after);
  EXPECT_NEAR(distances.distances_before->median_km, 463, 3);
  EXPECT_NEAR(distances.distances_before->p95_km, 781, 3);
  EXPECT_NEAR(distances.distances_after->median_km, 463, 3);
  EXPECT_NEAR(distances.distances_after->p95_km, 5'446, 20) << "94 % are nearer";
  EXPECT_FALSE(region(service, "us-east").distances_after);
}

TEST_F(SimulationTest, RangesAreDividedWhereTheRankingChanges) {
  const Loaded loaded = load_steered(R"("rules": [
    {"name": "lab", "networks": ["192.0.2.64/26"], "regions": ["ap-southeast"]},
    {"name": "abuse", "networks": ["192.0.2.8/29"], "action": "refuse"},
    {"name": "embargo", "networks": ["192.0.2.250/31"], "action": "nodata"}])");
  const SimulatedService service = simulate_down(loaded, weigh(loaded, "192.0.2.0/24,256\n"), {});
  EXPECT_THAT(
      before(service),
      UnorderedElementsAre(Pair("us-east", near(182 / 256.0)), Pair("ap-southeast", near(64 / 256.0)),
                           Pair("refused by a rule", near(8 / 256.0)), Pair("kept out by a rule", near(2 / 256.0))));
  EXPECT_EQ(before(service), after(service));
  EXPECT_EQ(service.moved, 0);
  EXPECT_THAT(service.countries, IsEmpty());
}

TEST_F(SimulationTest, EqualRegionsShareByCapacityAndTheDownOnesPartGoesToTheOthers) {
  const Loaded loaded = load_steered(R"("order": "equal", "pick": "sticky", "spread": "capacity")");
  const SimulatedService service = simulate_down(loaded, weigh(loaded, "203.0.113.0/24,1\n"), {"eu-west"});
  EXPECT_THAT(before(service), UnorderedElementsAre(Pair("us-east", near(0.2)), Pair("eu-west", near(0.6)),
                                                    Pair("ap-southeast", near(0.2))));
  EXPECT_THAT(after(service), UnorderedElementsAre(Pair("us-east", near(0.5)), Pair("ap-southeast", near(0.5))));
  EXPECT_THAT(service.moved, near(0.6));
  EXPECT_THAT(flows(service), ElementsAre("FR: eu-west → us-east 0.3000", "FR: eu-west → ap-southeast 0.3000"));
  EXPECT_THAT(region(service, "us-east").capacity.value(), near(0.2));
}

TEST_F(SimulationTest, WhenAllIsDownNobodyMovesAndThatIsTold) {
  const Loaded loaded = load_steered("");
  const auto clients = weigh(loaded, kAshburn6Paris3Singapore1);
  const SimulatedService service = simulate_down(loaded, clients, {"us-east", "eu-west", "ap-southeast"});
  EXPECT_EQ(before(service), after(service));
  EXPECT_EQ(service.all_down.before, 0);
  EXPECT_THAT(service.all_down.after, near(1));
}

TEST_F(SimulationTest, WhoGetsNoRegionIsCountedByWhatHeGets) {
  const auto all_down = {std::string_view("us-east"), std::string_view("eu-west"), std::string_view("ap-southeast")};
  const Loaded nodata = load_steered(R"("when_all_down": "nodata")");
  EXPECT_THAT(after(simulate_down(nodata, weigh(nodata, kAshburn6Paris3Singapore1), all_down)),
              ElementsAre(Pair("no address", near(1))));
  const Loaded fallback = load_steered(R"("when_all_down": "fallback")");
  const SimulatedService service = simulate_down(fallback, weigh(fallback, "203.0.113.0/24,1\n"), all_down);
  EXPECT_THAT(flows(service), ElementsAre("FR: eu-west → the zone's own records 1.0000"));
  const Loaded last_resort = load_steered(R"("when_all_down": ["192.0.2.99"])");
  EXPECT_THAT(after(simulate_down(last_resort, weigh(last_resort, kAshburn6Paris3Singapore1), all_down)),
              ElementsAre(Pair("the addresses of when_all_down", near(1))));
}

TEST_F(SimulationTest, NamesHaveNoFamilyAndAreSharedAsAddressesAre) {
  constexpr std::string_view kNames = R"("instances": [{"region": "us-east", "target": "us.example.net"},
    {"region": "eu-west", "target": "eu.example.net"}, {"region": "ap-southeast", "target": "ap.example.net"}])";
  const Loaded names = load_steered("", kNames);
  const auto clients = weigh(names, kAshburn6Paris3Singapore1);
  const SimulatedService alone = simulate_down(names, clients, {"us-east"});
  EXPECT_EQ(alone.family, std::nullopt);
  EXPECT_THAT(before(alone), UnorderedElementsAre(Pair("us-east", near(0.6)), Pair("eu-west", near(0.3)),
                                                  Pair("ap-southeast", near(0.1))));
  // Before the change the same service had IPv6 addresses.
  const Loaded addresses = load_steered("", R"("instances": [{"region": "us-east", "address": "2001:db8::10"}])");
  const health::Board up = board_with_down(addresses, {});
  const health::Board names_up = board_with_down(names, {});
  const auto changed = simulate({addresses, up}, {names, names_up}, clients, std::nullopt).services.at(0);
  EXPECT_EQ(changed.family, Family::v6);
  EXPECT_THAT(before(changed), ElementsAre(Pair("us-east", near(1))));
  EXPECT_EQ(after(changed), before(alone));
}

TEST_F(SimulationTest, WeightedClientsThatNoDatabaseKnowsCountToo) {
  const Loaded loaded = load_steered("");
  const SimulatedService service = simulate_down(loaded, weigh(loaded, "8.8.8.0/24,1\n"), {"us-east"});
  EXPECT_THAT(before(service), ElementsAre(Pair("us-east", near(1)))) << "the first of the configuration";
  EXPECT_THAT(flows(service), ElementsAre(": us-east → eu-west 1.0000"));
  EXPECT_FALSE(region(service, "us-east").distances_before);
}

TEST_F(SimulationTest, Ipv6ClientsCountWithWeights) {
  const Loaded loaded = load_steered("", R"("instances": [{"region": "us-east", "address": "2001:db8::10"},
                                                         {"region": "eu-west", "address": "2001:db8::20"}])");
  const Clients clients = weigh(loaded, "2001:db8:2::/48,3\n2001:db8:4::/48,1\n");
  EXPECT_THAT(weight_of(clients), near(4));
  const SimulatedService service = simulate_down(loaded, clients, {});
  EXPECT_EQ(service.family, Family::v6) << "the service has no other";
  EXPECT_THAT(before(service), UnorderedElementsAre(Pair("us-east", near(0.75)), Pair("eu-west", near(0.25))));
}

TEST_F(SimulationTest, ServicesThatAreAlikeAreOne) {
  const Loaded loaded = load(fmt::format(R"("c.example.com": {{{0}}}, "a.example.com": {{"ttl": 5, {0}}},
    "b.example.com": {{"steering": {{"order": "equal"}}, {0}}})",
                                         kRegionInstances));
  const health::Board board = board_with_down(loaded, {});
  const Clients clients = weigh(loaded, kAshburn6Paris3Singapore1);
  const auto all = simulate({loaded, board}, {loaded, board}, clients, std::nullopt);
  ASSERT_THAT(all.services, SizeIs(2));
  EXPECT_THAT(all.services[0].names, ElementsAre("c.example.com", "a.example.com"));
  EXPECT_THAT(all.services[1].names, ElementsAre("b.example.com"));
  const auto one = simulate({loaded, board}, {loaded, board}, clients, dns::Name::from_text("A.example.com"));
  ASSERT_THAT(one.services, SizeIs(1));
  EXPECT_THAT(one.services[0].names, ElementsAre("a.example.com"));
}

// Of `sticky` a region keeps its part while one of its instances is up.
TEST_F(SimulationTest, AStickyServiceIsNotLikeOneThatDraws) {
  constexpr std::string_view kTwoAndOne = R"("instances": [{"region": "us-east", "address": "192.0.2.10"},
    {"region": "us-east", "address": "192.0.2.11"}, {"region": "eu-west", "address": "192.0.2.20"}])";
  const Loaded loaded = load(fmt::format(R"("a.example.com": {{"steering": {{"order": "equal"}}, {0}}},
    "b.example.com": {{"steering": {{"order": "equal", "pick": "sticky"}}, {0}}})",
                                         kTwoAndOne));
  health::Board board = board_with_down(loaded, {});
  for (const steering::Service& service : loaded.snapshot->services)
    board.write(service.settings().instances[0].target, health::State::down);
  const auto result =
      simulate({loaded, board}, {loaded, board}, weigh(loaded, kAshburn6Paris3Singapore1), std::nullopt);
  ASSERT_THAT(result.services, SizeIs(2));
  EXPECT_THAT(result.services[0].regions[0].share.after, near(1 / 2.0));
  EXPECT_THAT(result.services[1].regions[0].share.after, near(2 / 3.0));
}

TEST_F(SimulationTest, AServiceWithOneRegionDownIsNotLikeOneWithout) {
  const Loaded loaded = load(fmt::format(R"("a.example.com": {{{0}}}, "b.example.com": {{{0}}})", kRegionInstances));
  const health::Board up = board_with_down(loaded, {});
  health::Board down(loaded.plan.instances.size());
  down.write(loaded.snapshot->services[1].settings().instances[0].target, health::State::down);
  const auto result = simulate({loaded, up}, {loaded, down}, weigh(loaded, kAshburn6Paris3Singapore1), std::nullopt);
  EXPECT_THAT(result.services, SizeIs(2));
}

TEST_F(SimulationTest, AnotherConfigurationIsComparedByName) {
  const Loaded old = load(fmt::format(R"("www.example.com": {{{0}}}, "old.example.com": {{{0}}})", kRegionInstances));
  const Loaded changed = load(R"("new.example.com": {"instances": [{"region": "us-east", "address": "192.0.2.9"}]},
    "www.example.com": {"instances": [{"region": "ap-southeast", "address": "192.0.2.30"}]})");
  const health::Board board_old = board_with_down(old, {});
  const health::Board board_new = board_with_down(changed, {});
  const auto result =
      simulate({old, board_old}, {changed, board_new}, weigh(old, kAshburn6Paris3Singapore1), std::nullopt);
  EXPECT_THAT(result.only_before, ElementsAre("old.example.com"));
  EXPECT_THAT(result.only_after, ElementsAre("new.example.com"));
  ASSERT_THAT(result.services, SizeIs(1));
  EXPECT_THAT(after(result.services[0]), ElementsAre(Pair("ap-southeast", near(1))));
  EXPECT_THAT(flows(result.services[0]),
              ElementsAre("US: us-east → ap-southeast 0.6000", "FR: eu-west → ap-southeast 0.3000"));
  EXPECT_FALSE(region(result.services[0], "us-east").capacity) << "it is no region of the service any more";
}

// Address by address, as queries would have it. Each client is his own resolver.
TEST_F(SimulationTest, AgreesWithEveryAddressAskedAlone) {
  const Loaded loaded = load_steered(R"("tolerance_km": 9000, "rules": [
    {"name": "lab", "networks": ["192.0.2.3/32", "192.0.2.77/32", "198.51.100.96/27"], "regions": ["us-east", "eu-west"]},
    {"name": "resolvers", "resolver_networks": ["192.0.2.160/28"], "regions": ["ap-southeast"]},
    {"name": "france", "countries": ["FR"], "regions": ["ap-southeast", "us-east"]}])");
  const SimulatedService service =
      simulate_down(loaded, weigh(loaded, "192.0.2.0/23,512\n198.51.100.0/24,256\n203.0.113.64/26,64\n"), {"us-east"});

  const steering::Service& asked = loaded.snapshot->services[0];
  const health::Board board = board_with_down(loaded, {"us-east"});
  const auto is_healthy = [&](steering::TargetIndex target) { return board.read(target).share > 0; };
  std::map<std::string, double> expected;
  for (const auto& [first, count] : {std::pair("192.0.2.0", 512U), {"198.51.100.0", 256U}, {"203.0.113.64", 64U}}) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto ranked = asked.ranking_map().find(IpAddress::v4(IpAddress::parse(first)->as_v4() + i));
      const auto expectation = asked.expect(Family::v4, ranked, is_healthy);
      for (std::size_t place = 0; place < expectation.shares.size(); ++place)
        expected[asked.settings().regions[place]] += expectation.shares[place] / (512 + 256 + 64);
    }
  }
  EXPECT_EQ(expected["us-east"], 0);
  EXPECT_THAT(after(service), UnorderedElementsAre(Pair("eu-west", near(expected["eu-west"])),
                                                   Pair("ap-southeast", near(expected["ap-southeast"]))));
}

}  // namespace
}  // namespace rhumb::daemon

// Every policy once, with real packets: what docs/steering.md promises, of the running server.
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/wait_until.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using dns::type::kAaaa;
using testing::AnyOf;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr int kAnswers = 200;

Json& steering_of(World& world) {
  return world.config["services"]["www.example.com"]["steering"];
}

// How often each address comes first, of kAnswers to one client.
std::map<std::string, int> first_addresses(const World& world, const std::string& client) {
  std::map<std::string, int> counts;
  for (int i = 0; i < kAnswers; ++i)
    ++counts[world.addresses({.name = "www.example.com", .client = client}).at(0)];
  return counts;
}

TEST(Policies, EqualRegionsAreAllUsed) {
  World world;
  steering_of(world) = {{"order", "equal"}};
  world.serve();
  EXPECT_THAT(first_addresses(world, kParis),
              UnorderedElementsAre(Pair(kUsEast, Gt(0)), Pair(kEuWest, Gt(0)), Pair(kApSoutheast, Gt(0))));
}

TEST(Policies, RegionsWithinTheToleranceAreUsedAndNoOthers) {
  World world;
  steering_of(world) = {{"tolerance_km", 5'500}};
  world.serve();
  EXPECT_THAT(first_addresses(world, kParis), UnorderedElementsAre(Pair(kUsEast, Gt(0)), Pair(kEuWest, Gt(0))));
}

TEST(Policies, WeightedFollowsTheWeights) {
  World world;
  steering_of(world) = {{"order", "equal"}, {"pick", "weighted"}};
  for (Json& instance : world.config["services"]["www.example.com"]["instances"])
    instance["weight"] = instance["region"] == "us-east" ? 9 : instance["region"] == "eu-west" ? 1 : 0;
  world.serve();
  auto counts = first_addresses(world, kSingapore);
  EXPECT_EQ(counts.count(kApSoutheast), 0U) << "has no weight";
  // 180 ± 4.2: more than ten standard deviations either way.
  EXPECT_THAT(counts[kUsEast], testing::AllOf(Gt(130), testing::Lt(kAnswers)));
}

TEST(Policies, StickyKeepsAClientAndBothFamiliesInOneRegion) {
  World world;
  steering_of(world) = {{"order", "equal"}, {"pick", "sticky"}};
  world.serve();
  EXPECT_THAT(first_addresses(world, kParis), ElementsAre(Pair(AnyOf(kUsEast, kEuWest, kApSoutheast), kAnswers)));
  const auto v6 = world.addresses({.name = "www.example.com", .type = kAaaa, .client = kParis});
  const auto v4 = world.addresses({.name = "www.example.com", .client = kParis});
  // 192.0.2.20 and 2001:db8::20, and so on.
  EXPECT_EQ(v4.at(0).substr(8), v6.at(0).substr(10));
  std::map<std::string, int> regions;
  for (int i = 0; i < 60; ++i)
    ++regions[world.addresses({.name = "www.example.com", .client = fmt::format("10.0.{}.0/24", i)}).at(0)];
  EXPECT_EQ(regions.size(), 3U) << "other clients go elsewhere";
  EXPECT_EQ(world.ask({.name = "www.example.com", .client = kParis}).scope_bits, 24);
  EXPECT_EQ(world.ask({.name = "www.example.com", .type = kAaaa, .client = "2001:db8:4::/48"}).scope_bits, 56);
}

TEST(Policies, RulesComeFirst) {
  World world;
  steering_of(world) = {{"rules",
                         {{{"networks", {kParis}}, {"regions", {"ap-southeast"}}},
                          {{"countries", {"US"}}, {"action", "refuse"}},
                          {{"continents", {"AS"}}, {"action", "nodata"}}}}};
  world.serve();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kApSoutheast));
  const Response refused = world.ask({.name = "www.example.com", .client = kAshburn});
  EXPECT_EQ(refused.rcode, "REFUSED");
  EXPECT_EQ(refused.scope_bits, 24);
  const Response none = world.ask({.name = "www.example.com", .client = kSingapore});
  EXPECT_EQ(none.rcode, "NOERROR");
  EXPECT_THAT(none.answer, IsEmpty());
  EXPECT_EQ(none.scope_bits, 25);
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "81.2.69.0/24"}), ElementsAre(kEuWest));
}

TEST(Policies, LatencyFollowsWhatIsMeasuredAndItsFileIsWatched) {
  World world;
  world.config["latency"] = {{"files", {"rtt.csv"}}};
  steering_of(world) = {{"order", "latency"}};
  world.write("rtt.csv", "203.0.113.0/24,us-east,40,9\n203.0.113.0/24,eu-west,90,9\n");
  world.serve();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kUsEast));
  EXPECT_EQ(world.ask({.name = "www.example.com", .client = kParis}).scope_bits, 24);
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kAshburn}), ElementsAre(kUsEast)) << "the nearest";

  // Not better by enough; then by enough; then not to be read.
  world.write("rtt.csv", "203.0.113.0/24,us-east,40,9\n203.0.113.0/24,eu-west,38,9\n# of today\n");
  ASSERT_TRUE(world.logs("latency files read anew in"));
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kUsEast));
  world.write("rtt.csv", "203.0.113.0/24,us-east,40,9\n203.0.113.0/24,eu-west,20,9\n");
  EXPECT_TRUE(wait_until([&] {
    return world.addresses({.name = "www.example.com", .client = kParis}) == std::vector<std::string>{kEuWest};
  }));
  world.write("rtt.csv", "203.0.113.0/24,us-east,fast\n");
  ASSERT_TRUE(world.logs("latency files refused: what was measured before keeps ordering the regions"));
  EXPECT_TRUE(world.logs("rtt.csv:1: \"fast\" is not a time in milliseconds"));
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kEuWest));
}

// Else a reload would forget what it has to hold on to.
TEST(Policies, LatencyHoldsItsChoiceThroughAReload) {
  World world;
  world.config["latency"] = {{"files", {"rtt.csv"}}};
  steering_of(world) = {{"order", "latency"}, {"hysteresis", {{"ms", 10}, {"percent", 0}}}};
  world.write("rtt.csv", "203.0.113.0/24,us-east,40,9\n203.0.113.0/24,eu-west,90,9\n");
  world.serve();
  world.write("rtt.csv", "203.0.113.0/24,us-east,40,9\n203.0.113.0/24,eu-west,31,9\n");
  world.reload();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kUsEast));
  steering_of(world)["hysteresis"]["ms"] = 9;
  world.reload();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kEuWest));
}

TEST(Policies, HintsOfHttpsRecordsAreSteeredAsTheAddressesAre) {
  World world;
  world.write("zones/example.com.zone",
              std::string(kZoneText) + "www HTTPS 1 . alpn=h3 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1\n");
  steering_of(world) = {{"rules", {{{"networks", {kAshburn}}, {"action", "refuse"}}}}};
  world.serve();
  const auto ask = [&](const char* client) {
    return world.ask({.name = "shop.example.com", .type = dns::type::kHttps, .client = client});
  };
  const Response paris = ask(kParis);
  EXPECT_THAT(paris.answer,
              ElementsAre("shop.example.com. 3600 IN CNAME www.example.com.",
                          "www.example.com. 30 IN HTTPS 1 . alpn=h3 ipv4hint=192.0.2.20 ipv6hint=2001:db8::20"));
  EXPECT_EQ(paris.scope_bits, 24);
  EXPECT_THAT(ask(kSingapore).answer.at(1), testing::HasSubstr("ipv4hint=192.0.2.30 ipv6hint=2001:db8::30"));
  EXPECT_EQ(ask(kAshburn).rcode, "REFUSED");
}

TEST(Policies, RulesMayAskWhichResolverAsks) {
  World world;
  steering_of(world) = {{"rules",
                         {{{"countries", {"SG"}}, {"regions", {"eu-west"}}},
                          {{"resolver_networks", {"127.0.0.2"}}, {"regions", {"us-east"}}}}}};
  world.serve();
  const auto ask = [&](const char* source, const char* client) {
    const UdpClient resolver(world.server(), IpAddress::parse(source));
    const auto response = resolver.ask(to_query({.name = "www.example.com", .client = client}));
    EXPECT_TRUE(response);
    return parse_response(*response);
  };
  EXPECT_THAT(data_of(ask("127.0.0.1", kParis).answer), ElementsAre(kEuWest));
  EXPECT_THAT(data_of(ask("127.0.0.2", kParis).answer), ElementsAre(kUsEast));
  EXPECT_THAT(data_of(ask("127.0.0.1", "8.8.8.0/24").answer), ElementsAre(kApSoutheast));
  EXPECT_THAT(data_of(ask("127.0.0.2", "8.8.8.0/24").answer), ElementsAre(kUsEast));
  EXPECT_THAT(data_of(ask("127.0.0.2", kSingapore).answer), ElementsAre(kEuWest))
      << "an earlier rule matches the client";
  // Behind 127.0.0.2 all around Paris are sent to us-east, whatever the databases say of them.
  EXPECT_GT(ask("127.0.0.1", kParis).scope_bits, ask("127.0.0.2", kParis).scope_bits);
}

TEST(Policies, RulesOfAFileAreReadAnewWithAReload) {
  World world;
  world.config["rule_sets"] = {{"partners", {{"file", "partners.csv"}}}};
  steering_of(world) = {{"rules", {{{"rule_set", "partners"}}}}};
  world.write("partners.csv", "network,region\n203.0.113.0/24,ap-southeast\n203.0.113.0/26,us-east,ap-southeast\n");
  world.serve();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "203.0.113.0/26"}), ElementsAre(kUsEast));
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "203.0.113.128/26"}), ElementsAre(kApSoutheast));
  EXPECT_EQ(world.ask({.name = "www.example.com", .client = "203.0.113.128/26"}).scope_bits, 25);
  world.write("partners.csv", "203.0.113.0/24,eu-west\n");
  world.reload();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "203.0.113.0/26"}), ElementsAre(kEuWest));
  world.write("partners.csv", "203.0.113.0/24,us-east\n203.0.113.0/24,eu-wset\n");
  EXPECT_THAT(world.reload(), testing::HasSubstr("partners.csv:2: \"eu-wset\" is not a region (did you mean"));
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "203.0.113.0/26"}), ElementsAre(kEuWest));
}

TEST(Policies, FollowWhatGeofeedsSay) {
  World world;
  world.config["geofeeds"] = Json::array({"offices.geofeed.csv"});
  world.write("offices.geofeed.csv", "# ours\n203.0.113.0/26,US,US-VA,Ashburn,20147\n203.0.113.64/26,,,,\n");
  world.serve();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "203.0.113.0/28"}), ElementsAre(kUsEast));
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "203.0.113.64/28"}), ElementsAre(kApSoutheast))
      << "not located: the first region of the configuration";
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "203.0.113.128/28"}), ElementsAre(kEuWest));
  EXPECT_EQ(world.ask({.name = "www.example.com", .client = "203.0.113.128/28"}).scope_bits, 25);
  world.write("offices.geofeed.csv", "203.0.113.0/26,UK\n");
  EXPECT_THAT(world.reload(), testing::HasSubstr("offices.geofeed.csv:1: \"UK\" is not a country's ISO 3166-1 code"));
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "203.0.113.0/28"}), ElementsAre(kUsEast));
}

TEST(Policies, NamesAreGivenAsCnamesAndFollowedIntoEveryZoneHere) {
  World world;
  world.write("zones/example.net.zone",
              "$TTL 60\n@ SOA ns h 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.63\n"
              "lb-eu A 192.0.2.64\n");
  world.config["services"]["app.example.com"] = {{"instances",
                                                  {{{"region", "us-east"}, {"target", "lb.us.example.org"}},
                                                   {{"region", "eu-west"}, {"target", "LB-EU.example.net."}},
                                                   {{"region", "ap-southeast"}, {"target", "www.example.com"}}}}};
  world.serve();
  const auto ask = [&](const char* client, dns::Type type) {
    return world.ask({.name = "app.example.com", .type = type, .client = client});
  };
  EXPECT_THAT(ask(kAshburn, kAaaa).answer, ElementsAre("app.example.com. 30 IN CNAME lb.us.example.org."));
  const Response paris = ask(kParis, dns::type::kA);
  EXPECT_THAT(paris.answer,
              ElementsAre("app.example.com. 30 IN CNAME lb-eu.example.net.", "lb-eu.example.net. 60 IN A 192.0.2.64"));
  EXPECT_EQ(paris.scope_bits, 24);
  EXPECT_THAT(ask(kParis, dns::type::kTxt).authority, ElementsAre(testing::StartsWith("example.net. 60 IN SOA ")));
  EXPECT_THAT(ask(kSingapore, dns::type::kA).answer,
              ElementsAre("app.example.com. 30 IN CNAME www.example.com.", "www.example.com. 30 IN A 192.0.2.30"));
}

TEST(Policies, ChangeWithAReload) {
  World world;
  world.serve();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kEuWest));
  steering_of(world) = {{"order", "listed"}, {"regions", {"us-east", "eu-west"}}};
  world.reload();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kUsEast));
}

}  // namespace
}  // namespace rhumb::test

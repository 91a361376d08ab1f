// `rhumb explain`: says what the server would do, and is right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;

class Explain : public testing::Test {
 protected:
  Explain() {
    world_.config["listen"] = Json::array({"127.0.0.1:5300"});
    world_.write_config();
  }

  [[nodiscard]] Finished explain(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "explain");
    arguments.insert(arguments.end(), {"--config", "rhumb.json"});
    return run_rhumb(world_.path(), arguments);
  }
  [[nodiscard]] std::string explained(const std::vector<std::string>& arguments) const {
    const Finished run = explain(arguments);
    EXPECT_EQ(run.exit, "status 0") << run.errors;
    return run.output;
  }
  // What it complains of.
  [[nodiscard]] std::string refused(const std::vector<std::string>& arguments) const {
    const Finished run = explain(arguments);
    EXPECT_EQ(run.exit, "status 1") << run.output;
    EXPECT_EQ(run.output, "");
    return run.errors;
  }

  World world_;
};

TEST_F(Explain, TellsWhereTheClientIsAndWhatFollows) {
  const std::string text = explained({"www.example.com", "203.0.113.9"});
  EXPECT_THAT(text, HasSubstr("question  www.example.com A\n"));
  EXPECT_THAT(text, HasSubstr("203.0.113.9 is in Paris, IDF, FR, EU (geo.mmdb)"));
  EXPECT_THAT(text, HasSubstr("at 48.86, 2.35 (geo.mmdb)"));
  // By great circle: Paris–Dublin 777 km, –Ashburn 6,182 km, –Singapore 10,730 km.
  EXPECT_THAT(text, ContainsRegex("1\\. eu-west +7[678][0-9] km +← picked\n +→ 192.0.2.20"));
  EXPECT_THAT(text, ContainsRegex("2\\. us-east +6[12][0-9][0-9] km\n"));
  EXPECT_THAT(text, ContainsRegex("3\\. ap-southeast +107[0-9][0-9] km\n"));
  EXPECT_THAT(text, HasSubstr("why       eu-west is the nearest region\n"));
  EXPECT_THAT(text, HasSubstr("scope     /24: all of 203.0.113.0/24 gets the same ranking\n"));
  EXPECT_THAT(text, HasSubstr("ttl       30 s\n"));
  EXPECT_THAT(text, HasSubstr("www.example.com. 30 IN A 192.0.2.20\n"));
}

TEST_F(Explain, NamesTheGeofeedThatSaysWhereTheClientIs) {
  world_.write("offices.geofeed.csv", "203.0.113.0/28,SG,,Singapore,\n");
  world_.config["geofeeds"] = Json::array({"offices.geofeed.csv"});
  world_.write_config();
  const std::string text = explained({"www.example.com", "203.0.113.9"});
  EXPECT_THAT(text, HasSubstr("203.0.113.9 is in Singapore, SG, AS (offices.geofeed.csv)"));
  EXPECT_THAT(text, HasSubstr("at 1.29, 103.85 (geo.mmdb)"));
  EXPECT_THAT(text, HasSubstr("www.example.com. 30 IN A 192.0.2.30\n"));
  EXPECT_THAT(explained({"www.example.com", "203.0.113.17"}), HasSubstr("is in Paris, IDF, FR, EU (geo.mmdb)"));
}

TEST_F(Explain, NamesTheSetOrFileOfARule) {
  world_.write("partners.csv", "203.0.113.0/24,us-east\n");
  world_.config["rule_sets"] = {{"offices", {{{"countries", {"SG"}}, {"regions", {"us-east"}}}}},
                                {"partners", {{"file", "partners.csv"}}}};
  world_.config["services"]["www.example.com"]["steering"] = {
      {"rules", {{{"rule_set", "offices"}}, {{"rule_set", "partners"}}}}};
  world_.write_config();
  EXPECT_THAT(explained({"www.example.com", "203.0.113.9"}), HasSubstr("rule      \"partners.csv: us-east\"\n"));
  EXPECT_THAT(explained({"www.example.com", "198.51.100.9"}), HasSubstr("rule      \"offices: number 1\"\n"));
}

TEST_F(Explain, AsksAsTheResolverOfTheClient) {
  world_.config["services"]["www.example.com"]["steering"] = {
      {"rules", {{{"name", "a VPN"}, {"resolver_networks", {"198.51.100.53"}}, {"regions", {"us-east"}}}}}};
  world_.write_config();
  const std::string text = explained({"www.example.com", "203.0.113.9", "--resolver", "198.51.100.53"});
  EXPECT_THAT(text, HasSubstr("resolver  198.51.100.53\n"));
  EXPECT_THAT(text, HasSubstr("rule      \"a VPN\"\n"));
  EXPECT_THAT(text, HasSubstr("www.example.com. 30 IN A 192.0.2.10\n"));
  EXPECT_THAT(explained({"www.example.com", "203.0.113.9"}), HasSubstr("www.example.com. 30 IN A 192.0.2.20\n"));
  EXPECT_THAT(explained({"www.example.com", "198.51.100.53"}), HasSubstr("www.example.com. 30 IN A 192.0.2.10\n"))
      << "without a resolver the client asks by himself";
  EXPECT_THAT(refused({"www.example.com", "203.0.113.9", "--resolver", "ns1"}),
              HasSubstr("rhumb explain: resolver: \"ns1\" is not an IP address"));
}

TEST_F(Explain, TakesNetworksAndIpv6) {
  EXPECT_THAT(explained({"www.example.com", "198.51.100.128/26"}), HasSubstr("is in Sydney, NSW, AU, OC"));
  EXPECT_THAT(explained({"www.example.com", "2001:db8:4::1", "--type", "AAAA"}),
              HasSubstr("www.example.com. 30 IN AAAA 2001:db8::20\n"));
}

TEST_F(Explain, AClientThatIsInNoDatabaseGetsTheConfiguredOrder) {
  const std::string text = explained({"www.example.com", "8.8.8.8"});
  EXPECT_THAT(text, AllOf(HasSubstr("8.8.8.8 is in no geo database"),
                          HasSubstr("why       ap-southeast comes first in the configuration\n")));
}

TEST_F(Explain, TellsWhichMeasurementDecided) {
  world_.config["latency"] = {{"files", {"rtt.csv"}}};
  world_.config["services"]["www.example.com"]["steering"] = {{"order", "latency"}};
  world_.write("rtt.csv", "203.0.113.0/24,us-east,40.25,12\n203.0.113.0/24,eu-west,90,3\n");
  world_.write_config();
  const std::string text = explained({"www.example.com", "203.0.113.9"});
  EXPECT_THAT(text, HasSubstr("order latency"));
  EXPECT_THAT(
      text, ContainsRegex("1\\. us-east +6[12][0-9][0-9] km   40\\.2 ms \\(network, 12 samples, [0-9]+ s old\\)   ←"));
  EXPECT_THAT(text, ContainsRegex("2\\. eu-west .* 90\\.0 ms \\(network, 3 samples"));
  EXPECT_THAT(text, ContainsRegex("3\\. ap-southeast .* not measured"));
  EXPECT_THAT(text, HasSubstr("why       us-east is the fastest region\n"));
  const Json json = Json::parse(explained({"www.example.com", "81.2.69.0/24", "--json"}));
  EXPECT_EQ(json.at("steering").at("ranking").at(0).count("latency"), 0U);
  EXPECT_EQ(json.at("steering").at("why"), "eu-west is the nearest region");
  const Json measured = Json::parse(explained({"www.example.com", "203.0.113.9", "--json"}));
  EXPECT_EQ(measured.at("steering").at("ranking").at(0).at("latency").at("rtt_ms"), 40.25);
}

TEST_F(Explain, DownMovesThePick) {
  const std::string text = explained({"www.example.com", "203.0.113.9", "--down", "eu-west"});
  EXPECT_THAT(text, ContainsRegex("2\\. us-east .*← picked"));
  EXPECT_THAT(text, HasSubstr("why       us-east is the nearest region of those that have a healthy instance\n"));
  EXPECT_THAT(text, HasSubstr("www.example.com. 30 IN A 192.0.2.10\n"));
  EXPECT_THAT(explained({"www.example.com", "203.0.113.9", "--down", "eu-west", "--down", "us-east"}),
              HasSubstr("www.example.com. 30 IN A 192.0.2.30\n"));
  EXPECT_THAT(
      explained({"www.example.com", "203.0.113.9", "--down", "eu-west", "--down", "us-east", "--down", "ap-southeast"}),
      HasSubstr("no instance is healthy: answered as if all were up (when_all_down: nearest)"));
}

TEST_F(Explain, ToldThatTheAddressesOfTheLastResortAreAllThereIs) {
  world_.config["services"]["www.example.com"]["steering"]["when_all_down"] = {"198.51.100.99"};
  world_.write_config();
  std::vector<std::string> all_down = {"www.example.com", "203.0.113.9"};
  for (const char* region : {"eu-west", "us-east", "ap-southeast"})
    all_down.insert(all_down.end(), {"--down", region});
  EXPECT_THAT(explained(all_down),
              AllOf(HasSubstr("why       no instance is healthy: the addresses of when_all_down\n"),
                    HasSubstr("www.example.com. 30 IN A 198.51.100.99\n")));
  all_down.insert(all_down.end(), {"--type", "AAAA"});
  EXPECT_THAT(explained(all_down),
              HasSubstr("why       no instance is healthy: the addresses of when_all_down, of which none is IPv6\n"));
  all_down.push_back("--json");
  EXPECT_EQ(Json::parse(explained(all_down)).at("steering").at("outcome"), "last_resort");
}

TEST_F(Explain, JsonAgreesWithTheRunningServer) {
  world_.serve();
  for (const char* client : {kParis, kAshburn, kSingapore, "8.8.8.0/24", "2001:db8:5:0:8000::/65"}) {
    for (const char* name : {"www.example.com", "shop.example.com"}) {
      SCOPED_TRACE(std::string(name) + " for " + client);
      const Json json = Json::parse(explained({name, client, "--json"}));
      const Response response = world_.ask({.name = name, .client = client});
      EXPECT_EQ(json.at("rcode"), response.rcode);
      EXPECT_EQ(json.at("answer"), Json(response.answer));
      EXPECT_EQ(json.at("zone"), "example.com");
      EXPECT_EQ(json.at("steering").at("scope_bits"), response.scope_bits.value_or(-1));
      EXPECT_EQ(json.at("steering").at("ttl"), 30);
      EXPECT_EQ(json.at("steering").at("outcome"), "healthy");
      const auto& first = json.at("steering").at("ranking").at(0);
      EXPECT_EQ(first.at("picked"), true);
      EXPECT_THAT(data_of(response.answer), testing::Contains(first.at("instances").at(0).at("address")));
    }
  }
}

TEST_F(Explain, ShowsTargetsWhereItShowsAddressesAndEveryServiceOnTheWay) {
  world_.config["services"]["app.example.com"]["instances"] = {{{"region", "eu-west"}, {"target", "www.example.com"}},
                                                               {{"region", "us-east"}, {"target", "lb.example.org"}}};
  world_.write_config();
  const std::string text = explained({"app.example.com", kParis});
  EXPECT_THAT(text, HasSubstr("service   app.example.com, names, order nearest, pick rotate\n"));
  EXPECT_THAT(text, ContainsRegex("→ www.example.com +unchecked\n"));
  EXPECT_THAT(text, ContainsRegex("  lb.example.org +unchecked\n"));
  EXPECT_THAT(text, HasSubstr("service   www.example.com, IPv4, order nearest, pick rotate\n"));
  EXPECT_THAT(text, HasSubstr("www.example.com. 30 IN A 192.0.2.20\n"));
  const Json json = Json::parse(explained({"app.example.com", kParis, "--json"}));
  ASSERT_EQ(json.at("all_steering").size(), 2U);
  EXPECT_EQ(json.at("steering").at("family"), nullptr);
  EXPECT_EQ(json.at("steering").at("ranking").at(0).at("instances").at(0).at("target"), "www.example.com");
  EXPECT_EQ(json.at("all_steering").at(1).at("service"), "www.example.com");
}

TEST_F(Explain, OfHintsBothFamiliesAreExplained) {
  world_.write("zones/example.com.zone", std::string(kZoneText) + "www HTTPS 1 . ipv4hint=192.0.2.1\n");
  const std::string text = explained({"www.example.com", kParis, "--type", "HTTPS"});
  EXPECT_THAT(text, HasSubstr("service   www.example.com, IPv4, order nearest, pick rotate\n"));
  EXPECT_THAT(text, HasSubstr("service   www.example.com, IPv6, order nearest, pick rotate\n"));
  EXPECT_THAT(text, ContainsRegex("→ 192.0.2.20 "));
  EXPECT_THAT(text, ContainsRegex("→ 2001:db8::20 "));
  const Json json = Json::parse(explained({"www.example.com", kParis, "--type", "HTTPS", "--json"}));
  ASSERT_EQ(json.at("all_steering").size(), 2U);
  EXPECT_EQ(json.at("all_steering").at(0), json.at("steering")) << "the first, as where there is one";
  EXPECT_EQ(json.at("all_steering").at(1).at("family"), "IPv6");
}

TEST_F(Explain, WithoutAnInstanceOfTheFamilyTheScopeIsZeroAsTheServerHasIt) {
  auto& instances = world_.config["services"]["www.example.com"]["instances"];
  instances = Json::array({instances[0], instances[2], instances[4]});  // IPv4 only
  world_.serve();
  const Json json = Json::parse(explained({"www.example.com", kParis, "--type", "AAAA", "--json"}));
  EXPECT_EQ(json.at("steering").at("outcome"), "no_instances");
  EXPECT_EQ(json.at("steering").at("scope_bits"), 0);
  EXPECT_EQ(world_.ask({.name = "www.example.com", .type = dns::type::kAaaa, .client = kParis}).scope_bits, 0);
}

TEST_F(Explain, ANameThatIsNotSteeredIsExplainedToo) {
  EXPECT_THAT(explained({"static.example.com", "203.0.113.9"}),
              AllOf(HasSubstr("static.example.com exists\n"), HasSubstr("static.example.com. 3600 IN A 192.0.2.80\n"),
                    testing::Not(HasSubstr("ranking"))));
  EXPECT_THAT(explained({"a.apps.example.com", "203.0.113.9"}),
              HasSubstr("a.apps.example.com does not exist; a wildcard stands for it\n"));
}

TEST_F(Explain, ANameThatDoesNotExistIsNxDomain) {
  EXPECT_THAT(explained({"nowhere.example.com", "203.0.113.9"}),
              AllOf(HasSubstr("nowhere.example.com does not exist\n"), HasSubstr("answer    NXDOMAIN\n")));
}

TEST_F(Explain, ANameOfNoZoneIsRefused) {
  EXPECT_THAT(explained({"www.example.net", "203.0.113.9"}),
              AllOf(HasSubstr("zone      none of ours\n"), HasSubstr("answer    REFUSED\n")));
  EXPECT_EQ(Json::parse(explained({"www.example.net", "203.0.113.9", "--json"})).at("zone"), nullptr);
}

TEST_F(Explain, ANameOfABrokenZoneIsServfail) {
  world_.write("zones/static.example.com.zone", "broken\n");
  EXPECT_THAT(explained({"a.static.example.com", "203.0.113.9"}),
              AllOf(HasSubstr("zone      static.example.com\n"),
                    HasSubstr("a.static.example.com is in a zone that could not be loaded; `rhumb check` says why\n"),
                    HasSubstr("answer    SERVFAIL\n")));
}

TEST_F(Explain, ARegionThatIsNoneSuggestsOne) {
  EXPECT_EQ(refused({"www.example.com", "203.0.113.9", "--down", "eu-wset"}),
            "rhumb explain: down: \"eu-wset\" is not a region (did you mean \"eu-west\"?)\n");
}

TEST_F(Explain, WhatIsNoClientNameOrTypeIsSaid) {
  for (const char* client : {"203.0.113.256", "203.0.113.0/33", "203.0.113.0/", "paris", "203.0.113.0/2x", ""}) {
    EXPECT_EQ(refused({"www.example.com", client}),
              std::string("rhumb explain: client: \"") + client + "\" is not an IP address or network\n");
  }
  EXPECT_EQ(refused({"www..example.com", "203.0.113.9"}),
            "rhumb explain: name: \"www..example.com\" is not a domain name\n");
  EXPECT_EQ(refused({"www.example.com", "203.0.113.9", "--type", "AAAAA"}),
            "rhumb explain: type: \"AAAAA\" is not a record type\n");
}

TEST_F(Explain, ABadConfigurationIsToldAsCheckTellsIt) {
  world_.config["zones"] = "zoness";
  world_.write_config();
  EXPECT_THAT(refused({"www.example.com", "203.0.113.9"}), HasSubstr("zoness: No such file or directory\n"));
}

TEST_F(Explain, AnswersAreTheSameEveryTime) {
  world_.config["services"]["www.example.com"]["instances"].push_back(
      {{"region", "eu-west"}, {"address", "192.0.2.21"}});
  world_.write_config();
  EXPECT_THAT(explained({"www.example.com", "203.0.113.9"}), explained({"www.example.com", "203.0.113.9"}));
}

}  // namespace
}  // namespace rhumb::test

// `rhumb simulate`: what share of all clients each region gets, before and after.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Simulate : public testing::Test {
 protected:
  Simulate() {
    world_.config["listen"] = Json::array({"127.0.0.1:5300"});
    world_.write_config();
    world_.write("clients.csv", "network,weight\n192.0.2.0/24,600\n203.0.113.0/24,300\n198.51.100.0/25,100\n");
  }

  [[nodiscard]] Finished simulate(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "simulate");
    arguments.insert(arguments.end(), {"--config", "rhumb.json"});
    return run_rhumb(world_.path(), arguments);
  }
  [[nodiscard]] std::string simulated(const std::vector<std::string>& arguments) const {
    const Finished run = simulate(arguments);
    EXPECT_EQ(run.exit, "status 0") << run.errors;
    return run.output;
  }
  // What it complains of.
  [[nodiscard]] std::string refused(const std::vector<std::string>& arguments) const {
    const Finished run = simulate(arguments);
    EXPECT_EQ(run.exit, "status 1") << run.output;
    EXPECT_EQ(run.output, "");
    return run.errors;
  }

  World world_;
};

TEST_F(Simulate, TellsTheSharesBeforeAndAfterAndWhoMoves) {
  world_.config["regions"]["us-east"]["capacity"] = 500;
  world_.config["regions"]["eu-west"]["capacity"] = 300;
  world_.config["regions"]["ap-southeast"]["capacity"] = 200;
  world_.write_config();
  EXPECT_EQ(simulated({"--weights", "clients.csv", "--down", "eu-west"}),
            "before   rhumb.json\n"
            "after    rhumb.json, down: eu-west\n"
            "clients  1000 in the networks of clients.csv\n"
            "\n"
            "www.example.com (IPv4)\n"
            "region              before     after    change  median km  95 % km  capacity\n"
            "ap-southeast       10.00 %   10.00 %     +0.00          7        7   20.00 %\n"
            "us-east            60.00 %   90.00 %    +30.00          0     6186   50.00 % over\n"
            "eu-west            30.00 %    0.00 %    -30.00          -        -   30.00 %\n"
            "\n"
            "30.00 % of the clients move\n"
            "country     moves   from → to\n"
            "FR        30.00 %   eu-west → us-east 30.00 %\n");
}

TEST_F(Simulate, WithoutWeightsTheAddressesOfTheDatabasesCount) {
  world_.use_database("loopback.mmdb");
  EXPECT_THAT(
      simulated({}),
      AllOf(HasSubstr("clients  131072 IPv4 addresses, all that the databases know; each counts 1, IPv6 is left "
                      "out\n"),
            ContainsRegex("eu-west +50.00 % +50.00 % +\\+0.00"), EndsWith("nobody moves\n")));
}

TEST_F(Simulate, JsonSaysTheSame) {
  const Json json = Json::parse(simulated({"--weights", "clients.csv", "--down", "eu-west", "--json"}));
  EXPECT_EQ(json.at("weight"), 1000);
  const Json& service = json.at("services").at(0);
  EXPECT_EQ(service.at("names"), Json::array({"www.example.com"}));
  EXPECT_EQ(service.at("family"), "IPv4");
  const Json& us_east = service.at("regions").at(1);
  EXPECT_EQ(us_east.at("name"), "us-east");
  EXPECT_EQ(us_east.at("before"), 0.6);
  EXPECT_EQ(us_east.at("after"), 0.9);
  EXPECT_EQ(us_east.at("capacity"), nullptr);
  EXPECT_EQ(us_east.at("distance_km").at("before").at("p95"), 0);
  EXPECT_EQ(service.at("moved"), 0.3);
  EXPECT_EQ(service.at("countries"), Json::parse(R"([{"country": "FR", "share": 0.3,
                             "flows": [{"from": "eu-west", "to": "us-east", "share": 0.3}]}])"));
}

TEST_F(Simulate, ComparesWithAnotherConfiguration) {
  Json other = world_.config;
  auto& services = other["services"];
  services["a.example.com"] = services["www.example.com"];
  services["www.example.com"]["steering"]["order"] = "listed";
  world_.write("other.json", other.dump());
  const std::string text = simulated({"--weights", "clients.csv", "--config-b", "other.json", "--down", "eu-west"});
  EXPECT_THAT(text, AllOf(HasSubstr("after    other.json, down: eu-west\n"),
                          ContainsRegex("ap-southeast +10.00 % +100.00 % +\\+90.00"),
                          HasSubstr("US        60.00 %   us-east → ap-southeast 60.00 %\n"),
                          EndsWith("only after: a.example.com\n")));
}

TEST_F(Simulate, ServicesThatAreAlikeAreOneTableUnlessOneIsNamed) {
  auto& services = world_.config["services"];
  for (const char* name : {"a.example.com", "b.example.com", "c.example.com"})
    services[name] = services["www.example.com"];
  world_.write_config();
  EXPECT_THAT(simulated({"--weights", "clients.csv"}),
              HasSubstr("\nwww.example.com, a.example.com, b.example.com and 1 more (IPv4)\n"));
  EXPECT_THAT(simulated({"--weights", "clients.csv", "--service", "B.example.com"}),
              AllOf(HasSubstr("\nb.example.com (IPv4)\n"), Not(HasSubstr("www.example.com"))));
}

TEST_F(Simulate, WhenAllIsDownItSaysThatTheAnswersAreAGuess) {
  EXPECT_THAT(
      simulated({"--weights", "clients.csv", "--down", "eu-west", "--down", "us-east", "--down", "ap-southeast"}),
      HasSubstr("answered though no instance is healthy (when_all_down: nearest): 0.00 % before, 100.00 % "
                "after\n"));
}

TEST_F(Simulate, MistakesAreToldAndTheStatusIsOne) {
  EXPECT_EQ(refused({"--down", "eu-wset"}),
            "rhumb simulate: --down: \"eu-wset\" is not a region (did you mean \"eu-west\"?)\n");
  EXPECT_THAT(refused({"--service", "wwww.example.com"}),
              AllOf(StartsWith("rhumb simulate: --service: \"wwww.example.com\" is not a service of "),
                    EndsWith(" (did you mean \"www.example.com\"?)\n")));
  world_.write("clients.csv", "192.0.2.0/24,1\n192.0.2.0/24;1\n");
  EXPECT_EQ(refused({"--weights", "clients.csv"}),
            "clients.csv:2: needs a network and a weight, as in 192.0.2.0/24,1500\n");
  EXPECT_THAT(refused({"--config-b", "missing.json"}), StartsWith("missing.json: "));
  world_.config["geoip"] = Json::array();
  world_.write_config();
  EXPECT_EQ(refused({}),
            "rhumb simulate: the databases know no IPv4 network; tell what networks count with --weights\n");
}

}  // namespace
}  // namespace rhumb::test

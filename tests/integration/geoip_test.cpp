// New geo databases: held back when they move too many clients, put into their place, and taken back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kTokyoNetwork = "100.64.0.0/10";  // nearly all clients; city-wrong.mmdb has them in Paris

std::string fixture(const char* name) {
  return std::string(RHUMB_TEST_DATA) + "/" + name;
}

class Geoip : public testing::Test {
 protected:
  Geoip() {
    world_.config["control"]["socket"] = "control.sock";
    world_.config["control"]["audit_log"] = "audit.log";
    world_.config["listen"] = Json::array({"127.0.0.1:5300"});
    world_.write_config();
  }

  [[nodiscard]] Finished command(const std::vector<std::string>& arguments) const {
    return run_rhumb(world_.path(), arguments);
  }
  [[nodiscard]] Finished geoip(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "geoip");
    return command(arguments);
  }
  // Where the server sends a client.
  [[nodiscard]] std::vector<std::string> served(const char* client) const {
    return world_.addresses({.name = "www.example.com", .client = client});
  }
  [[nodiscard]] std::string versions() const { return geoip({"versions"}).output; }

  World world_;
};

TEST_F(Geoip, ADatabaseThatMovesTooManyIsHeldBackAndAllElseIsServed) {
  world_.serve();
  EXPECT_THAT(served(kTokyoNetwork), ElementsAre(kApSoutheast));
  world_.use_database("city-wrong.mmdb");
  world_.write("zones/example.com.zone", std::string(kZoneText) + "new A 192.0.2.100\n");
  const Finished held = command({"reload"});
  EXPECT_EQ(held.exit, "status 2") << held.errors;
  EXPECT_THAT(
      held.output,
      AllOf(HasSubstr("geo.mmdb: warning: held back, the databases that are being served are kept"),
            HasSubstr("ap-southeast → eu-west 96.95 %"), HasSubstr("JP → FR 96.95 %"), HasSubstr("1 RRset added")));
  EXPECT_THAT(served(kTokyoNetwork), ElementsAre(kApSoutheast));
  EXPECT_THAT(world_.addresses({.name = "new.example.com"}), ElementsAre("192.0.2.100"));

  const Finished accepted = command({"reload", "--accept-databases"});
  EXPECT_EQ(accepted.exit, "status 0") << accepted.errors;
  EXPECT_THAT(accepted.output, HasSubstr("databases: 96.95 % of the clients of www.example.com are sent"));
  EXPECT_THAT(served(kTokyoNetwork), ElementsAre(kEuWest));
  EXPECT_THAT(read_file(world_.path() / "audit.log"), HasSubstr("/v1/reload?accept=databases"));
}

TEST_F(Geoip, ASignalIsNobodysWordForADatabase) {
  world_.serve();
  world_.use_database("city-wrong.mmdb");
  EXPECT_THAT(world_.reload(), HasSubstr("held back"));
  EXPECT_THAT(served(kTokyoNetwork), ElementsAre(kApSoutheast));
}

TEST_F(Geoip, DiffTellsWhoMovesAndWhetherItIsTooMuch) {
  const Finished wrong = geoip({"diff", "geo.mmdb", fixture("city-wrong.mmdb")});
  EXPECT_EQ(wrong.exit, "status 2") << wrong.errors;
  EXPECT_THAT(wrong.output, AllOf(HasSubstr("before   geo.mmdb, \"Test-City\", built 2026-01-01T000000Z\n"),
                                  HasSubstr("clients  4326400 IPv4 addresses, all that the databases know"),
                                  ContainsRegex("JP → FR +96.95 % +1\n"),
                                  HasSubstr("www.example.com: 96.95 % of the clients are sent to another region\n"),
                                  HasSubstr("96.95 %   ap-southeast → eu-west\n"), HasSubstr("more than the 20 %")));

  world_.write("clients.csv", "203.0.113.0/24,1\n192.0.2.0/24,9\n");
  const Finished next = geoip({"diff", "geo.mmdb", fixture("city-next.mmdb"), "--weights", "clients.csv", "--json"});
  EXPECT_EQ(next.exit, "status 0") << next.errors;
  const Json json = Json::parse(next.output);
  EXPECT_EQ(json.at("moved"), 0.1);
  EXPECT_EQ(json.at("limit"), 0.2);
  EXPECT_EQ(json.at("over_limit"), false);
  EXPECT_EQ(json.at("countries"), Json::parse(R"([{"from": "FR", "to": "US", "share": 0.1, "networks": 1}])"));
  EXPECT_EQ(json.at("services").at(0).at("flows"),
            Json::parse(R"([{"from": "eu-west", "to": "us-east", "share": 0.1}])"));
}

TEST_F(Geoip, DiffCountsTheClientsThatTheGuardCountsUnlessToldOtherwise) {
  const auto moved = [&](const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"diff", "geo.mmdb", fixture("city-next.mmdb"), "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Json::parse(geoip(arguments).output).at("moved").get<double>();
  };
  world_.write("clients.csv", "203.0.113.0/24,1\n192.0.2.0/24,9\n");
  world_.write("queries.jsonl", R"({"sample": 0.25, "client": "198.51.100.7", "ecs": "203.0.113.0/24"})"
                                "\n"
                                R"({"sample": 0.25, "client": "192.0.2.1"})"
                                "\n");
  world_.config["geoip_guard"]["weights"] = "clients.csv";
  world_.write_config();
  EXPECT_EQ(moved({}), 0.1);
  EXPECT_EQ(moved({"--queries", "queries.jsonl"}), 0.5);
}

TEST_F(Geoip, ActivatePutsADatabaseIntoItsPlaceAndRollbackIsTheWayBack) {
  world_.serve();
  const Finished done = geoip({"activate", fixture("city-next.mmdb")});
  EXPECT_EQ(done.exit, "status 0") << done.errors;
  EXPECT_THAT(done.output, AllOf(HasSubstr("eu-west → us-east 0.01 %"), HasSubstr("is 2026-02-01T000000Z"),
                                 HasSubstr("`rhumb geoip rollback 2026-01-01T000000Z` takes it back")));
  EXPECT_THAT(served(kParis), ElementsAre(kUsEast));
  EXPECT_THAT(versions(), AllOf(ContainsRegex("geo.mmdb +2026-02-01T000000Z .* in place"),
                                ContainsRegex("geo.mmdb +2026-01-01T000000Z .* kept")));

  const Finished back = geoip({"rollback"});
  EXPECT_EQ(back.exit, "status 0") << back.errors;
  EXPECT_THAT(served(kParis), ElementsAre(kEuWest));
  EXPECT_THAT(versions(),
              AllOf(ContainsRegex("2026-01-01T000000Z .* in place"), ContainsRegex("2026-02-01T000000Z .* kept")));
  EXPECT_THAT(geoip({"rollback"}).errors, HasSubstr("none of its versions is older than 2026-01-01T000000Z"));
  EXPECT_EQ(geoip({"rollback", "2026-02"}).exit, "status 0") << "and forth again";
  EXPECT_THAT(served(kParis), ElementsAre(kUsEast));
}

TEST_F(Geoip, ActivateRefusesWhatIsDoubtfulUnlessItIsForced) {
  world_.serve();
  const Finished over = geoip({"activate", fixture("city-wrong.mmdb")});
  EXPECT_EQ(over.exit, "status 2");
  EXPECT_THAT(over.errors, HasSubstr("it moves 96.95 % of the clients of a service, and \"geoip_guard\" allows 20 %"));
  EXPECT_THAT(versions(), Not(HasSubstr("kept"))) << "nothing has been touched";
  EXPECT_EQ(geoip({"activate", fixture("city-wrong.mmdb"), "--force"}).exit, "status 0");
  EXPECT_THAT(served(kTokyoNetwork), ElementsAre(kEuWest));

  const Finished older = geoip({"activate", fixture("city-next.mmdb")});
  EXPECT_EQ(older.exit, "status 1");
  EXPECT_THAT(older.errors, HasSubstr("it was built 2026-02-01T000000Z, before geo.mmdb, 2026-03-01T000000Z"));
  EXPECT_THAT(
      geoip({"activate", fixture("country.mmdb")}).errors,
      HasSubstr("none of the databases of rhumb.json is of type \"Test-Country\": say with --as which is meant, "
                "of geo.mmdb (\"Test-City\")"));
  EXPECT_THAT(geoip({"activate", fixture("country.mmdb"), "--as", "geo.mmdb"}).errors,
              HasSubstr("it is of type \"Test-Country\", and geo.mmdb of type \"Test-City\""));
  EXPECT_THAT(geoip({"activate", "rhumb.json"}).errors, HasSubstr("rhumb.json: not a MaxMind DB"));
}

TEST_F(Geoip, WhatTheServerRefusesIsPutBack) {
  world_.serve();
  world_.config["assertions"] = "routes.json";
  world_.write_config();
  world_.write("routes.json", R"({"tests": [{"name": "Paris is served in Europe", "client": "203.0.113.0/24",
      "query": "www.example.com", "expect": {"regions": ["eu-west"]}}]})");
  const Finished refused = geoip({"activate", fixture("city-next.mmdb")});
  EXPECT_EQ(refused.exit, "status 1") << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("Paris is served in Europe"));
  EXPECT_THAT(refused.errors, HasSubstr("the server refuses it: geo.mmdb is 2026-01-01T000000Z again"));
  EXPECT_THAT(served(kParis), ElementsAre(kEuWest));
  EXPECT_EQ(read_file(world_.path() / "geo.mmdb"), read_file(fixture("city.mmdb")));
}

TEST_F(Geoip, KeepsAsManyVersionsAsItIsTold) {
  EXPECT_EQ(geoip({"activate", fixture("city-next.mmdb"), "--keep", "1"}).exit, "status 0") << "no server is needed";
  const Finished done = geoip({"activate", fixture("city-wrong.mmdb"), "--keep", "1", "--force"});
  EXPECT_THAT(done.output, HasSubstr("no server was told"));
  EXPECT_THAT(versions(), AllOf(HasSubstr("2026-03-01T000000Z"), HasSubstr("2026-02-01T000000Z"),
                                Not(HasSubstr("2026-01-01T000000Z"))));
}

}  // namespace
}  // namespace rhumb::test

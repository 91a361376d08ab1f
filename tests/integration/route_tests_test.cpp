// `rhumb test`, and the assertions of a configuration: what is not answered as expected is told, with what came of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Json route_test(const std::string& name, const std::string& region) {
  return {{"name", name}, {"client", "paris"}, {"query", "www.example.com"}, {"expect", {{"regions", {region}}}}};
}

// A World with a file of tests.
class RouteTests : public testing::Test {
 protected:
  RouteTests() {
    world_.config["listen"] = Json::array({"127.0.0.1:5300"});
    expect_of_paris("eu-west");
  }

  void write_tests(const Json& tests) {
    const Json file{{"clients", {{"paris", "203.0.113.9"}}}, {"tests", tests}};
    world_.write("routes.test.json", file.dump(2));
  }
  // The one test is that a client in Paris goes there.
  void expect_of_paris(const std::string& region) { write_tests(Json::array({route_test("Paris", region)})); }

  Finished run(const std::vector<std::string>& arguments) {
    world_.write_config();
    return run_rhumb(world_.path(), arguments);
  }
  Finished run_test() { return run({"test", "routes.test.json", "--config", "rhumb.json"}); }

  World world_;
};

TEST_F(RouteTests, WhatIsAnsweredAsExpectedPasses) {
  const Finished finished = run_test();
  EXPECT_EQ(finished.exit, "status 0");
  EXPECT_EQ(finished.output, "1 of 1 passed\n");
  EXPECT_EQ(finished.errors, "");
}

TEST_F(RouteTests, AFailureIsToldWithItsPlaceAndTheDecision) {
  write_tests(Json::array({route_test("Paris", "eu-west"), route_test("Paris abroad", "us-east")}));
  const Finished finished = run_test();
  EXPECT_EQ(finished.exit, "status 1");
  EXPECT_THAT(finished.output,
              AllOf(StartsWith("routes.test.json: /tests/1: \"Paris abroad\": expected a region of us-east, came "
                               "eu-west\n\nquestion  www.example.com A\n"),
                    HasSubstr("203.0.113.0 is in Paris, IDF, FR, EU (geo.mmdb)"),
                    HasSubstr("why       eu-west is the nearest region\n"), EndsWith("\n1 of 2 passed\n")));
}

TEST_F(RouteTests, TheDecisionShowsTheStatesThatWereAssumed) {
  Json one = route_test("Paris", "eu-west");
  one["down"] = {"eu-west"};
  write_tests(Json::array({one, route_test("all up", "us-east")}));
  const std::string output = run_test().output;
  EXPECT_THAT(output, AllOf(ContainsRegex("192.0.2.20 +down\n"), ContainsRegex("→ 192.0.2.20 +unchecked\n")));
}

TEST_F(RouteTests, JsonIsForPrograms) {
  write_tests(Json::array({route_test("Paris", "eu-west"), route_test("Paris abroad", "us-east")}));
  const Finished finished = run({"test", "routes.test.json", "--config", "rhumb.json", "--json"});
  EXPECT_EQ(finished.exit, "status 1");
  const Json json = Json::parse(finished.output);
  EXPECT_EQ(json.at("passed"), 1);
  EXPECT_EQ(json.at("failed"), 1);
  const Json answer{{"region", "eu-west"}, {"addresses", {"192.0.2.20"}}, {"scope_bits", 24}, {"rcode", "NOERROR"}};
  EXPECT_EQ(json.at("tests").at(0),
            (Json{{"name", "Paris"}, {"place", "routes.test.json: /tests/0"}, {"passed", true}, {"answer", answer}}));
  const Json& failed = json.at("tests").at(1);
  EXPECT_EQ(failed.at("passed"), false);
  EXPECT_EQ(failed.at("answer"), answer);
  EXPECT_EQ(failed.at("failures"), Json::array({{{"expected", "a region of us-east"}, {"came", "eu-west"}}}));
  EXPECT_EQ(failed.at("decision").at("steering").at("outcome"), "healthy");
}

TEST_F(RouteTests, WhatCannotBeReadHasStatusTwo) {
  Finished finished = run({"test", "none.json", "--config", "rhumb.json"});
  EXPECT_EQ(finished.exit, "status 2");
  EXPECT_EQ(finished.errors, "none.json: No such file or directory\n");
  EXPECT_EQ(finished.output, "");

  expect_of_paris("eu-wset");
  finished = run_test();
  EXPECT_EQ(finished.exit, "status 2");
  EXPECT_EQ(finished.errors,
            "routes.test.json: /tests/0/expect/regions/0: \"eu-wset\" is not a region (did you mean \"eu-west\"?)\n");

  world_.config["zones"] = "zoness";
  finished = run_test();
  EXPECT_EQ(finished.exit, "status 2");
  EXPECT_EQ(finished.errors,
            "zoness: No such file or directory\n"
            "rhumb.json: /services/www.example.com: no zone in zoness holds this name\n");
}

TEST_F(RouteTests, TheDemoAnswersAsItsTestsExpect) {
  const std::string top = std::string(RHUMB_TEST_DATA) + "/../../";
  const Finished finished = run({"test", top + "routes.test.json", "--config", top + "rhumb.json"});
  EXPECT_EQ(finished.exit, "status 0") << finished.output << finished.errors;
}

class Assertions : public RouteTests {
 protected:
  Assertions() { world_.config["assertions"] = "routes.test.json"; }

  static constexpr const char* kFailure =
      "routes.test.json: /tests/0: \"Paris\": expected a region of us-east, came eu-west";
};

TEST_F(Assertions, CheckTellsThoseThatFail) {
  EXPECT_EQ(run({"check", "--config", "rhumb.json"}).exit, "status 0");
  expect_of_paris("us-east");
  const Finished finished = run({"check", "--config", "rhumb.json"});
  EXPECT_EQ(finished.exit, "status 1");
  EXPECT_EQ(finished.output, std::string(kFailure) + "\nrhumb.json: 1 errors, 0 warnings\n");
}

TEST_F(Assertions, ServeRefusesToStartWithThoseThatFail) {
  expect_of_paris("us-east");
  const Finished finished = run({"serve", "--config", "rhumb.json"});
  EXPECT_EQ(finished.exit, "status 1");
  EXPECT_THAT(finished.errors, AllOf(HasSubstr(std::string("error: ") + kFailure), Not(HasSubstr("listening on"))));
}

TEST_F(Assertions, AReloadThatFailsThemKeepsWhatIsServed) {
  world_.serve();
  world_.config["services"]["www.example.com"]["ttl"] = 99;
  world_.config["regions"]["eu-west"]["coordinates"] = {-30.0, 170.0};
  EXPECT_THAT(
      world_.reload(),
      AllOf(HasSubstr("error: routes.test.json: /tests/0: \"Paris\": expected a region of eu-west, came us-east"),
            HasSubstr("reload refused: the old configuration, zones and databases keep serving")));
  EXPECT_THAT(world_.ask({.name = "www.example.com", .client = kParis}).answer,
              ElementsAre(std::string("www.example.com. 30 IN A ") + kEuWest));

  expect_of_paris("us-east");
  EXPECT_THAT(world_.reload(), HasSubstr("info: reloaded"));
  EXPECT_THAT(world_.ask({.name = "www.example.com", .client = kParis}).answer,
              ElementsAre(std::string("www.example.com. 99 IN A ") + kUsEast));
}

TEST_F(Assertions, WhatAConfigurationWouldDoCanBeAskedAlthoughTheyFail) {
  expect_of_paris("us-east");
  EXPECT_EQ(run({"explain", "www.example.com", "203.0.113.9", "--config", "rhumb.json"}).exit, "status 0");
  world_.write(
      "other.test.json",
      Json{{"tests", {{{"client", "203.0.113.9"}, {"query", "www.example.com"}, {"expect", {{"rcode", "NOERROR"}}}}}}}
          .dump());
  const Finished finished = run({"test", "other.test.json", "--config", "rhumb.json"});
  EXPECT_EQ(finished.exit, "status 0") << finished.errors;
  EXPECT_EQ(finished.output, "1 of 1 passed\n");
}

}  // namespace
}  // namespace rhumb::test

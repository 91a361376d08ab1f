#include "daemon/lints.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/loader.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kLintedInstances = R"("instances": [
  {"region": "us-east", "address": "192.0.2.1"}, {"region": "eu-west", "address": "192.0.2.2"},
  {"region": "ap-southeast", "address": "192.0.2.3"}])";

class Lints : public testing::Test {
 protected:
  Lints() {
    directory_.write("zones/example.com.zone", "@ SOA ns h 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n");
  }

  // What is said of these services, each "NAME": {…}, without the file's name.
  std::vector<std::string> warnings_of(const std::string& services) {
    directory_.write("rhumb.json", fmt::format(R"({{
      "listen": ["127.0.0.1:5300"], "zones": "zones", "geoip": [{}],
      "regions": {{"us-east": {{"coordinates": [39.04, -77.49], "capacity": {}}},
                   "eu-west": {{"coordinates": [53.35, -6.26], "capacity": 20}},
                   "ap-southeast": {{"coordinates": [1.35, 103.82], "capacity": 10}}}},
      "checks": {{"web": {{"type": "http", "port": 80}}, "slow": {{"type": "tcp", "port": 80, "interval": "30s"}},
                 "hasty": {{"type": "tcp", "port": 80, "interval": "20s", "fast_interval": "5s"}}}},
      "services": {{{}}}
    }})",
                                               geoip_, capacity_of_us_east_, services));
    Problems problems;
    EXPECT_TRUE(load(directory_.path() / "rhumb.json", Secrets{1, {}}, nullptr, problems));
    std::vector<std::string> warnings;
    const std::string prefix = (directory_.path() / "rhumb.json").string() + ": /services/";
    for (const Problem& problem : problems.all()) {
      const std::string text = problem.to_string();
      if (text.starts_with(prefix)) warnings.push_back(text.substr(prefix.size()));
    }
    return warnings;
  }
  // Of one service with these members.
  std::vector<std::string> warnings_with(std::string_view members) {
    return warnings_of(fmt::format(R"("www.example.com": {{{}}})", members));
  }
  std::vector<std::string> warnings_with_steering(std::string_view steering) {
    return warnings_with(fmt::format("\"steering\": {}, {}", steering, kLintedInstances));
  }
  std::vector<std::string> warnings_with_rules(std::string_view rules) {
    return warnings_with_steering(fmt::format("{{\"rules\": [{}]}}", rules));
  }

  std::string geoip_ = "\"" RHUMB_TEST_DATA "/city.mmdb\"";
  int capacity_of_us_east_ = 30;
  test::TemporaryDirectory directory_;
};

constexpr const char* kEarlierRules = "earlier rules match all of its clients";

TEST_F(Lints, AreSilentWhereNothingIsDoubtful) {
  EXPECT_THAT(warnings_with(kLintedInstances), IsEmpty());
}

TEST_F(Lints, ARuleThatEarlierRulesLeaveNobody) {
  const std::vector<std::string> rules = {
      R"({"networks": ["10.0.0.0/9", "10.128.0.0/9"], "action": "refuse"},
         {"name": "inside", "networks": ["10.1.0.0/16", "10.200.0.0/16"], "action": "nodata"})",
      R"({"countries": ["FR", "GB"], "action": "refuse"}, {"name": "inside", "countries": ["GB"], "action": "nodata"})",
      R"({"continents": ["EU"], "action": "refuse"}, {"name": "inside", "countries": ["GB"], "action": "nodata"})",
      R"({"countries": ["GB"], "action": "refuse"}, {"name": "inside", "subdivisions": ["GB-ENG"], "action": "nodata"})",
      R"({"networks": ["0.0.0.0/0", "::/0"], "action": "refuse"},
         {"name": "inside", "networks": ["192.0.2.0/24"], "action": "nodata"})"};
  for (const std::string& text : rules) {
    EXPECT_THAT(warnings_with_rules(text),
                ElementsAre(std::string("www.example.com: warning: rule \"inside\" is never used: ") + kEarlierRules))
        << text;
  }
}

TEST_F(Lints, ARuleWithoutANameIsToldByItsNumber) {
  EXPECT_THAT(
      warnings_with_rules(R"({"countries": ["GB"], "action": "refuse"}, {"countries": ["GB"], "action": "nodata"})"),
      ElementsAre(std::string("www.example.com: warning: rule \"number 2\" is never used: ") + kEarlierRules));
}

TEST_F(Lints, ARuleForClientsOfWhomNoDatabaseKnows) {
  EXPECT_THAT(warnings_with_rules(R"({"name": "far", "countries": ["ZZ"], "asns": [4200000000], "action": "refuse"})"),
              ElementsAre("www.example.com: warning: rule \"far\" is never used: the databases know no client that it "
                          "matches"));
}

// As of a configuration that was just imported.
TEST_F(Lints, AreSilentAboutPlacesWhereThereAreNoDatabasesYet) {
  geoip_ = "";
  EXPECT_THAT(warnings_with_rules(R"({"name": "far", "countries": ["FR"], "asns": [4200000000], "action": "refuse"})"),
              IsEmpty());
  EXPECT_THAT(warnings_with_rules(R"({"networks": ["10.0.0.0/8"], "action": "refuse"},
                                     {"name": "inside", "networks": ["10.1.0.0/16"], "action": "nodata"})"),
              ElementsAre(std::string("www.example.com: warning: rule \"inside\" is never used: ") + kEarlierRules));
}

TEST_F(Lints, AreSilentAboutRulesThatSomebodyReaches) {
  for (
      const char* text :
      {R"({"networks": ["10.0.0.0/9"], "action": "refuse"}, {"networks": ["10.0.0.0/8"], "action": "nodata"})",
       R"({"countries": ["GB"], "action": "refuse"}, {"continents": ["EU"], "action": "nodata"})",
       R"({"countries": ["GB"], "action": "refuse"}, {"countries": ["GB"], "asns": [1], "continents": ["AS"], "action": "nodata"})",
       R"({"subdivisions": ["GB-ENG"], "action": "refuse"}, {"countries": ["FR"], "action": "nodata"})"}) {
    EXPECT_THAT(warnings_with_rules(text), IsEmpty()) << text;
  }
}

TEST_F(Lints, ARegionThatNoClientCanReach) {
  const auto left_out = [](std::string_view region) {
    return fmt::format(
        "www.example.com: warning: no client can reach region \"{}\", whatever is down: \"regions\" or \"max_regions\" "
        "leave it out for all of them",
        region);
  };
  EXPECT_THAT(warnings_with_steering(R"({"order": "listed", "regions": ["eu-west"]})"),
              ElementsAre(left_out("us-east"), left_out("ap-southeast")));
  EXPECT_THAT(warnings_with_steering(R"({"order": "listed", "max_regions": 2})"),
              ElementsAre(left_out("ap-southeast")));
}

TEST_F(Lints, AreSilentAboutARegionThatSomebodyReachesAsALastResortOrByARule) {
  EXPECT_THAT(warnings_with_steering(R"({"order": "listed"})"), IsEmpty());
  EXPECT_THAT(warnings_with_steering(R"({"max_regions": 1})"), IsEmpty()) << "each is the nearest for somebody";
  EXPECT_THAT(warnings_with_steering(R"({"order": "listed", "regions": ["eu-west", "us-east"],
                                         "rules": [{"countries": ["AU"], "regions": ["ap-southeast"]}]})"),
              IsEmpty());
}

TEST_F(Lints, InstancesWithoutAnyWeight) {
  EXPECT_THAT(
      warnings_with(R"("steering": {"families": "independent"}, "instances": [
                {"region": "us-east", "address": "192.0.2.1", "weight": 0}, {"region": "eu-west", "address": "192.0.2.2"},
                {"region": "us-east", "address": "192.0.2.3", "weight": 0}, {"region": "us-east", "address": "2001:db8::1", "weight": 0},
                {"region": "eu-west", "address": "2001:db8::2", "weight": 0}])"),
      ElementsAre("www.example.com: warning: all IPv4 instances of region \"us-east\" have weight 0: they are "
                  "used only while no other region of the client has a healthy instance with a weight",
                  "www.example.com: warning: all IPv6 instances have weight 0: they are used as if each had 1"));
}

TEST_F(Lints, AreSilentAboutAReserveBesideAnInstanceWithAWeight) {
  EXPECT_THAT(warnings_with(R"("instances": [{"region": "us-east", "address": "192.0.2.1", "weight": 0},
                                             {"region": "us-east", "address": "192.0.2.2"}])"),
              IsEmpty());
}

TEST_F(Lints, ATtlThatOutlastsTheDetectionOfAFailure) {
  EXPECT_THAT(warnings_with(fmt::format(R"("ttl": 300, "ttl_min": 300, "check": "web", {})", kLintedInstances)),
              ElementsAre("www.example.com: warning: a ttl_min of 300s is longer than check \"web\" needs to notice a "
                          "failure, 17s (fall 3 × interval 5s + timeout 2s): resolvers go on with what has failed; "
                          "\"ttl_min\": 30 suits the check"));
  EXPECT_THAT(warnings_with(fmt::format(R"("ttl": 93, "ttl_min": 93, "check": "slow", {})", kLintedInstances)),
              ElementsAre("www.example.com: warning: a ttl_min of 93s is longer than check \"slow\" needs to notice a "
                          "failure, 92s (fall 3 × interval 30s + timeout 2s): resolvers go on with what has failed; "
                          "\"ttl_min\": 92 suits the check"));
  EXPECT_THAT(
      warnings_with(fmt::format(R"("ttl": 33, "ttl_min": 33, "check": "hasty", {})", kLintedInstances)),
      ElementsAre("www.example.com: warning: a ttl_min of 33s is longer than check \"hasty\" needs to notice a "
                  "failure, 32s (interval 20s + 2 × fast_interval 5s + timeout 2s): resolvers go on with what has "
                  "failed; \"ttl_min\": 32 suits the check"));
}

TEST_F(Lints, AreSilentAboutShortTtlsAndWhereNothingIsProbed) {
  EXPECT_THAT(warnings_with(fmt::format(R"("ttl": 92, "ttl_min": 92, "check": "slow", {})", kLintedInstances)),
              IsEmpty());
  EXPECT_THAT(warnings_with(fmt::format(R"("ttl": 300, "check": "web", {})", kLintedInstances)), IsEmpty());
  EXPECT_THAT(warnings_with(fmt::format(R"("ttl": 3600, {})", kLintedInstances)), IsEmpty());
}

TEST_F(Lints, ARegionThatIsLargerThanAllOthersTogether) {
  capacity_of_us_east_ = 31;
  const auto is_told = ElementsAre(
      "www.example.com: warning: region \"us-east\" has a capacity of 31 and all others together 30: they cannot take "
      "its clients when it is down at its full load; `rhumb simulate --down us-east` tells each region's share");
  EXPECT_THAT(warnings_with_steering(R"({"order": "nearest", "tolerance_km": 20000, "spread": "capacity"})"), is_told);
  EXPECT_THAT(warnings_with_steering(R"({"order": "equal"})"), is_told);
}

TEST_F(Lints, AreSilentAboutCapacitiesThatOneRegionCanLeave) {
  EXPECT_THAT(warnings_with_steering(R"({"order": "equal", "spread": "capacity"})"), IsEmpty()) << "30 = 20 + 10";
  capacity_of_us_east_ = 31;
  EXPECT_THAT(warnings_with_steering(R"({"order": "nearest"})"), IsEmpty()) << "there a client's place decides";
}

TEST_F(Lints, WhatIsToldOfManyServicesIsToldOnce) {
  std::string services;
  for (int i = 0; i < 5; ++i)
    services += fmt::format(R"({}"s{}.example.com": {{"steering": {{"order": "listed", "max_regions": 2}}, {}}})",
                            i == 0 ? "" : ", ", i, kLintedInstances);
  EXPECT_THAT(warnings_of(services),
              ElementsAre("s0.example.com: warning: no client can reach region \"ap-southeast\", whatever is down: "
                          "\"regions\" or \"max_regions\" leave it out for all of them (and 4 more services)"));
}

}  // namespace
}  // namespace rhumb::daemon

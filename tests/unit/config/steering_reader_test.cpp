#include "config/steering_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/json_file.hpp"

namespace rhumb::config {
namespace {

using steering::Action;
using steering::Order;
using steering::Policy;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::sys_days kReadingDay = std::chrono::year(2026) / 11 / 23;

// Of four regions the service has instances in the first three.
class ReadSteering : public testing::Test {
 protected:
  ServiceSteering read(std::string_view text) {
    const Json json = Json::parse(text);
    Problems problems;
    const std::vector<steering::Region> regions = {
        {"us-east", {}, 10}, {"eu-west", {}, 20}, {"ap-south", {}, 0}, {"unused", {}, 0}};
    const JsonPlace place(json, "rhumb.json", problems);
    RuleSets rule_sets;
    rule_sets.add({"offices", {steering::Rule{}, steering::Rule{}}}, place);
    const auto result = read_steering(place, regions, {0, 1, 2}, kReadingDay, rule_sets);
    for (const Problem& problem : problems.all())
      messages_.push_back(problem.to_string());
    return result;
  }
  // A set with these rules.
  steering::RuleSet read_set(std::string_view text) {
    const Json json = Json::parse(text);
    Problems problems;
    const std::vector<steering::Region> regions = {{"us-east", {}, 0}, {"eu-west", {}, 0}};
    auto set = read_rule_set("offices", JsonPlace(json, "rhumb.json", problems), regions, kReadingDay);
    for (const Problem& problem : problems.all())
      messages_.push_back(problem.to_string());
    return set;
  }
  // The rule of a steering that has this one.
  std::optional<steering::Rule> read_rule(std::string_view text) {
    const auto steering = read("{\"rules\": [" + std::string(text) + "]}");
    return steering.steering.rules.empty() ? std::nullopt : std::optional(steering.steering.rules.front());
  }

  std::vector<std::string> messages_;
};

TEST_F(ReadSteering, HasUsualValues) {
  const auto usual = read("{}");
  EXPECT_THAT(messages_, IsEmpty());
  EXPECT_EQ(usual.steering.preference.order, Order::nearest);
  EXPECT_THAT(usual.steering.preference.regions, ElementsAre(0, 1, 2)) << "those with instances";
  EXPECT_EQ(usual.policy, Policy::rotate);
  EXPECT_EQ(usual.answers, 0);
  EXPECT_TRUE(usual.families_together);
  EXPECT_EQ(read(R"({"pick": "weighted"})").answers, 1);
  EXPECT_EQ(read(R"({"pick": "sticky"})").answers, 1);
  EXPECT_EQ(read(R"({"pick": "sticky", "answers": 0})").answers, 0);
}

TEST_F(ReadSteering, ReadsEverything) {
  const auto all = read(R"({"order": "nearest", "regions": ["ap-south", "us-east"], "tolerance_km": 250.5,
      "bias": {"us-east": -20}, "max_regions": 2, "pick": "sticky", "answers": 3, "families": "independent",
      "sticky": {"ipv4_prefix_length": 20, "ipv6_prefix_length": 48}, "when_all_down": "nodata"})");
  EXPECT_THAT(messages_, IsEmpty());
  const steering::Preference& preference = all.steering.preference;
  EXPECT_THAT(preference.regions, ElementsAre(2, 0));
  EXPECT_THAT(preference.biases, ElementsAre(0, -20));
  EXPECT_EQ(preference.tolerance_km, 250.5);
  EXPECT_EQ(preference.regions_max, 2);
  EXPECT_EQ(all.policy, Policy::sticky);
  EXPECT_EQ(all.answers, 3);
  EXPECT_EQ(all.sticky_prefix.v4_bits, 20);
  EXPECT_EQ(all.sticky_prefix.v6_bits, 48);
  EXPECT_FALSE(all.families_together);
  EXPECT_EQ(all.when_all_down, steering::WhenAllDown::nodata);
}

TEST_F(ReadSteering, ReadsLatency) {
  const steering::Preference usual = read(R"({"order": "latency"})").steering.preference;
  EXPECT_EQ(usual.order, Order::latency);
  EXPECT_EQ(usual.tolerance_ms, 0);
  EXPECT_EQ(usual.hysteresis, (steering::Hysteresis{5, 10}));
  const steering::Preference all = read(R"({"order": "latency", "tolerance_ms": 12.5, "tolerance_km": 100,
      "bias": {"us-east": 5}, "hysteresis": {"ms": 8, "percent": 2.5}})")
                                       .steering.preference;
  EXPECT_EQ(all.tolerance_ms, 12.5);
  EXPECT_EQ(all.tolerance_km, 100);
  EXPECT_THAT(all.biases, ElementsAre(5, 0, 0));
  EXPECT_EQ(all.hysteresis, (steering::Hysteresis{8, 2.5}));
  EXPECT_THAT(messages_, IsEmpty());
}

TEST_F(ReadSteering, ReadsTheAddressesOfTheLastResort) {
  const auto steering = read(R"({"when_all_down": ["192.0.2.99", "2001:db8::99", "192.0.2.98"]})");
  EXPECT_THAT(messages_, IsEmpty());
  EXPECT_EQ(steering.when_all_down, steering::WhenAllDown::last_resort);
  EXPECT_THAT(steering.last_resort, ElementsAre(*IpAddress::parse("192.0.2.99"), *IpAddress::parse("2001:db8::99"),
                                                *IpAddress::parse("192.0.2.98")));
}

TEST_F(ReadSteering, TheLastResortHasNoMoreAddressesThanAnAnswerHolds) {
  Json list = Json::array();
  for (std::uint32_t i = 0; i < steering::kPoolMax; ++i) {
    list.push_back(IpAddress::v4(0xC0000200U + i).to_string());
    list.push_back(IpAddress{i, Family::v6}.to_string());
  }
  EXPECT_EQ(read(Json{{"when_all_down", list}}.dump()).last_resort.size(), 2 * steering::kPoolMax);
  EXPECT_THAT(messages_, IsEmpty());
  list.push_back("198.51.100.1");
  (void)read(Json{{"when_all_down", list}}.dump());
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /when_all_down/510: more than 255 addresses of one family"));
}

TEST_F(ReadSteering, ReadsRules) {
  const auto rule = read_rule(R"({"name": "offices", "comment": "ask Ada", "expires": "2026-11-23",
      "networks": ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"], "asns": [64500], "countries": ["FR"],
      "subdivisions": ["US-CA"], "continents": ["EU"], "regions": ["eu-west", "us-east"]})");
  EXPECT_THAT(messages_, IsEmpty()) << "a rule is good to the end of the day on which it expires";
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->name, "offices");
  EXPECT_THAT(rule->networks,
              ElementsAre(Network{*IpAddress::parse("192.0.2.0"), 24}, Network{*IpAddress::parse("2001:db8::"), 32},
                          Network{*IpAddress::parse("198.51.100.7"), 32}));
  EXPECT_THAT(rule->asns, ElementsAre(64'500U));
  EXPECT_THAT(rule->countries, ElementsAre("FR"));
  EXPECT_THAT(rule->subdivisions, ElementsAre("US-CA"));
  EXPECT_THAT(rule->continents, ElementsAre("EU"));
  EXPECT_EQ(rule->action, Action::steer);
  EXPECT_EQ(rule->preference.order, Order::listed);
  EXPECT_THAT(rule->preference.regions, ElementsAre(1, 0));

  const auto of_resolvers =
      read_rule(R"({"resolver_networks": ["192.0.2.53", "2001:db8::/32"], "resolver_asns": [64500],
      "action": "refuse"})");
  EXPECT_THAT(of_resolvers->resolver_networks, SizeIs(2));
  EXPECT_THAT(of_resolvers->resolver_asns, ElementsAre(64'500U));
  EXPECT_TRUE(of_resolvers->asks_for_resolver());
  EXPECT_FALSE(rule->asks_for_resolver());

  EXPECT_EQ(read_rule(R"({"countries": ["FR"], "action": "refuse"})")->action, Action::refuse);
  EXPECT_EQ(read_rule(R"({"countries": ["FR"], "action": "nodata"})")->action, Action::nodata);
  const auto own =
      read_rule(R"({"countries": ["FR"], "steering": {"regions": ["us-east", "ap-south"], "max_regions": 1}})");
  EXPECT_EQ(own->preference.order, Order::nearest);
  EXPECT_THAT(own->preference.regions, ElementsAre(0, 2));
  EXPECT_EQ(own->preference.regions_max, 1);
}

TEST_F(ReadSteering, TakesSoManyRulesOnResolversAndNoMore) {
  const auto rules = [](std::size_t count) {
    std::string text;
    for (; count > 0; --count)
      text += R"({"resolver_asns": [64500], "action": "refuse"},)";
    return "[" + text + R"({"countries": ["FR"], "action": "refuse"}])";
  };
  (void)read("{\"rules\": " + rules(steering::kResolverRulesMax) + "}");
  (void)read_set(rules(steering::kResolverRulesMax));
  EXPECT_THAT(messages_, IsEmpty());
  (void)read("{\"rules\": " + rules(steering::kResolverRulesMax + 1) + "}");
  (void)read_set(rules(steering::kResolverRulesMax + 1));
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /rules: more than 64 rules with conditions on the resolver",
                                     "rhumb.json: /: more than 64 rules with conditions on the resolver"));
}

TEST_F(ReadSteering, NamesRulesByTheirPlaceIfTheyHaveNoName) {
  const auto result = read(R"({"rules": [{"countries": ["FR"], "action": "refuse", "expires": "2020-01-01"},
      {"rule_set": "offices"}, {"countries": ["DE"], "action": "refuse"}]})");
  ASSERT_THAT(result.steering.rules, SizeIs(1));
  EXPECT_EQ(result.steering.rules[0].name, "number 3");
}

TEST_F(ReadSteering, ReadsWhereSetsOfRulesStand) {
  const auto result = read(R"({"rules": [{"rule_set": "offices"}, {"countries": ["FR"], "action": "refuse"},
      {"rule_set": "offices", "comment": "again"}]})");
  EXPECT_THAT(messages_, IsEmpty());
  EXPECT_THAT(result.steering.rules, SizeIs(1));
  ASSERT_THAT(result.rule_sets, SizeIs(2));
  EXPECT_EQ(result.rule_sets[0].at, 0U);
  EXPECT_EQ(result.rule_sets[1].at, 1U);
  EXPECT_EQ(result.rule_sets[1].set->name, "offices");
  EXPECT_EQ(result.rule_sets[0].set, result.rule_sets[1].set);
}

TEST_F(ReadSteering, ReadsSetsOfRulesForAllRegions) {
  const auto set = read_set(R"([{"countries": ["FR"], "regions": ["eu-west"]},
      {"name": "Dublin", "asns": [64500], "steering": {}}])");
  EXPECT_THAT(messages_, IsEmpty());
  EXPECT_EQ(set.name, "offices");
  ASSERT_THAT(set.rules, SizeIs(2));
  EXPECT_EQ(set.rules[0].name, "offices: number 1");
  EXPECT_THAT(set.rules[0].preference.regions, ElementsAre(1));
  EXPECT_EQ(set.rules[1].name, "offices: Dublin");
  EXPECT_THAT(set.rules[1].preference.regions, ElementsAre(0, 1));
}

TEST_F(ReadSteering, SaysWhatIsWrongInASet) {
  (void)read_set(R"([{"rule_set": "offices"}, {"countries": ["FR"], "regions": ["eu-wset"]}])");
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /0/rule_set: a set has rules, not other sets",
                                     "rhumb.json: /1/regions/0: \"eu-wset\" is not a region (did you mean "
                                     "\"eu-west\"?)"));
}

TEST_F(ReadSteering, IgnoresRulesThatHaveExpiredAndSaysSo) {
  EXPECT_FALSE(read_rule(R"({"expires": "2026-11-22", "countries": ["FR"], "regions": ["eu-west"]})"));
  EXPECT_THAT(messages_,
              ElementsAre("rhumb.json: /rules/0/expires: warning: the rule expired on 2026-11-22 and is ignored"));
}

TEST_F(ReadSteering, SaysWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"order": "closest"})", "/order: "},
      {R"({"regions": ["eu-wset"]})", "/regions/0: \"eu-wset\" is not a region (did you mean \"eu-west\"?)"},
      {R"({"regions": ["unused"]})", "/regions/0: the service has no instance in region \"unused\""},
      {R"({"regions": ["eu-west", "eu-west"]})", "/regions/1: stands twice in this list"},
      {R"({"regions": []})", "/regions: needs at least one region"},
      {R"({"order": "listed", "tolerance_km": 5})",
       "/tolerance_km: is only for \"order\": \"nearest\" and \"latency\""},
      {R"({"tolerance_ms": 5})", "/tolerance_ms: is only for \"order\": \"latency\""},
      {R"({"order": "latency", "tolerance_ms": -1})", "/tolerance_ms: must be a number from 0 to 10000"},
      {R"({"hysteresis": {}})", "/hysteresis: is only for \"order\": \"latency\""},
      {R"({"order": "latency", "hysteresis": {"percent": 101}})",
       "/hysteresis/percent: must be a number from 0 to 100"},
      {R"({"order": "latency", "hysteresis": {"gain": 1}})", "/hysteresis/gain: unknown key"},
      {R"({"order": "equal", "bias": {"eu-west": 5}})", "/bias: is only for \"order\": \"nearest\""},
      {R"({"bias": {"eu-west": 100}})", "/bias/eu-west: "},
      {R"({"regions": ["us-east"], "bias": {"eu-west": 5}})",
       "/bias/eu-west: \"eu-west\" is not a region that this order is about"},
      {R"({"max_regions": 0})", "/max_regions: "},
      {R"({"spread": "capacity"})", "/spread: region \"ap-south\" has no \"capacity\""},
      {R"({"sticky": {"ipv4_prefix_length": 24}})", "/sticky: is only for \"pick\": \"sticky\""},
      {R"({"pick": "sticky", "sticky": {"ipv4_prefix_length": 33}})", "/sticky/ipv4_prefix_length: "},
      {R"({"when_all_down": "nodta"})",
       "/when_all_down: \"nodta\" must be one of \"nearest\", \"fallback\", \"nodata\""},
      {R"({"when_all_down": "192.0.2.9"})", "/when_all_down: addresses are a list: [\"192.0.2.9\"]"},
      {R"({"when_all_down": []})", "/when_all_down: needs at least one address"},
      {R"({"when_all_down": ["nearest"]})", "/when_all_down/0: \"nearest\" is not an IP address"},
      {R"({"when_all_down": ["::1", "0::1"]})", "/when_all_down/1: stands twice in this list"},
      {R"({"when_all_down": 5})", "/when_all_down: must be a string, not number"},
      {R"({"rules": [{"regions": ["eu-west"]}]})", "/rules/0: matches nobody: "},
      {R"({"rules": [{"countries": ["FR"]}]})", "/rules/0: needs one of \"regions\", \"steering\" and \"action\""},
      {R"({"rules": [{"countries": ["FR"], "regions": ["eu-west"], "action": "refuse"}]})", "/rules/0: needs one of "},
      {R"({"rules": [{"countries": ["fr"], "action": "refuse"}]})", "/rules/0/countries/0: \"fr\" is not a country's"},
      {R"({"rules": [{"subdivisions": ["US"], "action": "refuse"}]})", "/rules/0/subdivisions/0: \"US\" is not an ISO"},
      {R"({"rules": [{"continents": ["EUROPE"], "action": "refuse"}]})",
       "/rules/0/continents/0: \"EUROPE\" is not one"},
      {R"({"rules": [{"asns": [0], "action": "refuse"}]})", "/rules/0/asns/0: "},
      {R"({"rules": [{"networks": ["10.0.0.0/33"], "action": "refuse"}]})",
       "/rules/0/networks/0: \"10.0.0.0/33\" is not a network such as 192.0.2.0/24"},
      {R"({"rules": [{"networks": ["10.0.0.1/24"], "action": "refuse"}]})",
       "/rules/0/networks/0: 10.0.0.1/24 has bits set after the prefix; meant 10.0.0.0/24?"},
      {R"({"rules": [{"countries": ["FR"], "action": "refuse", "expires": "2026-02-30"}]})",
       "/rules/0/expires: \"2026-02-30\" is not a date such as 2026-12-31"},
      {R"({"rules": [{"resolver_networks": ["10.0.0.1/8"], "action": "refuse"}]})",
       "/rules/0/resolver_networks/0: 10.0.0.1/8 has bits set after the prefix; meant 10.0.0.0/8?"},
      {R"({"rules": [{"resolver_asns": [0], "action": "refuse"}]})", "/rules/0/resolver_asns/0: "},
      {R"({"rules": [{"rule_set": "ofices"}]})",
       "/rules/0/rule_set: \"ofices\" is not one of \"rule_sets\" (did you mean \"offices\"?)"},
      {R"({"rules": [{"rule_set": "offices", "regions": ["eu-west"]}]})", "/rules/0/regions: unknown key"},
      {R"({"rules": [{"country": ["FR"], "action": "refuse"}]})", "/rules/0/country: "},
  };
  for (const auto& [text, message] : cases) {
    messages_.clear();
    (void)read(text);
    ASSERT_THAT(messages_, SizeIs(1)) << text;
    EXPECT_THAT(messages_.front(), HasSubstr("rhumb.json: " + message)) << text;
  }
}

}  // namespace
}  // namespace rhumb::config

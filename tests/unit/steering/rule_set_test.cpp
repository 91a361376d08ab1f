#include "steering/rule_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::steering {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Regions are places in a configuration of five; the service has instances in three of them.
constexpr std::array<std::size_t, 3> kRegions{1, 2, 4};

Rule rule_to(std::string name, std::vector<RegionIndex> regions) {
  Rule rule;
  rule.name = std::move(name);
  rule.preference.regions = std::move(regions);
  return rule;
}

std::shared_ptr<const RuleSet> set_of(std::vector<Rule> rules) {
  return std::make_shared<RuleSet>(RuleSet{"set", std::move(rules)});
}

std::vector<std::string> names_of(const std::vector<Rule>& rules) {
  std::vector<std::string> names;
  for (const Rule& rule : rules)
    names.push_back(rule.name);
  return names;
}

TEST(RuleSet, StandsAtItsPlaceInTheList) {
  Steering own;
  own.preference.regions = {1, 2, 4};
  own.rules = {rule_to("a", {1}), rule_to("b", {2})};
  const auto first = set_of({rule_to("x", {4}), rule_to("y", {1})});
  const auto second = set_of({rule_to("z", {2})});
  const auto names = [&](std::vector<RuleSetUse> sets) { return names_of(localize(own, sets, kRegions).rules); };
  EXPECT_THAT(names({}), ElementsAre("a", "b"));
  EXPECT_THAT(names({{0, first}}), ElementsAre("x", "y", "a", "b"));
  EXPECT_THAT(names({{1, first}, {1, second}}), ElementsAre("a", "x", "y", "z", "b"));
  EXPECT_THAT(names({{0, second}, {2, first}}), ElementsAre("z", "a", "b", "x", "y"));
}

TEST(RuleSet, NamesTheRegionsOfTheServiceAsItDoes) {
  Steering own;
  own.preference.regions = {4, 1};
  own.rules = {rule_to("a", {2})};
  const Steering local = localize(own, {}, kRegions);
  EXPECT_THAT(local.preference.regions, ElementsAre(2, 0));
  EXPECT_THAT(local.rules[0].preference.regions, ElementsAre(1));
}

TEST(RuleSet, LeavesOutTheRegionsThatTheServiceDoesNotHave) {
  Rule biased = rule_to("x", {0, 4, 3, 1});
  biased.preference.biases = {10, 20, 30, 40};
  const std::vector<RuleSetUse> sets{{0, set_of({biased})}};
  const Steering local = localize({}, sets, kRegions);
  ASSERT_THAT(local.rules, SizeIs(1));
  EXPECT_THAT(local.rules[0].preference.regions, ElementsAre(2, 0));
  EXPECT_THAT(local.rules[0].preference.biases, ElementsAre(20, 40));
}

TEST(RuleSet, LeavesOutRulesThatLeadNowhere) {
  Rule refusal = rule_to("refusal", {});
  refusal.action = Action::refuse;
  const std::vector<RuleSetUse> sets{{0, set_of({rule_to("elsewhere", {0, 3}), refusal, rule_to("here", {4})})}};
  EXPECT_THAT(names_of(localize({}, sets, kRegions).rules), ElementsAre("refusal", "here"));
}

TEST(RuleSet, OfAFileSaysWhichOfItsRulesApply) {
  RuleSet file{"set", {rule_to("elsewhere", {0}), rule_to("here", {4})}, std::make_shared<RuleMap>()};
  const std::vector<RuleSetUse> sets{{1, std::make_shared<RuleSet>(file)}};
  Steering own;
  own.rules = {rule_to("a", {1})};
  const Steering local = localize(own, sets, kRegions);
  EXPECT_THAT(names_of(local.rules), ElementsAre("a", "here"));
  ASSERT_THAT(local.tables, SizeIs(1));
  EXPECT_EQ(local.tables[0].networks, file.networks) << "shared, not copied";
  EXPECT_THAT(local.tables[0].rules, ElementsAre(kNoRule, 1));
}

TEST(RuleSet, HasNoTableUnlessItIsOfAFile) {
  const std::vector<RuleSetUse> sets{{0, set_of({rule_to("x", {1})})}};
  EXPECT_THAT(localize({}, sets, kRegions).tables, IsEmpty());
}

}  // namespace
}  // namespace rhumb::steering

#include "config/rule_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RuleFile : public testing::Test {
 protected:
  steering::RuleSet read(std::string_view text) {
    const std::vector<steering::Region> regions = {{"us-east", {}, 0}, {"eu-west", {}, 0}, {"ap-south", {}, 0}};
    Problems problems;
    auto set = read_rule_file("partners", directory_.write("partners.csv", text), regions, problems);
    messages_.clear();
    for (const Problem& problem : problems.all())
      messages_.push_back(problem.to_string().substr(directory_.path().string().size() + 1));
    return set;
  }
  // The name of the rule that matches.
  static std::string rule_of(const steering::RuleSet& set, std::string_view client) {
    const std::uint16_t number = set.networks->find(*IpAddress::parse(client));
    return number == 0 ? "" : set.rules.at(number - 1U).name;
  }

  test::TemporaryDirectory directory_;
  std::vector<std::string> messages_;
};

TEST_F(RuleFile, SendsEachNetworkToItsRegions) {
  const auto set =
      read("network,region\n# ours\n192.0.2.0/24, eu-west, us-east\n2001:db8::/32,ap-south\n203.0.113.7,us-east\n");
  EXPECT_THAT(messages_, IsEmpty());
  EXPECT_EQ(set.name, "partners");
  EXPECT_EQ(rule_of(set, "192.0.2.200"), "partners.csv: eu-west, us-east");
  EXPECT_EQ(rule_of(set, "2001:db8::1"), "partners.csv: ap-south");
  EXPECT_EQ(rule_of(set, "203.0.113.7"), "partners.csv: us-east");
  EXPECT_EQ(rule_of(set, "203.0.113.8"), "");
  EXPECT_EQ(set.rules[0].preference.order, steering::Order::listed);
  EXPECT_THAT(set.rules[0].preference.regions, ElementsAre(1, 0));
}

TEST_F(RuleFile, HasOneRuleForEachListOfRegions) {
  const auto set = read("10.0.0.0/8,eu-west,us-east\n11.0.0.0/8,us-east,eu-west\n12.0.0.0/8, eu-west,us-east\n");
  EXPECT_THAT(set.rules, SizeIs(2));
  EXPECT_EQ(rule_of(set, "10.0.0.1"), rule_of(set, "12.0.0.1"));
}

TEST_F(RuleFile, LetsTheMostSpecificNetworkWin) {
  for (const char* text : {"10.0.0.0/8,eu-west\n10.1.0.0/16,us-east\n", "10.1.0.0/16,us-east\n10.0.0.0/8,eu-west\n"}) {
    const auto set = read(text);
    EXPECT_EQ(rule_of(set, "10.1.2.3"), "partners.csv: us-east");
    EXPECT_EQ(rule_of(set, "10.2.2.3"), "partners.csv: eu-west");
  }
}

TEST_F(RuleFile, MayNameANetworkTwiceWithEqualRegionsOnly) {
  (void)read("10.0.0.0/8,eu-west\n10.0.0.0/8,eu-west\n");
  EXPECT_THAT(messages_, IsEmpty());
  (void)read("10.0.0.0/8,eu-west\n10.0.0.0/16,us-east\n# again\n10.0.0.0/8,us-east\n10.0.0.0/8,eu-west\n");
  EXPECT_THAT(messages_, ElementsAre("partners.csv:5: 10.0.0.0/8 has other regions in line 4",
                                     "partners.csv:4: 10.0.0.0/8 has other regions in line 1"));
  (void)read("2001:db8::/32,eu-west\n2001:db8::/32,us-east\n");
  EXPECT_THAT(messages_, ElementsAre("partners.csv:2: 2001:db8::/32 has other regions in line 1"));
}

TEST_F(RuleFile, SaysWhatIsWrongAndWhere) {
  (void)read(
      "10.0.0.0/8\n"
      "10.0.0.0/33,eu-west\n"
      "10.0.0.1/8,eu-west\n"
      "10.0.0.0/8,eu-wset\n"
      "10.0.0.0/8,eu-west,eu-west\n"
      "10.0.0.0/8,eu-west,\n");
  EXPECT_THAT(
      messages_,
      ElementsAre("partners.csv:1: needs a network and its regions, as in 192.0.2.0/24,eu-west,us-east",
                  "partners.csv:2: \"10.0.0.0/33\" is not a network such as 192.0.2.0/24",
                  "partners.csv:3: 10.0.0.1/8 has bits set after the prefix; meant 10.0.0.0/8?",
                  "partners.csv:4: \"eu-wset\" is not a region (did you mean \"eu-west\"?)",
                  "partners.csv:5: \"eu-west\" stands twice in this line", "partners.csv:6: \"\" is not a region"));
}

}  // namespace
}  // namespace rhumb::config

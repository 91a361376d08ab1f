#include "health/status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using testing::Optional;
using testing::StrEq;

Status some_status() {
  Status status;
  status.instances = {{"www.example.com", "us-east", "192.0.2.10"},
                      {"www.example.com", "eu-west", "192.0.2.20"},
                      {"www.example.com", "eu-west", "192.0.2.21"},
                      {"api.example.com", "us-east", "192.0.2.30"}};
  return status;
}

std::optional<std::string> complaint(const Scope& scope) {
  return check_scope(scope, some_status());
}

TEST(Scope, IsWrittenFromTheWidestOfItsNamesThatPeopleAskForFirst) {
  EXPECT_EQ(to_text(Scope{"eu-west"}), "eu-west");
  EXPECT_EQ(to_text(Scope{"eu-west", "www.example.com"}), "www.example.com eu-west");
  EXPECT_EQ(to_text(Scope{"eu-west", "www.example.com", "192.0.2.20"}), "www.example.com eu-west 192.0.2.20");
}

TEST(Scope, CoversWhatItNamesAndAllBelow) {
  const InstanceStatus instance{"www.example.com", "eu-west", "192.0.2.20"};
  EXPECT_TRUE(covers({"eu-west"}, instance));
  EXPECT_TRUE(covers({"eu-west", "www.example.com"}, instance));
  EXPECT_TRUE(covers({"eu-west", "www.example.com", "192.0.2.20"}, instance));
  EXPECT_FALSE(covers({"us-east"}, instance));
  EXPECT_FALSE(covers({"eu-west", "api.example.com"}, instance));
  EXPECT_FALSE(covers({"eu-west", "www.example.com", "192.0.2.21"}, instance));
}

TEST(Scope, IsGoodWhenAnInstanceIsInIt) {
  EXPECT_EQ(complaint({"eu-west"}), std::nullopt);
  EXPECT_EQ(complaint({"eu-west", "www.example.com"}), std::nullopt);
  EXPECT_EQ(complaint({"eu-west", "www.example.com", "192.0.2.21"}), std::nullopt);
}

TEST(Scope, IsRefusedWithWhatWasProbablyMeant) {
  EXPECT_THAT(complaint({"eu-wset"}),
              Optional(StrEq("no service has an instance in a region \"eu-wset\" (did you mean \"eu-west\"?)")));
  EXPECT_THAT(complaint({"eu-west", "ww.example.com"}),
              Optional(StrEq("\"ww.example.com\" is not a service (did you mean \"www.example.com\"?)")));
}

TEST(Scope, IsRefusedWithThePlacesWhereTheServiceIs) {
  EXPECT_THAT(complaint({"eu-west", "api.example.com"}),
              Optional(StrEq("api.example.com has no instance in eu-west; it is in us-east")));
  EXPECT_THAT(complaint({"eu-west", "www.example.com", "192.0.2.10"}),
              Optional(StrEq("www.example.com has no instance \"192.0.2.10\" in eu-west; it has 192.0.2.20, 192.0.2.21 "
                             "there")));
}

TEST(Scope, NeedsARegionAndForAnInstanceAService) {
  EXPECT_THAT(complaint({""}), Optional(StrEq("a region is needed")));
  EXPECT_THAT(complaint({"eu-west", "", "192.0.2.20"}), Optional(StrEq("an instance is named without its service")));
}

TEST(Standing, HasAWordOfItsOwnEach) {
  std::vector<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(Standing::forced_down); ++i)
    words.push_back(to_text(static_cast<Standing>(i)));
  EXPECT_THAT(words,
              testing::ElementsAre("serving", "down", "held down", "damped", "awaits word", "ramping", "shedding",
                                   "panic", "kept", "draining", "drained", "forced up", "forced down"));
}

}  // namespace
}  // namespace rhumb::health

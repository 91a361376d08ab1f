#include "cli/change_text.hpp"

#include <gtest/gtest.h>

#include "some_status.hpp"

namespace rhumb::cli {
namespace {

using namespace std::chrono_literals;
using health::Override;
using health::Standing;

TEST(ChangeText, SaysHowMuchADrainIsAboutAndWhatTakesItBack) {
  const health::Status status = some_status();
  EXPECT_EQ(describe_given({{"us-east"}, Override::Action::drain, "", "", {}, {}, 10min}, status),
            "us-east is draining: 2 instances of 2 services, gone in 10m; `rhumb undrain us-east` takes it back");
  EXPECT_EQ(
      describe_given({{"eu-west", "www.example.com"}, Override::Action::drain, "", "", {}, status.now + 2h}, status),
      "www.example.com eu-west is drained: 2 instances of 1 service; ends by itself in 2h; `rhumb undrain eu-west "
      "--service www.example.com` takes it back");
  EXPECT_EQ(
      describe_given({{"eu-west", "www.example.com", "192.0.2.20"}, Override::Action::force_up}, status),
      "www.example.com eu-west 192.0.2.20 is forced up: 1 instance of 1 service; `rhumb undrain eu-west --service "
      "www.example.com --instance 192.0.2.20` takes it back");
}

TEST(ChangeText, SaysWhatWasTakenBack) {
  const health::Status status = some_status();
  EXPECT_EQ(
      describe_taken_back({{"eu-west"}, Override::Action::force_down, "new disks", "ada", status.now - 5min}, status),
      "eu-west is no longer forced down (by ada, 5m ago: new disks): 2 instances of 1 service are again as their "
      "checks and other overrides say");
  EXPECT_EQ(describe_taken_back({{"eu-west"}, Override::Action::drain, "", "", status.now}, status),
            "eu-west is no longer drained (0s ago): 2 instances of 1 service are again as their checks and other "
            "overrides say");
  EXPECT_EQ(describe_taken_back(
                {{"eu-west", "www.example.com", "192.0.2.20"}, Override::Action::drain, "", "", status.now}, status),
            "www.example.com eu-west 192.0.2.20 is no longer drained (0s ago): 1 instance of 1 service is again as its "
            "checks and other overrides say");
}

TEST(ChangeText, NamesTheOverridesThatMayHaveBeenMeant) {
  health::Status status = some_status();
  EXPECT_EQ(describe_missing({"eu-west"}, status), "there is no override on eu-west");
  status.overrides = {{{"us-east"}}, {{"eu-west", "www.example.com"}}};
  EXPECT_EQ(describe_missing({"eu-west"}, status),
            "there is no override on eu-west; but there is `rhumb undrain eu-west --service www.example.com`");
  EXPECT_EQ(describe_missing({"us-east", "www.example.com", "192.0.2.10"}, status),
            "there is no override on www.example.com us-east 192.0.2.10; but there is `rhumb undrain us-east`");
}

TEST(ChangeText, NamesAFewOverridesOfMany) {
  health::Status status = some_status();
  for (int i = 0; i < 100; ++i)
    status.overrides.push_back({{"eu-west", "s" + std::to_string(i)}});
  const std::string text = describe_missing({"eu-west"}, status);
  EXPECT_LT(text.size(), 400U);
  EXPECT_TRUE(text.ends_with("`rhumb undrain eu-west --service s4`, …")) << text;
}

TEST(ChangeText, CountsWhatWasHeldBack) {
  health::Status status = some_status();
  EXPECT_EQ(describe_resumed({"eu-west"}, status), "eu-west: no instance was held back");
  status.instances[0].standing = Standing::held_down;
  status.instances[1].standing = Standing::awaits_word;
  status.instances[2].standing = Standing::damped;
  EXPECT_EQ(describe_resumed({"eu-west"}, status), "eu-west: 2 instances no longer held back");
}

}  // namespace
}  // namespace rhumb::cli

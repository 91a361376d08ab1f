#include "base/suggestion.hpp"

#include <gtest/gtest.h>

namespace rhumb {
namespace {

TEST(Suggestion, IsTheNearestNameAndOnlyWhenItIsNear) {
  const std::vector<std::string_view> names{"eu-west", "us-east", "ap-southeast"};
  EXPECT_EQ(suggestion("eu-wset", names), " (did you mean \"eu-west\"?)");
  EXPECT_EQ(suggestion("us-eats", names), " (did you mean \"us-east\"?)");
  EXPECT_EQ(suggestion("mars", names), "");
  EXPECT_EQ(suggestion(std::string(10'000, 'x'), names), "");
}

}  // namespace
}  // namespace rhumb

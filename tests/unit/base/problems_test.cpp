#include "base/problems.hpp"

#include <gtest/gtest.h>

namespace rhumb {
namespace {

TEST(Problems, CountsErrorsAndWarningsApart) {
  Problems problems;
  problems.warning("rhumb.json: /checks/web", "no service uses this check");
  EXPECT_FALSE(problems.has_errors());
  problems.error("zones/example.com.zone:12", "no such type");
  EXPECT_TRUE(problems.has_errors());
  EXPECT_EQ(problems.error_count(), 1U);
  EXPECT_EQ(problems.warning_count(), 1U);
}

TEST(Problems, WritesThePlaceFirst) {
  Problems problems;
  problems.warning("rhumb.json: /checks/web", "no service uses this check");
  problems.error("zones/example.com.zone:12", "no such type");
  EXPECT_EQ(problems.all()[0].to_string(), "rhumb.json: /checks/web: warning: no service uses this check");
  EXPECT_EQ(problems.all()[1].to_string(), "zones/example.com.zone:12: no such type");
}

TEST(Problems, KeepsNoMoreThanTheLimitButCountsAll) {
  Problems problems;
  for (std::size_t i = 0; i < Problems::kKeptMax + 5; ++i)
    problems.error("a", "b");
  EXPECT_EQ(problems.all().size(), Problems::kKeptMax);
  EXPECT_EQ(problems.error_count(), Problems::kKeptMax + 5);
}

TEST(Problems, AFloodOfWarningsHidesNoError) {
  Problems problems;
  for (std::size_t i = 0; i < Problems::kKeptMax; ++i)
    problems.warning("a", "b");
  problems.error("place", "the error");
  EXPECT_EQ(problems.all().back().message, "the error");
}

TEST(Problems, AppendsOthersWithTheirCounts) {
  Problems problems;
  problems.warning("a", "b");
  Problems more;
  EXPECT_EQ(more.first_error(), nullptr);
  for (std::size_t i = 0; i < Problems::kKeptMax + 5; ++i)
    more.error("place", "message");
  problems.append(more);
  EXPECT_EQ(problems.error_count(), Problems::kKeptMax + 5);
  EXPECT_EQ(problems.warning_count(), 1U);
  EXPECT_EQ(problems.all().size(), Problems::kKeptMax);
  EXPECT_EQ(problems.first_error(), &problems.all()[1]);
}

}  // namespace
}  // namespace rhumb

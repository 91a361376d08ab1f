#include "daemon/line_budget.hpp"

#include <gtest/gtest.h>

namespace rhumb::daemon {
namespace {

const LineBudget::Clock::time_point kNoon{std::chrono::hours(12)};

std::size_t admitted(LineBudget& budget, std::size_t lines, LineBudget::Clock::time_point now) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < lines; ++i)
    count += budget.admits(now) ? 1 : 0;
  return count;
}

TEST(LineBudget, AdmitsSoManyInASpan) {
  LineBudget budget;
  EXPECT_EQ(admitted(budget, LineBudget::kLinesMax + 7, kNoon), LineBudget::kLinesMax);
  EXPECT_FALSE(budget.admits(kNoon + LineBudget::kSpan - std::chrono::nanoseconds(1)));
  EXPECT_EQ(budget.take_left_out(), 0U) << "the span is not over";
}

TEST(LineBudget, SaysOnceHowManyWereLeftOut) {
  LineBudget budget;
  admitted(budget, LineBudget::kLinesMax + 7, kNoon);
  EXPECT_TRUE(budget.admits(kNoon + LineBudget::kSpan));
  EXPECT_EQ(budget.take_left_out(), 7U);
  EXPECT_EQ(budget.take_left_out(), 0U);
}

TEST(LineBudget, BeginsAnewWhenTheClockIsSetBack) {
  LineBudget budget;
  admitted(budget, LineBudget::kLinesMax + 1, kNoon);
  EXPECT_TRUE(budget.admits(kNoon - std::chrono::hours(1)));
}

}  // namespace
}  // namespace rhumb::daemon

#include "schedule.hpp"

#include <gtest/gtest.h>

namespace rhumb::load {
namespace {

constexpr Nanoseconds kBegin = 123'456'789;

// Otherwise latencies are those of the answers and a part of the interval.
TEST(Schedule, EachQueryCountsAsDueFromTheMomentThatItsLatencyCountsFrom) {
  const Schedule schedule(kBegin, kBegin + kNanosecondsPerS, 1'000);
  for (std::uint64_t others = 0; others < 1'000; ++others) {
    const Nanoseconds due = schedule.due_after(others);
    EXPECT_EQ(schedule.due_until(due + 1), others + 1);
    EXPECT_EQ(schedule.due_until(due - 1), others);
  }
}

TEST(Schedule, AsManyAreDueAsTheRateSaysAndNoneAfterTheEnd) {
  const Schedule schedule(kBegin, kBegin + 2 * kNanosecondsPerS, 50'000);
  EXPECT_EQ(schedule.due_until(kBegin), 0U);
  EXPECT_EQ(schedule.due_until(kBegin + kNanosecondsPerS), 50'000U);
  EXPECT_EQ(schedule.due_until(kBegin + 2 * kNanosecondsPerS), 100'000U);
  EXPECT_EQ(schedule.due_until(kBegin + 9 * kNanosecondsPerS), 100'000U);
}

}  // namespace
}  // namespace rhumb::load

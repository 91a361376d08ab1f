#include "health/schedule.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;
using TimePoint = Schedule::TimePoint;

constexpr std::uint32_t kInterval_ms = 10'000;
constexpr auto kInterval = std::chrono::milliseconds(kInterval_ms);
constexpr auto kJitter = kInterval / Schedule::kJitterPart;
constexpr std::size_t kTargets = 1'000;
constexpr TimePoint kNow{1'000'000s};

std::vector<Schedule> add_targets(Random& random) {
  std::vector<Schedule> schedules;
  for (std::size_t i = 0; i < kTargets; ++i)
    schedules.emplace_back(kNow, kInterval_ms, i, kTargets, random);
  return schedules;
}

// The most starts in any part of the interval from `begin` that is as long as one part of `parts`.
std::size_t most_in_a_part(std::vector<TimePoint> starts, std::chrono::microseconds part) {
  std::sort(starts.begin(), starts.end());
  std::size_t most = 0;
  for (auto first = starts.begin(), last = starts.begin(); last != starts.end(); ++last) {
    while (*last - *first > part)
      ++first;
    most = std::max(most, static_cast<std::size_t>(last - first) + 1);
  }
  return most;
}

TEST(Schedule, FirstProbesAreSpreadEvenlyOverTheFirstSecond) {
  Random random(1);
  const auto schedules = add_targets(random);
  for (std::size_t i = 0; i < kTargets; ++i) {
    const auto offset = schedules[i].start() - kNow;
    EXPECT_GE(offset, static_cast<int>(i) * Schedule::kFirstSpread / static_cast<int>(kTargets));
    EXPECT_LE(offset, static_cast<int>(i + 1) * Schedule::kFirstSpread / static_cast<int>(kTargets));
  }
}

TEST(Schedule, LaterProbesAreSpreadEvenlyOverTheInterval) {
  Random random(2);
  auto schedules = add_targets(random);
  for (int round = 1; round <= 5; ++round) {
    std::vector<TimePoint> starts;
    for (auto& schedule : schedules) {
      schedule.advance(schedule.start() + 5ms, random);
      starts.push_back(schedule.start());
    }
    // Twice the even share of a twentieth, 50, leaves room for the jitter and for the second round that reaches
    // further.
    EXPECT_LT(most_in_a_part(starts, kInterval / 20), 100U) << round;
  }
}

TEST(Schedule, SecondProbeComesHalfToOneAndAHalfIntervalsAfterTheFirst) {
  Random random(3);
  for (auto& schedule : add_targets(random)) {
    const TimePoint first = schedule.start();
    schedule.advance(first + 5ms, random);
    EXPECT_GE(schedule.start() - first, kInterval / 2 - kJitter);
    EXPECT_LE(schedule.start() - first, kInterval * 3 / 2 + kJitter);
  }
}

TEST(Schedule, StartsAreOneIntervalApartAndDoNotDrift) {
  Random random(4);
  Schedule schedule(kNow, kInterval_ms, 0, 1, random);
  schedule.advance(schedule.start() + 5ms, random);
  const TimePoint second = schedule.start();
  for (int i = 1; i <= 1'000; ++i) {
    const TimePoint previous = schedule.start();
    schedule.advance(previous + 5ms, random);
    EXPECT_GE(schedule.start() - previous, kInterval - 2 * kJitter);
    EXPECT_LE(schedule.start() - previous, kInterval + 2 * kJitter);
    EXPECT_GE(schedule.start() - second, i * kInterval - 2 * kJitter);
    EXPECT_LE(schedule.start() - second, i * kInterval + 2 * kJitter);
  }
}

TEST(Schedule, ALateProbeIsTakenAtOnceAndMissedOnesAreDropped) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Schedule schedule(kNow, kInterval_ms, 0, 1, random);
    schedule.advance(schedule.start() + 5ms, random);
    const TimePoint late = schedule.start() + 7 * kInterval + kInterval / 2;
    schedule.advance(late, random);
    EXPECT_LE(schedule.start(), late);
    schedule.advance(late + 5ms, random);
    EXPECT_GT(schedule.start(), late + 5ms) << "one, not seven";
    EXPECT_LE(schedule.start() - late, kInterval + kJitter);
  }
}

TEST(Schedule, EqualSeedsGiveEqualSchedules) {
  Random a(5);
  Random b(5);
  EXPECT_EQ(Schedule(kNow, kInterval_ms, 3, 9, a).start(), Schedule(kNow, kInterval_ms, 3, 9, b).start());
}

TEST(Schedule, HoldsTheLargestAndSmallestNumbers) {
  Random random(6);
  constexpr auto kLongest_ms = std::numeric_limits<std::uint32_t>::max();
  Schedule longest(kNow, kLongest_ms, Schedule::kTargetsMax - 1, Schedule::kTargetsMax, random);
  EXPECT_GE(longest.start(), kNow);
  EXPECT_LE(longest.start(), kNow + static_cast<int>(Schedule::kTargetsMax) * Schedule::kFirstApart);
  const TimePoint first = longest.start();
  longest.advance(first, random);
  EXPECT_GE(longest.start() - first, std::chrono::milliseconds(kLongest_ms) / 3);
  EXPECT_LE(longest.start() - first, std::chrono::milliseconds(kLongest_ms) * 2);

  Schedule shortest(kNow, 1, 0, 1, random);
  EXPECT_LE(shortest.start() - kNow, 1ms);
  const TimePoint before = shortest.start();
  shortest.advance(before, random);
  EXPECT_GT(shortest.start(), before);
}

TEST(Schedule, AHurriedStartIsNotLongAfterTheLast) {
  Random random(7);
  Schedule schedule(kNow, kInterval_ms, 0, 1, random);
  const TimePoint first = schedule.start();
  schedule.hurry(first + 5ms, 500ms);
  EXPECT_EQ(schedule.start(), first + 500ms);
  schedule.hurry(first + 3s, 500ms);
  EXPECT_EQ(schedule.start(), first + 3s) << "the probe took longer: at once, and nothing is made up for";
}

TEST(Schedule, GoesBackToItsGridAfterHurriedStarts) {
  for (int hurried = 1; hurried < 100; ++hurried) {
    Random random(8);
    Schedule usual(kNow, kInterval_ms, 0, 1, random);
    usual.advance(usual.start(), random);
    Schedule schedule = usual;
    for (int i = 0; i < hurried; ++i)
      schedule.hurry(schedule.start(), 500ms);
    const TimePoint last = schedule.start();
    schedule.advance(last, random);
    EXPECT_GE(schedule.start(), last - kJitter);
    EXPECT_LE(schedule.start(), last + kInterval + kJitter);
    const auto from_grid = (schedule.start() - usual.start()) % kInterval;
    EXPECT_TRUE(from_grid <= 2 * kJitter || from_grid >= kInterval - 2 * kJitter) << hurried;
  }
}

TEST(Schedule, FirstProbesOfManyTargetsAreKeptApart) {
  constexpr std::size_t kMany = 10'000;
  Random random(1);
  for (std::size_t i = 0; i < kMany; i += 97) {
    const Schedule schedule(kNow, 60'000, i, kMany, random);
    const auto offset = schedule.start() - kNow;
    EXPECT_GE(offset, static_cast<int>(i) * Schedule::kFirstApart - 1us);
    EXPECT_LE(offset, static_cast<int>(i + 1) * Schedule::kFirstApart);
  }
  const Schedule hasty(kNow, 1'000, kMany - 1, kMany, random);
  EXPECT_LE(hasty.start() - kNow, 1s) << "an interval is enough";
}

}  // namespace
}  // namespace rhumb::health

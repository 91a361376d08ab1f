#include "health/mass_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;
using Sight = MassGuard::Sight;

constexpr Time kNow{1'000'000s};
constexpr GuardSettings kHalf{50, 10s, 300s};
constexpr GuardSettings kCanariesOnly{0, 10s, 300s};

TEST(MassGuard, RisesWhenMoreThanItsPartFellLately) {
  for (int percent = 1; percent <= 100; ++percent) {
    for (std::size_t probes = 0; probes <= 40; ++probes) {
      for (std::size_t fallen = 0; fallen <= probes; ++fallen) {
        MassGuard guard;
        const bool is_mass = fallen >= MassGuard::kLeast && fallen * 100 > probes * static_cast<std::size_t>(percent);
        ASSERT_EQ(guard.look({probes, fallen}, kNow, {percent, 10s, 300s}), is_mass) << percent << " % of " << probes;
        ASSERT_EQ(guard.is_up(), is_mass);
      }
    }
  }
}

TEST(MassGuard, WithoutAPartOnlyCanariesRaiseIt) {
  MassGuard guard;
  EXPECT_FALSE(guard.look({100, 100}, kNow, kCanariesOnly));
  EXPECT_TRUE(guard.look({100, 0, 0, true}, kNow, kCanariesOnly));
  EXPECT_EQ(guard.reason(), "no canary answers");
  EXPECT_TRUE(guard.look({100, 100, 100, false}, kNow + 1s, kCanariesOnly)) << "the cause is gone";
  EXPECT_FALSE(guard.is_up());
}

TEST(MassGuard, SaysWhyItRose) {
  MassGuard guard;
  ASSERT_TRUE(guard.look({10, 6}, kNow, kHalf));
  EXPECT_EQ(guard.reason(), "6 of 10 targets went down within 10s");
  EXPECT_EQ(guard.until(kHalf), kNow + 300s);
}

TEST(MassGuard, FallsWhenHalfOfWhatRaisedItHasComeBack) {
  MassGuard guard;
  ASSERT_TRUE(guard.look({100, 51}, kNow, kHalf));
  for (std::size_t down = 100; down >= 26; --down)
    EXPECT_FALSE(guard.look({100, 0, down}, kNow + 60s, kHalf)) << down;
  EXPECT_TRUE(guard.look({100, 0, 25}, kNow + 60s, kHalf));
  EXPECT_FALSE(guard.is_up());
  EXPECT_FALSE(guard.has_given_up());
  EXPECT_FALSE(guard.look({100, 25, 0}, kNow + 61s, kHalf));
  EXPECT_TRUE(guard.look({100, 51, 0}, kNow + 62s, kHalf)) << "it may rise again";
}

TEST(MassGuard, StaysWhileCanariesAreDownThoughTargetsAreBack) {
  MassGuard guard;
  ASSERT_TRUE(guard.look({100, 51, 0, true}, kNow, kHalf));
  EXPECT_FALSE(guard.look({100, 0, 0, true}, kNow + 60s, kHalf));
  EXPECT_TRUE(guard.look({100, 0, 0, false}, kNow + 61s, kHalf));
}

TEST(MassGuard, BelievesADisasterInTheEndAndStaysDownUntilTheCauseWasGone) {
  MassGuard guard;
  ASSERT_TRUE(guard.look({100, 90, 0, true}, kNow, kHalf));
  EXPECT_FALSE(guard.look({100, 0, 90, true}, kNow + 300s - 1ms, kHalf));
  EXPECT_TRUE(guard.look({100, 0, 90, true}, kNow + 300s, kHalf));
  EXPECT_FALSE(guard.is_up());
  EXPECT_TRUE(guard.has_given_up());
  EXPECT_FALSE(guard.look({100, 90, 0, true}, kNow + 400s, kHalf)) << "the same disaster";
  EXPECT_FALSE(guard.look({100, 0, 0, false}, kNow + 500s, kHalf)) << "it is over";
  EXPECT_TRUE(guard.look({100, 0, 0, true}, kNow + 600s, kHalf)) << "another one";
}

TEST(MassGuard, HasNotGivenUpIfTheCauseIsGoneAtTheLastMoment) {
  MassGuard guard;
  ASSERT_TRUE(guard.look({100, 90}, kNow, kHalf));
  EXPECT_TRUE(guard.look({100, 0, 0}, kNow + 300s, kHalf));
  EXPECT_FALSE(guard.has_given_up());
}

TEST(MassGuard, TwoProbesAreNoMassHoweverFewThereAre) {
  MassGuard guard;
  EXPECT_FALSE(guard.look({2, 2}, kNow, kHalf));
  EXPECT_TRUE(guard.look({3, 3}, kNow, kHalf));
}

}  // namespace
}  // namespace rhumb::health

#include "control/backoff.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

constexpr std::chrono::sys_seconds kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 25)};

std::vector<milliseconds> waits(const Backoff& backoff, double chance) {
  std::vector<milliseconds> all;
  for (int tries = 1;; ++tries) {
    const auto wait = next_wait(backoff, tries, milliseconds(0), chance, std::nullopt);
    if (!wait) return all;
    all.push_back(*wait);
  }
}

TEST(Backoff, DoublesUpToAMinuteAndGivesUpAfterEightTries) {
  EXPECT_THAT(waits({}, 0),
              ElementsAre(seconds(1), seconds(2), seconds(4), seconds(8), seconds(16), seconds(32), seconds(60)));
}

TEST(Backoff, ChanceTakesUpToHalfAway) {
  EXPECT_THAT(waits({}, 1),
              ElementsAre(milliseconds(500), seconds(1), seconds(2), seconds(4), seconds(8), seconds(16), seconds(30)));
  EXPECT_EQ(next_wait({}, 1, milliseconds(0), 0.5, std::nullopt), milliseconds(750));
}

TEST(Backoff, GivesUpWhenTheNextTryWouldBeTooLate) {
  EXPECT_EQ(next_wait({}, 4, minutes(10) - seconds(8), 0, std::nullopt), seconds(8));
  EXPECT_EQ(next_wait({}, 4, minutes(10) - seconds(8) + milliseconds(1), 0, std::nullopt), std::nullopt);
}

TEST(Backoff, WaitsAsLongAsItIsAskedToUpToTheCap) {
  EXPECT_EQ(next_wait({}, 1, milliseconds(0), 1, seconds(20)), seconds(20));
  EXPECT_EQ(next_wait({}, 1, milliseconds(0), 1, seconds(86'400)), seconds(60));
  EXPECT_EQ(next_wait({}, 4, milliseconds(0), 0, seconds(1)), seconds(8)) << "it does not come sooner for it";
  EXPECT_EQ(next_wait({}, 8, milliseconds(0), 0, seconds(1)), std::nullopt);
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("0", kNow), seconds(0));
  EXPECT_EQ(parse_retry_after("120", kNow), seconds(120));
  EXPECT_EQ(parse_retry_after("Wed, 25 Nov 2026 00:00:30 GMT", kNow), seconds(30));
  EXPECT_EQ(parse_retry_after("Tue, 24 Nov 2026 23:59:30 GMT", kNow), seconds(0)) << "it is over";
}

TEST(RetryAfter, IsNeverMoreThanADay) {
  EXPECT_EQ(parse_retry_after("86401", kNow), std::chrono::days(1));
  EXPECT_EQ(parse_retry_after("99999999999999999999", kNow), std::chrono::days(1));
  EXPECT_EQ(parse_retry_after("Fri, 25 Nov 2028 00:00:00 GMT", kNow), std::chrono::days(1));
}

TEST(RetryAfter, IsNothingElse) {
  for (const char* text : {"", "-1", "1.5", "soon", "120 ", "12x", "Wed, 25 Nov 2026 00:00:30 GMTx", "Wed, 25 Nov"})
    EXPECT_EQ(parse_retry_after(text, kNow), std::nullopt) << text;
}

}  // namespace
}  // namespace rhumb::control

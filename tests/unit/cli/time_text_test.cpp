#include "cli/time_text.hpp"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include "base/timestamp.hpp"

namespace rhumb::cli {
namespace {

using namespace std::chrono_literals;

// In a zone of its own: an hour ahead of UTC, two in summer.
class ParseUntil : public testing::Test {
 protected:
  ParseUntil() {
    ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    ::tzset();
  }
  ~ParseUntil() override {
    ::unsetenv("TZ");
    ::tzset();
  }

  // "" when it is refused.
  static std::string until(std::string_view text, std::string_view now = "2026-11-25T12:00:00Z") {
    const auto time = parse_until(text, parse_rfc3339(now).value());
    return time ? to_rfc3339(*time) : "";
  }
};

TEST_F(ParseUntil, TakesADurationFromNow) {
  EXPECT_EQ(until("2h"), "2026-11-25T14:00:00.000Z");
  EXPECT_EQ(until("1.5s"), "2026-11-25T12:00:01.500Z");
  EXPECT_EQ(until("1d"), "2026-11-26T12:00:00.000Z");
}

TEST_F(ParseUntil, TakesAPointInTime) {
  EXPECT_EQ(until("2026-12-01T00:00:00+01:00"), "2026-11-30T23:00:00.000Z");
}

TEST_F(ParseUntil, TakesTheNextTimeOfDayWhereTheOperatorIs) {
  EXPECT_EQ(until("18:00"), "2026-11-25T17:00:00.000Z");
  EXPECT_EQ(until("13:01"), "2026-11-25T12:01:00.000Z");
  EXPECT_EQ(until("13:00"), "2026-11-26T12:00:00.000Z") << "now is past";
  EXPECT_EQ(until("06:30"), "2026-11-26T05:30:00.000Z");
  EXPECT_EQ(until("06:30", "2026-12-31T12:00:00Z"), "2027-01-01T05:30:00.000Z");
}

TEST_F(ParseUntil, KnowsThatTheClockIsSetInTheNight) {
  EXPECT_EQ(until("06:00", "2026-10-24T12:00:00Z"), "2026-10-25T05:00:00.000Z") << "the day has 25 hours";
  EXPECT_EQ(until("06:00", "2026-03-28T12:00:00Z"), "2026-03-29T04:00:00.000Z") << "the day has 23 hours";
}

TEST_F(ParseUntil, RefusesWhatIsNoTimeToCome) {
  for (const char* text : {"", "tomorrow", "18", "18:", "24:00", "18:60", "1:00", "018:00", "18:00:00", "-1:00",
                           "18:-1", "+8:00", "0s", "-2h", "2026-11-25T12:00:00Z", "2025-11-25T12:00:00Z"}) {
    EXPECT_EQ(until(text), "") << text;
  }
}

TEST(Roughly, UsesOneUnitThatFits) {
  EXPECT_EQ(roughly(0ms), "0s");
  EXPECT_EQ(roughly(-5s), "0s");
  EXPECT_EQ(roughly(1'499ms), "1s");
  EXPECT_EQ(roughly(119s), "119s");
  EXPECT_EQ(roughly(120s), "2m");
  EXPECT_EQ(roughly(119min), "119m");
  EXPECT_EQ(roughly(120min), "2h");
  EXPECT_EQ(roughly(47h), "47h");
  EXPECT_EQ(roughly(48h), "2d");
}

}  // namespace
}  // namespace rhumb::cli

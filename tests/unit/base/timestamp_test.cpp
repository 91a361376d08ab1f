#include "base/timestamp.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kSix = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25) + 18h;

TEST(Timestamp, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(to_rfc3339(kSix), "2026-11-25T18:00:00.000Z");
  EXPECT_EQ(to_rfc3339(kSix + 7ms), "2026-11-25T18:00:00.007Z");
  EXPECT_EQ(to_rfc3339(Timestamp() - 1ms), "1969-12-31T23:59:59.999Z");
}

TEST(Timestamp, OfATimeWithoutAFormIsTheNearestThatHasOne) {
  EXPECT_EQ(to_rfc3339(Timestamp::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(Timestamp::min()), "0000-01-01T00:00:00.000Z");
}

TEST(Timestamp, IsReadWithAnyOffsetAndDecimals) {
  EXPECT_EQ(parse_rfc3339("2026-11-25T18:00:00Z"), kSix);
  EXPECT_EQ(parse_rfc3339("2026-11-25t18:00:00z"), kSix);
  EXPECT_EQ(parse_rfc3339("2026-11-25 18:00:00Z"), kSix);
  EXPECT_EQ(parse_rfc3339("2026-11-25T19:30:00+01:30"), kSix);
  EXPECT_EQ(parse_rfc3339("2026-11-25T13:00:00-05:00"), kSix);
  EXPECT_EQ(parse_rfc3339("2026-11-25T18:00:00.5Z"), kSix + 500ms);
  EXPECT_EQ(parse_rfc3339("2026-11-25T18:00:00.0079999Z"), kSix + 7ms);
}

TEST(Timestamp, IsRefusedWhenAnythingIsMissingTooMuchOrNoSuchDay) {
  for (const char* text :
       {"", "2026", "2026-11-25", "2026-11-25T18:00:00", "2026-11-25T18:00Z", "2026-11-25T18:00:00Zx",
        "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-25T24:00:00Z",
        "2026-11-25T18:60:00Z", "2026-11-25T18:00:60Z", "2026-11-25T18:00:00.Z", "2026-11-25T18:00:00+1:00",
        "2026-11-25T18:00:00+01", "+026-11-25T18:00:00Z", " 2026-11-25T18:00:00Z", "2026-11-25T18:00:00.5"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Timestamp, IsReadAsItWasWritten) {
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const Timestamp time(std::chrono::milliseconds(static_cast<std::int64_t>(random.next() % 253'402'300'800'000)));
    ASSERT_EQ(parse_rfc3339(to_rfc3339(time)), time) << to_rfc3339(time);
  }
}

}  // namespace
}  // namespace rhumb

#include "config/duration.hpp"

#include <gtest/gtest.h>

namespace rhumb::config {
namespace {

TEST(Duration, HasAUnit) {
  EXPECT_EQ(parse_duration_ms("200ms"), 200U);
  EXPECT_EQ(parse_duration_ms("5s"), 5'000U);
  EXPECT_EQ(parse_duration_ms("1.5s"), 1'500U);
  EXPECT_EQ(parse_duration_ms("2m"), 120'000U);
  EXPECT_EQ(parse_duration_ms("1h"), 3'600'000U);
  EXPECT_EQ(parse_duration_ms("1d"), 86'400'000U);
  EXPECT_EQ(parse_duration_ms("0s"), 0U);
  for (const char* text : {"", "5", "s", "-5s", "5 s", "5sec", "nan s", "inf", "infs", "1e3s", "60d"}) {
    EXPECT_FALSE(parse_duration_ms(text)) << text;
  }
}

TEST(Duration, IsWrittenInTheLargestUnitThatIsWhole) {
  EXPECT_EQ(duration_to_text(200), "200ms");
  EXPECT_EQ(duration_to_text(5'000), "5s");
  EXPECT_EQ(duration_to_text(90'000), "90s");
  EXPECT_EQ(duration_to_text(86'400'000), "1d");
  EXPECT_EQ(duration_to_text(0), "0ms");
}

}  // namespace
}  // namespace rhumb::config

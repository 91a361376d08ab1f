#include "health/response_times.hpp"

#include <algorithm>
#include <deque>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::health {
namespace {

// By the definition: the least value that at least `percent` of all do not exceed.
double plain_percentile(const std::deque<float>& times, double percent) {
  double least = *std::ranges::max_element(times);
  for (const float time : times) {
    const auto within = static_cast<double>(std::ranges::count_if(times, [&](float other) { return other <= time; }));
    if (within * 100 >= percent * static_cast<double>(times.size())) least = std::min<double>(least, time);
  }
  return least;
}

TEST(ResponseTimes, SaysNothingBeforeTheFirst) {
  const ResponseTimes times;
  EXPECT_FALSE(times.average_ms());
  EXPECT_FALSE(times.percentile_ms(50));
}

TEST(ResponseTimes, IsTheFirstWhileThereIsOne) {
  ResponseTimes times;
  times.record(12.5);
  EXPECT_EQ(times.average_ms(), 12.5);
  for (const double percent : {0.1, 50.0, 95.0, 100.0})
    EXPECT_EQ(times.percentile_ms(percent), 12.5) << percent;
}

TEST(ResponseTimes, MovesTheAverageAnEighthOfTheWay) {
  ResponseTimes times;
  times.record(8);
  times.record(16);
  EXPECT_DOUBLE_EQ(*times.average_ms(), 9);
  times.record(1);
  EXPECT_DOUBLE_EQ(*times.average_ms(), 8);
}

TEST(ResponseTimes, AgreesWithTheDefinitionOfAPercentile) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    ResponseTimes times;
    std::deque<float> last;
    const std::uint32_t spread = 1 + random.below(2'000);  // with few values many are equal
    for (int i = 0; i < 100; ++i) {
      const auto ms = static_cast<float>(random.below(spread)) / 4;
      times.record(static_cast<double>(ms));
      last.push_back(ms);
      if (last.size() > ResponseTimes::kKept) last.pop_front();
      for (const double percent : {1.0, 50.0, 95.0, 100.0})
        ASSERT_EQ(times.percentile_ms(percent), plain_percentile(last, percent)) << percent << " of " << last.size();
    }
  }
}

TEST(ResponseTimes, ForgetsWhatIsOlderThanTheKept) {
  ResponseTimes times;
  times.record(1'000);
  for (std::size_t i = 0; i < ResponseTimes::kKept - 1; ++i)
    times.record(1);
  EXPECT_EQ(times.percentile_ms(100), 1'000);
  times.record(1);
  EXPECT_EQ(times.percentile_ms(100), 1);
}

}  // namespace
}  // namespace rhumb::health

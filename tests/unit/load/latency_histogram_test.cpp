#include "latency_histogram.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::load {
namespace {

// Of all that lie in the histogram's range, from nanoseconds to seconds.
std::vector<std::uint64_t> random_latencies(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> latencies;
  for (int i = 0; i < 1'000; ++i)
    latencies.push_back(random() >> (30 + random() % 34));
  return latencies;
}

TEST(LatencyHistogram, QuantilesAreNeverTooLowAndAtMostASixtyFourthTooHigh) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    auto latencies = random_latencies(seed);
    LatencyHistogram histogram;
    for (const std::uint64_t latency : latencies)
      histogram.note(latency);
    std::ranges::sort(latencies);
    for (const std::size_t rank : {0U, 500U, 900U, 990U, 999U}) {
      const std::uint64_t told = histogram.quantile_ns(static_cast<double>(rank) / 1'000);
      EXPECT_GE(told, latencies[rank]);
      EXPECT_LE(told, latencies[rank] + latencies[rank] / 64);
    }
    EXPECT_EQ(histogram.max_ns(), latencies.back());
  }
}

TEST(LatencyHistogram, WhatIsLongerThanItsRangeCountsInTheLastBucketAndIsTheMaximum) {
  LatencyHistogram histogram;
  histogram.note(~std::uint64_t{0});
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.max_ns(), ~std::uint64_t{0});
}

TEST(LatencyHistogram, SumsOfHistogramsAreHistogramsOfAll) {
  LatencyHistogram all, odd, even;
  const auto latencies = random_latencies(7);
  for (std::size_t i = 0; i < latencies.size(); ++i) {
    all.note(latencies[i]);
    (i % 2 == 0 ? even : odd).note(latencies[i]);
  }
  even.add(odd);
  EXPECT_EQ(even.count(), all.count());
  EXPECT_EQ(even.max_ns(), all.max_ns());
  for (const double share : {0.1, 0.5, 0.99})
    EXPECT_EQ(even.quantile_ns(share), all.quantile_ns(share));
}

}  // namespace
}  // namespace rhumb::load

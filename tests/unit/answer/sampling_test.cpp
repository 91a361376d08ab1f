#include "answer/sampling.hpp"

#include <gtest/gtest.h>

namespace rhumb::answer {
namespace {

TEST(Sampling, OfNoneIsNeverAndOfAllIsAlways) {
  Random random(1);
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(Sampling(0).next(random), Sampling::kNever);
    EXPECT_EQ(Sampling(1).next(random), 1U);
  }
}

// Counting down from each draw takes the share that was asked for: within five standard deviations.
TEST(Sampling, TakesTheShareThatIsAskedFor) {
  for (const double share : {0.9, 0.5, 0.1, 0.01, 0.001}) {
    SCOPED_TRACE(share);
    Random random(7);
    const Sampling sampling(share);
    constexpr std::uint64_t kTaken = 20'000;
    std::uint64_t queries = 0;
    for (std::uint64_t i = 0; i < kTaken; ++i)
      queries += sampling.next(random);
    const double mean = static_cast<double>(queries) / kTaken;
    const double deviation = std::sqrt((1 - share) / (share * share) / kTaken);
    EXPECT_NEAR(mean, 1 / share, 5 * deviation);
  }
}

// Whatever has passed since the last, the next is as likely: of those drawn with a half, half are the very next.
TEST(Sampling, HasNoPeriod) {
  Random random(3);
  const Sampling sampling(0.5);
  constexpr int kDraws = 20'000;
  int at_once = 0;
  for (int i = 0; i < kDraws; ++i)
    at_once += sampling.next(random) == 1 ? 1 : 0;
  EXPECT_NEAR(at_once, kDraws / 2, 5 * std::sqrt(kDraws / 4.0));
}

TEST(Sampling, OfVeryFewIsANumber) {
  Random random(1);
  const Sampling sampling(1e-6);
  for (int i = 0; i < 1'000; ++i) {
    const std::uint64_t next = sampling.next(random);
    EXPECT_GE(next, 1U);
    EXPECT_LT(next, std::uint64_t{1} << 61);
  }
}

}  // namespace
}  // namespace rhumb::answer

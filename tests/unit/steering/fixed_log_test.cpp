#include "steering/fixed_log.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::steering {
namespace {

constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
constexpr double kOne = 0x1p32;  // in kLogFractionBits

double true_log(std::uint64_t u) {
  return 64 - std::log2(static_cast<double>(u));
}

TEST(FixedLog, TheTableIsRoundedToTheLastBit) {
  for (std::size_t i = 0; i < kLogTable.size(); ++i)
    EXPECT_EQ(kLogTable.at(i), std::llround(std::log2(1 + static_cast<double>(i) / 256) * kOne)) << i;
}

TEST(FixedLog, PowersOfTwoAreExact) {
  for (int bit = 0; bit < 64; ++bit)
    EXPECT_EQ(negated_log2(std::uint64_t{1} << bit), static_cast<std::uint64_t>(64 - bit) << kLogFractionBits);
  EXPECT_EQ(negated_log2(1), kNegatedLogMax);
}

// It decides who wins against a weight of 2^24, so it must not be nothing.
TEST(FixedLog, TheLeastIsOne) {
  EXPECT_EQ(negated_log2(kLast), 1U);
}

// A chord of the curve is nowhere more than 1 / (8 · 256² · ln 2) below it; two bits for roundings.
TEST(FixedLog, IsAtMostTheChordsErrorAboveTheTrueValue) {
  constexpr double kBound = 2.76e-6;
  Random random(1);
  double largest = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t u = random.next() >> random.below(63) | 1;
    const double error = static_cast<double>(negated_log2(u)) / kOne - true_log(u);
    ASSERT_GT(error, -2 / kOne) << u;
    ASSERT_LT(error, kBound) << u;
    largest = std::max(largest, error);
  }
  EXPECT_GT(largest, kBound / 2) << "the bound says nothing";
}

TEST(FixedLog, NeverGrows) {
  Random random(2);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t u = (random.next() >> random.below(63)) | 1;
    ASSERT_GE(negated_log2(u), negated_log2(u + (u < kLast ? 1 : 0))) << u;
  }
  // From one entry of the table to the next, and from one power of two to the next.
  for (std::uint64_t i = 256; i < 512; ++i) {
    for (int shift = 0; shift <= 55; ++shift) {
      const std::uint64_t u = i << shift;
      ASSERT_GT(negated_log2(u - 1), negated_log2(u) - (shift < 23 ? 0 : 1)) << u;
    }
  }
}

// Not from libm: what servers agree on must be the same wherever it was compiled.
TEST(FixedLog, IsKnownWhenCompiling) {
  static_assert(negated_log2(0xB504'F333'F9DE'6484) == 0x8000'036E);
  static_assert(kLogTable[128] == 0x95C0'1A3A);  // log2(1.5)
}

}  // namespace
}  // namespace rhumb::steering

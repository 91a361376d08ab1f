#include "base/random.hpp"

#include <array>

#include <gtest/gtest.h>

namespace rhumb {
namespace {

TEST(Random, EqualSeedsGiveEqualNumbers) {
  Random a(7);
  Random b(7);
  Random c(8);
  const std::uint64_t first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
}

TEST(Random, BelowIsUniform) {
  constexpr std::uint32_t kBound = 6;
  constexpr int kDraws = 60'000;
  Random random(1);
  std::array<int, kBound> counts{};
  for (int i = 0; i < kDraws; ++i)
    ++counts.at(random.below(kBound));
  double chi_square = 0;
  for (const int count : counts) {
    const double expected = static_cast<double>(kDraws) / kBound;
    chi_square += (count - expected) * (count - expected) / expected;
  }
  EXPECT_LT(chi_square, 20.5);  // 5 degrees of freedom, p = 0.001
}

TEST(Random, BelowOneIsZero) {
  Random random(3);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(random.below(1), 0U);
}

}  // namespace
}  // namespace rhumb

#include "base/random.hpp"

#include <bit>
#include <vector>

#include <gtest/gtest.h>

#include "support/chi_square.hpp"

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
  for (const std::uint32_t bound : {2U, 3U, 6U, 255U}) {
    std::vector<std::uint32_t> counts(bound);
    Random random(1);
    for (int i = 0; i < 100'000; ++i)
      ++counts.at(random.below(bound));
    EXPECT_PRED2(test::are_shared_by, counts, std::vector(bound, 1U));
  }
}

// 2^32 numbers cannot be shared equally by, say, 5 · 2^29 results: by multiplication alone, two of five neighbours
// would come half as often as the others.
TEST(Random, BelowIsUniformWhereSomeNumbersMustBeRejected) {
  for (const std::uint32_t parts : {3U, 5U, 7U}) {
    const std::uint32_t bound = parts << (32 - std::bit_width(parts));
    std::vector<std::uint32_t> neighbours(parts);
    std::vector<std::uint32_t> stretches(parts);
    Random random(2);
    for (int i = 0; i < 100'000; ++i) {
      const std::uint32_t result = random.below(bound);
      ++neighbours.at(result % parts);
      ++stretches.at(result / (bound / parts));
    }
    EXPECT_PRED2(test::are_shared_by, neighbours, std::vector(parts, 1U));
    EXPECT_PRED2(test::are_shared_by, stretches, std::vector(parts, 1U));
  }
}

// One number for each result, so all others are rejected: nearly half of them.
TEST(Random, BelowRejectsNearlyHalfForABoundJustOverHalfOfAllNumbers) {
  constexpr std::uint32_t kBound = 0x8000'0001;
  constexpr std::uint32_t kDraws = 50'000;
  Random random(3);
  Random numbers(3);
  std::vector<std::uint32_t> taken_and_rejected(2);
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const std::uint32_t result = random.below(kBound);
    ASSERT_LT(result, kBound);
    ++taken_and_rejected[0];
    while ((numbers.next() >> 32) * kBound >> 32 != result)
      ++taken_and_rejected[1];
  }
  EXPECT_PRED2(test::are_shared_by, taken_and_rejected, (std::vector{kBound, 0U - kBound}));
  EXPECT_EQ(random.next(), numbers.next());
}

// So that a seed gives the results that it always gave.
TEST(Random, BelowIsTheMultipleOfTheNextNumberWhereNothingIsRejected) {
  Random random(4);
  Random numbers(4);
  for (std::uint32_t bound = 1; bound < 1'000; ++bound)
    EXPECT_EQ(random.below(bound), (numbers.next() >> 32) * bound >> 32);
}

TEST(Random, BelowOneIsZero) {
  Random random(3);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(random.below(1), 0U);
}

}  // namespace
}  // namespace rhumb

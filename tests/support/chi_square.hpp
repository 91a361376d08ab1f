// Pearson's test: whether counts are what the expected shares give.
#pragma once

#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace rhumb::test {

// What chi-square with `degrees` (> 0) of freedom exceeds once in 10,000 times; a little high for few degrees (Wilson
// and Hilferty, 1931).
[[nodiscard]] inline double chi_square_limit(std::size_t degrees) {
  constexpr double kNormalQuantile = 3.719;  // of 99.99 %
  const double variance = 2 / (9.0 * static_cast<double>(degrees));
  return static_cast<double>(degrees) * std::pow(1 - variance + kNormalQuantile * std::sqrt(variance), 3);
}

// Over chi_square_limit(counts.size() - 1) when `counts` are not as `weights` say; infinite if there is a count without
// a weight.
[[nodiscard]] inline double chi_square(std::span<const std::uint32_t> counts, std::span<const std::uint32_t> weights) {
  assert(counts.size() == weights.size());
  const double draws = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double weight_sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = draws * weights[i] / weight_sum;
    const double excess = counts[i] - expected;
    if (excess != 0) sum += excess * excess / expected;
  }
  return sum;
}

// As a predicate for EXPECT_PRED2, which prints both when they disagree.
[[nodiscard]] inline bool are_shared_by(const std::vector<std::uint32_t>& counts,
                                        const std::vector<std::uint32_t>& weights) {
  std::size_t possible = 0;
  for (const std::uint32_t weight : weights)
    possible += weight > 0 ? 1 : 0;
  return chi_square(counts, weights) < chi_square_limit(possible - 1);
}

}  // namespace rhumb::test

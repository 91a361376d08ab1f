#include "steering/weighted_draw.hpp"

#include <cassert>
#include <cstdint>
#include <limits>
#include <utility>

namespace rhumb::steering {
namespace {

std::uint32_t sum_of_weights(std::span<const Candidate> candidates) noexcept {
  std::uint64_t sum = 0;
  for (const Candidate& candidate : candidates) {
    assert(candidate.weight > 0);
    sum += candidate.weight;
  }
  assert(sum <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(sum);
}

// With the weights laid end to end: the candidate on whose stretch `point` lies. `point` is less than their sum.
Candidate& candidate_at(std::span<Candidate> candidates, std::uint32_t point) noexcept {
  std::size_t i = 0;
  while (point >= candidates[i].weight)
    point -= candidates[i++].weight;
  return candidates[i];
}

}  // namespace

void draw_weighted(std::span<Candidate> candidates, std::size_t count, Random& random) noexcept {
  assert(count <= candidates.size());
  std::uint32_t weight_left = sum_of_weights(candidates);
  for (std::size_t i = 0; i < count; ++i) {
    const auto left = candidates.subspan(i);
    Candidate& drawn = candidate_at(left, random.below(weight_left));
    weight_left -= drawn.weight;
    std::swap(left.front(), drawn);
  }
}

}  // namespace rhumb::steering

#include "steering/weighted_draw.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "support/chi_square.hpp"

namespace rhumb::steering {
namespace {

using test::are_shared_by;
using Weights = std::vector<std::uint32_t>;
using Counts = std::vector<std::uint32_t>;

// At places 0, 1, …
std::vector<Candidate> weighted_candidates(const Weights& weights) {
  std::vector<Candidate> candidates;
  for (const std::uint32_t weight : weights)
    candidates.push_back({static_cast<std::uint8_t>(candidates.size()), weight});
  return candidates;
}

// How often each place comes first.
Counts first_places(const std::vector<Candidate>& candidates, int draws, std::uint64_t seed) {
  Random random(seed);
  Counts counts(kCandidatesMax);
  for (int i = 0; i < draws; ++i) {
    auto drawn = candidates;
    draw_weighted(drawn, 1, random);
    ++counts[drawn.front().place];
  }
  return counts;
}

Counts first_places(const Weights& weights, int draws) {
  Counts counts = first_places(weighted_candidates(weights), draws, 1);
  counts.resize(weights.size());
  return counts;
}

TEST(DrawWeighted, GivesEveryCandidateOnceWithItsWeight) {
  Random random(1);
  for (int i = 0; i < 2'000; ++i) {
    SCOPED_TRACE(i);
    Weights weights(random.below(kCandidatesMax + 1));
    std::ranges::generate(weights, [&] { return 1 + random.below(1U << random.below(24)); });
    auto drawn = weighted_candidates(weights);
    draw_weighted(drawn, random.below(static_cast<std::uint32_t>(weights.size()) + 1), random);
    std::ranges::sort(drawn, {}, &Candidate::place);
    for (std::size_t place = 0; place < weights.size(); ++place) {
      ASSERT_EQ(drawn[place].place, place);
      ASSERT_EQ(drawn[place].weight, weights[place]);
    }
  }
}

TEST(DrawWeighted, EachComesFirstByItsWeight) {
  for (const Weights& weights : {Weights{1, 1, 1}, Weights{1, 2, 7}, Weights{7, 2, 1}, Weights(255, 1),
                                 Weights{0xFFFF'FF00, 1, 1}, Weights{0x8000'0000, 0x4000'0000, 0x3FFF'FFFF}}) {
    EXPECT_PRED2(are_shared_by, first_places(weights, 200'000), weights);
  }
  const Weights lopsided{65'535, 1, 1};
  EXPECT_PRED2(are_shared_by, first_places(lopsided, 1'000'000), lopsided);
}

TEST(DrawWeighted, WhenOneLeavesTheOthersShareByTheirWeights) {
  auto candidates = weighted_candidates({1, 2, 7, 5});
  candidates.erase(candidates.begin() + 2);
  Counts counts = first_places(candidates, 200'000, 2);
  counts.resize(4);
  EXPECT_PRED2(are_shared_by, counts, (Weights{1, 2, 0, 5}));
}

// Whoever came first, the second is drawn from the others by their weights, and the third from the rest.
TEST(DrawWeighted, EachFurtherPlaceIsDrawnFromThoseLeft) {
  const Weights weights{1, 2, 7, 5};
  constexpr std::size_t kPlaces = 4;
  std::vector<Counts> seconds(kPlaces, Counts(kPlaces));
  std::vector<Counts> thirds(kPlaces * kPlaces, Counts(kPlaces));
  Random random(3);
  for (int i = 0; i < 300'000; ++i) {
    auto drawn = weighted_candidates(weights);
    draw_weighted(drawn, 3, random);
    ++seconds[drawn[0].place][drawn[1].place];
    ++thirds[drawn[0].place * kPlaces + drawn[1].place][drawn[2].place];
  }
  for (std::size_t first = 0; first < kPlaces; ++first) {
    Weights left = weights;
    left[first] = 0;
    EXPECT_PRED2(are_shared_by, seconds[first], left);
    for (std::size_t second = 0; second < kPlaces; ++second) {
      if (second == first) continue;
      Weights rest = left;
      rest[second] = 0;
      EXPECT_PRED2(are_shared_by, thirds[first * kPlaces + second], rest);
    }
  }
}

TEST(DrawWeighted, DrawsNothingWhenNothingIsWanted) {
  Random random(1);
  Random untouched(1);
  auto drawn = weighted_candidates({1, 2, 3});
  draw_weighted(drawn, 0, random);
  draw_weighted({}, 0, random);
  EXPECT_EQ(random.next(), untouched.next());
}

}  // namespace
}  // namespace rhumb::steering

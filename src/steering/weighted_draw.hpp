// Choosing by weight, anew for every answer: each candidate comes first as often as its weight says.
//
// A draw walks the weights: pools are small and change with every state, so that nothing is worth building beforehand,
// as an alias table would be. One of ten costs a few additions, all of 255 cost 255 walks.
#pragma once

#include <cstddef>
#include <span>

#include "base/random.hpp"
#include "steering/candidate.hpp"

namespace rhumb::steering {

// Puts `count` (≤ candidates.size()) of `candidates` first, drawn one after the other without replacement: each time
// every one that is left has the chance of its weight over the sum of weights left. Unbiased. The others follow in any
// order.
void draw_weighted(std::span<Candidate> candidates, std::size_t count, Random& random) noexcept;

}  // namespace rhumb::steering

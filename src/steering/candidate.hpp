// What a choice is made from: places in a list that only the caller knows, and how much each of them should get.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rhumb::steering {

// One of those to choose from.
struct Candidate {
  std::uint8_t place;    // what the caller knows it by
  std::uint32_t weight;  // > 0; the sum of all must fit 32 bits
};

inline constexpr std::size_t kCandidatesMax = 256;  // each has a place of its own

}  // namespace rhumb::steering

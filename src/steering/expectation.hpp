// What becomes of a client, and what clients of one ranking get on average.
//
// Among equals a region is picked at random or by a hash of the client's network; either way each gets clients in
// proportion to its weight. So the shares are known without drawing, and a simulation over millions of networks needs
// one expectation for each ranking.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "steering/candidate.hpp"

namespace rhumb::steering {

enum class Outcome : std::uint8_t {
  healthy,       // the best region that has a healthy instance
  all_down,      // no instance is healthy, and `when_all_down` is `nearest`: as if all were up
  fallback,      // no instance is healthy: the zone's own records
  last_resort,   // no instance is healthy: the addresses that are kept for that
  nodata,        // no instance is healthy: none
  no_instances,  // the service has none of this family
  kept_out,      // a rule says that this client gets no address
  refused,       // a rule says that this client is refused
};

struct Expectation {
  Outcome outcome;
  std::vector<double> shares;  // by RegionIndex; their sum is 1 if the outcome is healthy or all_down, otherwise 0

  friend bool operator==(const Expectation&, const Expectation&) = default;
};

// Puts each candidate's part of the sum of their weights at its place in `shares`.
inline void share_by_weight(std::span<const Candidate> candidates, std::span<double> shares) noexcept {
  double sum = 0;
  for (const Candidate& candidate : candidates)
    sum += candidate.weight;
  for (const Candidate& candidate : candidates)
    shares[candidate.place] = candidate.weight / sum;
}

}  // namespace rhumb::steering

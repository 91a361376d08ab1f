// Which queries are logged: each with the same probability, whatever came before it.
//
// How many are passed over until the next is drawn when one was taken (a geometric distribution), so that those between
// cost no draw: they count down. No pattern in the queries can be in step with it, as it could with every N-th.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/random.hpp"

namespace rhumb::answer {

class Sampling {
 public:
  // Longer than any server runs.
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  // `share` of the queries are taken: from 0, none, to 1, all.
  explicit Sampling(double share = 0) noexcept : share_(share), log_passed_(share < 1 ? std::log1p(-share) : 0) {}

  [[nodiscard]] double share() const noexcept { return share_; }
  // The next to be taken is the so-many-th from now: 1 is the very next.
  [[nodiscard]] std::uint64_t next(Random& random) const noexcept {
    if (share_ <= 0) return kNever;
    if (share_ >= 1) return 1;
    constexpr double kGapMax = 0x1p60;
    // In (0, 1].
    const double drawn = (static_cast<double>(random.next() >> 11) + 1) * 0x1p-53;
    return 1 + static_cast<std::uint64_t>(std::fmin(std::log(drawn) / log_passed_, kGapMax));
  }

 private:
  double share_;
  double log_passed_;  // of the probability to be passed over
};

}  // namespace rhumb::answer

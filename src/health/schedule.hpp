// When a target is probed: an even spread over the interval, so that N targets never start together.
//
// Targets that are added together are dealt evenly over the interval, each at a random place within its own share, and
// keep that phase: starts lie on a grid of one interval, ± jitter, so nothing drifts and nothing bunches up. Only the
// first probe is hurried, because until then the state is unknown: all first probes happen
// within kFirstSpread, or, of many targets, kFirstApart apart.
// No clock of its own: time is passed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/random.hpp"

namespace rhumb::health {

class Schedule {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::microseconds;

  // First probes are over after this time (or after one interval, if that is shorter), ...
  static constexpr Duration kFirstSpread = std::chrono::seconds(1);
  // ... but for many targets, which have at least so much each: 20,000 that were all probed within a second overran the
  // host of 127.0.0.0/8 that they were on, and more than half of the first verdicts were timeouts.
  static constexpr Duration kFirstApart = std::chrono::microseconds(500);
  // A start is at most interval / kJitterPart before or after its place, so that two monitors with the same interval
  // do not stay in step.
  static constexpr int kJitterPart = 10;

  static constexpr std::size_t kTargetsMax = std::size_t{1} << 20;

  // Of the `index`-th of `count` targets that are added at `now`. `interval_ms` ≥ 1, `index` < `count` ≤ kTargetsMax.
  Schedule(TimePoint now, std::uint32_t interval_ms, std::size_t index, std::size_t count, Random& random);

  // The next probe starts then, or at once if that is past.
  [[nodiscard]] TimePoint start() const noexcept { return start_; }

  // The probe that started at start() ended at `now`. The next start is one interval on. If that is past (the probe
  // took longer, or waited), it is taken at once; starts that were missed before it are dropped, never made up for.
  void advance(TimePoint now, Random& random);

  // The same, but the next start is only `after` from the last one. Places on the grid that it reaches are used up.
  void hurry(TimePoint now, Duration after);

 private:
  Duration interval_;
  TimePoint place_;  // on the grid, without jitter
  TimePoint start_;
};

}  // namespace rhumb::health

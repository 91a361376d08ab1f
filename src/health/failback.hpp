// How an instance that is up again gets its clients back: not at once, and less readily the more often it fails.
//
//   down ──up──▶ held down ──hold_down over, penalty decayed, operator's word──▶ ramping ──slow_start over──▶ serving
//
// An instance that never was down serves at once. Each fall adds one flap to a penalty that decays exponentially; above
// `suppress` the instance is damped until it has decayed to `reuse` (route flap damping, RFC 2439 §4.2, whose figures
// are 1000 a flap, 2000 and 750). Everything is computed from a few times: no timer, no clock, no state that could be
// missed.
#pragma once

#include <optional>

#include "health/state.hpp"
#include "health/status.hpp"
#include "health/time.hpp"

namespace rhumb::health {

struct FlapDamping {
  double suppress = 0;             // flaps; 0: no damping. Otherwise can_suppress()
  double reuse = 0;                // flaps; less than `suppress`, more than 0
  Duration half_life{0};           // of the penalty; more than 0
  Duration suppressed_at_most{0};  // however often it flaps

  // The penalty at the most: as high as takes `suppressed_at_most` to decay to `reuse`.
  [[nodiscard]] double ceiling() const;
  // Whether a penalty can become high enough for anything to be damped.
  [[nodiscard]] bool can_suppress() const { return ceiling() >= suppress; }

  friend bool operator==(const FlapDamping&, const FlapDamping&) = default;
};

struct FailbackSettings {
  Duration hold_down{0};   // that an instance must have been up again before it serves
  Duration slow_start{0};  // over which its share then grows
  bool is_manual = false;  // it serves again when an operator says so
  FlapDamping damping = {};

  friend bool operator==(const FailbackSettings&, const FailbackSettings&) = default;
};

class Failback {
 public:
  // The share that a slow start begins with: so few clients that a cold cache bears them, and enough to warm it.
  static constexpr double kFirstShare = 0.01;

  // What it comes to at a moment.
  struct Verdict {
    Standing standing = Standing::serving;  // serving, down, held_down, damped, awaits_word or ramping
    double share = 1;                       // 0 while it does not serve
    Time until = kNever;                    // when the standing ends by itself
  };

  // The checks' state changed. `now` never goes back, here and below.
  void turn(State state, Time now, const FailbackSettings& settings);
  // An operator lets it serve, if it is up. To be called while it waits: a slow start begins.
  void resume(Time now);

  [[nodiscard]] Verdict at(Time now, const FailbackSettings& settings) const;
  // In flaps, decayed.
  [[nodiscard]] double penalty(Time now, const FlapDamping& damping) const;

  // What is to be kept of one, so that another one can go on from there.
  struct Memory {
    bool is_down = false;
    std::optional<Time> recovered_at = {};   // when it was last up again, if it ever was down
    std::optional<Time> resumed_at = {};     // by an operator, since then
    std::optional<Time> suppressed_at = {};  // damped since
    double penalty = 0;                      // in flaps, at penalty_at
    Time penalty_at = {};

    friend bool operator==(const Memory&, const Memory&) = default;
  };
  [[nodiscard]] const Memory& memory() const noexcept { return memory_; }
  // What lies in the future was written before the clock was set back, and counts as now.
  void restore(const Memory& memory, Time now) noexcept;

 private:
  void add_flap(Time now, const FlapDamping& damping);
  [[nodiscard]] Time damped_until(const FlapDamping& damping) const;

  Memory memory_;
};

}  // namespace rhumb::health

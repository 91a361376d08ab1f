// From results of probes to a state: how many must agree before the verdict turns. No clock, no I/O.
//
// The first result decides at once: until then nothing is known, and waiting for `fall` failures would send clients to
// an address that has never answered. After that one odd result changes nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "health/state.hpp"

namespace rhumb::health {

struct Thresholds {
  // The results that a machine looks back on are the bits of one word.
  static constexpr int kWindowMax = 64;

  int rise = 2;    // successes in a row that turn down to up
  int fall = 3;    // failures that turn up to down
  int window = 0;  // among so many results; 0: in a row, which is a window of `fall`

  friend bool operator==(const Thresholds&, const Thresholds&) = default;
};

class StateMachine {
 public:
  // `rise` and `fall` are at least 1; `window` is 0, or from `fall` to Thresholds::kWindowMax.
  explicit StateMachine(const Thresholds& thresholds);
  StateMachine(int rise, int fall) : StateMachine(Thresholds{rise, fall}) {}

  [[nodiscard]] State state() const noexcept { return state_; }

  // Whether the last result contradicts the state: a verdict is pending.
  [[nodiscard]] bool is_contradicted() const noexcept { return is_contradicted_; }

  // The fewest results that could change the state; at least 1.
  [[nodiscard]] int results_needed() const noexcept;

  // The new state, if this result changed it.
  std::optional<State> record(bool success) noexcept;

  // Nothing is known any more.
  void forget() noexcept { *this = StateMachine(thresholds_); }

  // What is to be kept of a machine, so that another one can go on from there, even with other thresholds.
  struct Memory {
    State state = State::unknown;
    std::uint64_t failures = 0;   // the last results since the state changed, the latest in bit 0: 1 is a failure
    std::uint32_t successes = 0;  // in a row, up to now, while down

    friend bool operator==(const Memory&, const Memory&) = default;
  };
  [[nodiscard]] Memory memory() const noexcept { return {state_, failures_, successes_}; }
  void restore(const Memory& memory) noexcept;

 private:
  [[nodiscard]] State next_state(bool success) const noexcept;
  [[nodiscard]] int failures_among(int results) const noexcept;
  [[nodiscard]] int window() const noexcept;

  Thresholds thresholds_;
  std::uint64_t failures_ = 0;
  std::uint32_t successes_ = 0;
  bool is_contradicted_ = false;
  State state_ = State::unknown;
};

}  // namespace rhumb::health

// From results of probes to a state: how many must agree before the verdict turns. No clock, no I/O.
//
// The first result decides at once: until then nothing is known, and waiting for `fall` failures would send clients to
// an address that has never answered. After that one odd result changes nothing.
#pragma once

#include <optional>

#include "health/state.hpp"

namespace rhumb::health {

class StateMachine {
 public:
  // Down turns up after `rise` successes in a row, up turns down after `fall` failures in a row. Both are at least 1.
  StateMachine(int rise, int fall);

  [[nodiscard]] State state() const noexcept { return state_; }

  // Whether the last result contradicts the state: a verdict is pending.
  [[nodiscard]] bool is_contradicted() const noexcept { return against_ > 0; }

  // The new state, if this result changed it.
  std::optional<State> record(bool success) noexcept;

 private:
  [[nodiscard]] bool is_enough(bool success) const noexcept;

  int rise_;
  int fall_;
  int against_ = 0;  // results in a row that contradict the state
  State state_ = State::unknown;
};

}  // namespace rhumb::health

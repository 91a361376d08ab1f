#include "health/state_machine.hpp"

#include <cassert>

namespace rhumb::health {

StateMachine::StateMachine(int rise, int fall) : rise_(rise), fall_(fall) {
  assert(rise >= 1 && fall >= 1);
}

std::optional<State> StateMachine::record(bool success) noexcept {
  const State shown = success ? State::up : State::down;
  if (state_ == shown) {
    against_ = 0;
    return std::nullopt;
  }
  ++against_;
  if (!is_enough(success)) return std::nullopt;
  against_ = 0;
  state_ = shown;
  return state_;
}

bool StateMachine::is_enough(bool success) const noexcept {
  if (state_ == State::unknown) return true;
  return against_ >= (success ? rise_ : fall_);
}

}  // namespace rhumb::health

#include "health/state_machine.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace rhumb::health {
namespace {

// More than any threshold needs; as a signed number it still leaves room.
constexpr std::uint32_t kSuccessesMax = 1U << 30;

}  // namespace

StateMachine::StateMachine(const Thresholds& thresholds) : thresholds_(thresholds) {
  assert(thresholds.rise >= 1 && thresholds.fall >= 1);
  assert(thresholds.window == 0 ||
         (thresholds.window >= thresholds.fall && thresholds.window <= Thresholds::kWindowMax));
}

std::optional<State> StateMachine::record(bool success) noexcept {
  failures_ = failures_ << 1 | (success ? 0U : 1U);
  successes_ = success ? std::min(successes_ + 1, kSuccessesMax) : 0;
  const State next = next_state(success);
  if (next == state_) {
    is_contradicted_ = (state_ == State::up) != success;
    return std::nullopt;
  }
  state_ = next;
  // What led to this verdict does not count towards the next one.
  failures_ = 0;
  successes_ = 0;
  is_contradicted_ = false;
  return state_;
}

State StateMachine::next_state(bool success) const noexcept {
  switch (state_) {
    case State::unknown:
      return success ? State::up : State::down;
    case State::up:
      return !success && failures_among(window()) >= thresholds_.fall ? State::down : State::up;
    case State::down:
      return successes_ >= static_cast<std::uint32_t>(thresholds_.rise) ? State::up : State::down;
  }
  return state_;
}

int StateMachine::results_needed() const noexcept {
  if (state_ == State::unknown) return 1;
  if (state_ == State::down) return std::max(1, thresholds_.rise - static_cast<int>(successes_));
  // So many failures from now on, and those that will still be in the window with them.
  int needed = 1;
  while (needed < thresholds_.fall && needed + failures_among(window() - needed) < thresholds_.fall)
    ++needed;
  return needed;
}

int StateMachine::failures_among(int results) const noexcept {
  const std::uint64_t looked_at =
      results >= Thresholds::kWindowMax ? ~std::uint64_t{0} : (std::uint64_t{1} << results) - 1;
  return std::popcount(failures_ & looked_at);
}

int StateMachine::window() const noexcept {
  return thresholds_.window == 0 ? thresholds_.fall : thresholds_.window;
}

void StateMachine::restore(const Memory& memory) noexcept {
  state_ = memory.state;
  failures_ = memory.failures;
  successes_ = std::min(memory.successes, kSuccessesMax);
  is_contradicted_ = state_ == State::up ? (failures_ & 1U) != 0 : state_ == State::down && successes_ > 0;
}

}  // namespace rhumb::health

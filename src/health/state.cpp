#include "health/state.hpp"

namespace rhumb::health {

std::string_view to_text(State state) noexcept {
  switch (state) {
    case State::up:
      return "up";
    case State::down:
      return "down";
    case State::unknown:
      break;
  }
  return "unknown";
}

}  // namespace rhumb::health

// What is known about whether a target serves.
#pragma once

#include <cstdint>
#include <string_view>

namespace rhumb::health {

enum class State : std::uint8_t {
  unknown,  // no verdict yet; counts as up, so that a restart never takes addresses out of answers
  up,
  down,
};

// "unknown", "up", "down".
[[nodiscard]] std::string_view to_text(State state) noexcept;

}  // namespace rhumb::health

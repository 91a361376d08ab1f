// Durations for people.
#pragma once

#include <cstdint>
#include <string>

namespace rhumb::health {

// "200ms", "2s", "1.5s".
[[nodiscard]] std::string duration_text(std::uint64_t ms);

}  // namespace rhumb::health

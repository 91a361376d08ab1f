// What is told of an event, the same to all who are told.
#pragma once

#include <cstdint>
#include <string>

#include "health/event.hpp"
#include "health/time.hpp"

namespace rhumb::control {

struct Notice {
  health::Event event = {};
  std::uint64_t suppressed = 0;        // others of its subject that were not told since the last one that was
  health::Time suppressed_since = {};  // when the first of them happened
};

// For the log: the event's own text, and "(5 more since 2026-11-25T22:00:00.000Z)" if there were.
[[nodiscard]] std::string to_text(const Notice& notice);

// RFC 3339, in UTC with milliseconds: "2026-11-25T22:00:00.000Z".
[[nodiscard]] std::string to_rfc3339(health::Time time);

}  // namespace rhumb::control

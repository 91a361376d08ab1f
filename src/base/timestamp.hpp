// Points in time as text (RFC 3339): "2026-11-25T18:00:00.250Z".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rhumb {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// In UTC, with milliseconds. What lies before the year 0 or after 9999 is written as the first or last that has a form.
[[nodiscard]] std::string to_rfc3339(Timestamp time);

// With any offset and any number of decimals, which are cut to milliseconds. Nothing when it is no such text, or no
// such day; leap seconds are none.
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace rhumb

// Time as operators write and read it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "health/time.hpp"

namespace rhumb::cli {

// When something is to end: "2h" from `now`, "18:00" local time, the next there is, or RFC 3339. Nothing when it is
// none of these, or not after `now`.
[[nodiscard]] std::optional<health::Time> parse_until(std::string_view text, health::Time now);

// In one unit, for tables: "12s", "3m", "5h", "2d". Less than nothing is nothing.
[[nodiscard]] std::string roughly(health::Duration duration);

}  // namespace rhumb::cli

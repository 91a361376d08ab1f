// Durations as the configuration writes them: "200ms", "5s", "1.5s", "2m", "1h", "1d".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rhumb::config {

// Nothing when it is not one, or more than 2^32 ms.
[[nodiscard]] std::optional<std::uint32_t> parse_duration_ms(std::string_view text);
// In the largest unit of which it is a whole number.
[[nodiscard]] std::string duration_to_text(std::uint32_t duration_ms);

}  // namespace rhumb::config

// How loaded an instance is, as it tells itself: 1 is its limit, 0 is idle.
//
// It comes in a header of a response or in its body as JSON: "0.73", "73%", or "730/1000", what it carries of what it
// can. Anything else is no load, with what is wrong in words; nothing is guessed, for clients are moved by it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rhumb::health {

// More than this is not a load but a mistake: a count without its limit, a time.
inline constexpr double kLoadMax = 1'000;
// Objects and arrays that may stand in one another on the way to the load and beside it.
inline constexpr std::size_t kLoadDepthMax = 64;

struct LoadReading {
  std::optional<double> load = {};  // 0 to kLoadMax
  std::string problem = {};         // why there is none: "\"busy\" is not a number, …"
};

// A number, a percentage, or a value and its limit; blanks may stand around it.
[[nodiscard]] LoadReading read_load(std::string_view text);

// The number or such a text at `pointer` in `body`, which is JSON up to there: it is read no further, so a body that
// was cut off behind the load is as good as a whole one. Takes memory for the longest text in `body`, and no more.
[[nodiscard]] LoadReading read_json_load(std::string_view body, std::string_view pointer);

// Whether it is a JSON pointer (RFC 6901) of at most kLoadDepthMax names: "/load", "/state/0/load"; "" is the whole.
[[nodiscard]] bool is_json_pointer(std::string_view pointer);

}  // namespace rhumb::health

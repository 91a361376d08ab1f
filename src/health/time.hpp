// The one clock of health: milliseconds on a line that never jumps.
//
// It is the system's time when the monitor starts, and goes on with the steady clock: what is saved or shown is a
// time of day, and a clock that is set neither ends a hold-down nor prolongs one. Everything that decides gets the time
// passed in.
#pragma once

#include <chrono>

namespace rhumb::health {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Duration>;

inline constexpr Time kNever = Time::max();

}  // namespace rhumb::health

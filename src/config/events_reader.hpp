// The members "events" and "log".
#pragma once

#include <cstdint>
#include <filesystem>

#include "config/json_place.hpp"
#include "control/event_settings.hpp"

namespace rhumb::config {

enum class LogFormat : std::uint8_t {
  text,  // for people
  json,  // an object a line
};

// Reads the files that it names, relative to `directory`. Of what is refused nothing, or the usual value, is in the
// result.
[[nodiscard]] control::EventSettings read_events(const JsonPlace& place, const std::filesystem::path& directory);

[[nodiscard]] LogFormat read_log(const JsonPlace& place);

}  // namespace rhumb::config

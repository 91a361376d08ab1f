// The member "events".
#pragma once

#include <filesystem>

#include "config/json_place.hpp"
#include "control/event_settings.hpp"

namespace rhumb::config {

// Reads the files that it names, relative to `directory`. Of what is refused nothing, or the usual value, is in the
// result.
[[nodiscard]] control::EventSettings read_events(const JsonPlace& place, const std::filesystem::path& directory);

}  // namespace rhumb::config

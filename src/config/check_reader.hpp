// A member of "checks".
#pragma once

#include <filesystem>

#include "config/json_place.hpp"
#include "health/check.hpp"

namespace rhumb::config {

// Reads the files that it names, relative to `directory`. Of what is refused the usual value stands in the result.
[[nodiscard]] health::Check read_check(const JsonPlace& place, const std::filesystem::path& directory);

}  // namespace rhumb::config

// What only checks of type push have.
#pragma once

#include <filesystem>

#include "config/json_place.hpp"
#include "health/check.hpp"

namespace rhumb::config {

// A file of reports is relative to `directory`. Of what is refused the usual value stands in `check`.
void read_push_check(const JsonPlace& place, const std::filesystem::path& directory, health::Check& check);

}  // namespace rhumb::config

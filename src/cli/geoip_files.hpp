// What the commands about geo databases read first.
#pragma once

#include <filesystem>
#include <string>

#include "base/problems.hpp"
#include "config/config.hpp"
#include "geo/database.hpp"

namespace rhumb::cli {

// Both throw std::runtime_error with the first of what is wrong.
[[nodiscard]] config::Config load_configuration(const std::filesystem::path& file);
[[nodiscard]] geo::Source read_source(const std::filesystem::path& file);

// "geoip/city.mmdb, \"GeoLite2-City\", built 2026-11-01T060000Z"
[[nodiscard]] std::string describe(const geo::Source& source);

}  // namespace rhumb::cli

// Which of the configured databases is meant.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "config/config.hpp"

namespace rhumb::cli {

// The place in Config::geoip of the one at the path `as`; if that is empty, of the only one of this type. Throws
// std::runtime_error, with those there are, when none or several are.
[[nodiscard]] std::size_t find_database(const config::Config& config, const std::filesystem::path& as,
                                        const std::string& type);

// The place of the one at this path; config.geoip.size() when there is none.
[[nodiscard]] std::size_t find_database(const config::Config& config, const std::filesystem::path& path);

}  // namespace rhumb::cli

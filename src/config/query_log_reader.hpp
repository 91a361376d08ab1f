// The member "query_log".
#pragma once

#include <filesystem>
#include <optional>

#include "config/json_place.hpp"
#include "control/query_log_settings.hpp"

namespace rhumb::config {

// A relative path is taken relative to `directory`. Nothing when it was refused.
[[nodiscard]] std::optional<control::QueryLogSettings> read_query_log(const JsonPlace& place,
                                                                      const std::filesystem::path& directory);

}  // namespace rhumb::config

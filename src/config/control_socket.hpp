// Where the control channel listens: the "control" of a configuration.
//
// Apart from the rest, because operators have to reach a running server also while its configuration is being edited
// and has mistakes elsewhere.
#pragma once

#include <filesystem>
#include <optional>

#include "base/problems.hpp"
#include "config/json_place.hpp"

namespace rhumb::config {

// `top` is a whole configuration in `file`, which relative paths are beside. Nothing when it names none; reports what
// is wrong.
[[nodiscard]] std::optional<std::filesystem::path> read_control_socket(const JsonPlace& top,
                                                                       const std::filesystem::path& file);

// The same from the file itself, of which nothing else is looked at.
[[nodiscard]] std::optional<std::filesystem::path> find_control_socket(const std::filesystem::path& file,
                                                                       Problems& problems);

}  // namespace rhumb::config

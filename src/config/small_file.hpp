// Files that a configuration names and that are read with it, whole: certificates, keys, secrets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "config/json_place.hpp"

namespace rhumb::config {

// What is in the file that `place` names, relative to `directory`. Nothing, and an error at `place`, when it cannot be
// read, is empty, or has more than `size_max` octets.
[[nodiscard]] std::optional<std::string> read_small_file(const JsonPlace& place, const std::filesystem::path& directory,
                                                         std::uintmax_t size_max);

}  // namespace rhumb::config

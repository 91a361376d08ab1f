// A file of JSON with comments.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/problems.hpp"

namespace rhumb::config {

// Keeps the members of objects in the order of the file: the order of regions means something.
using Json = nlohmann::ordered_json;

// The text of a file, nothing when it cannot be read, or is too large to be a configuration.
[[nodiscard]] std::optional<std::string> read_json_file(const std::filesystem::path& file, Problems& problems);

// Parses JSON with // and /* */ comments, which stands in `file`. Reports syntax errors with line and column, and keys
// that stand twice in one object (the standard parser silently takes the last). Nothing when there was one.
[[nodiscard]] std::optional<Json> parse_json(std::string_view text, const std::filesystem::path& file,
                                             Problems& problems);

// Both.
[[nodiscard]] std::optional<Json> parse_json_file(const std::filesystem::path& file, Problems& problems);

// A key as a JSON pointer writes it (RFC 6901 §3).
[[nodiscard]] std::string escaped_key(std::string_view key);

}  // namespace rhumb::config

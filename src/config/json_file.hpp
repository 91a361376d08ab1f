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

// Reads a file of JSON with // and /* */ comments. Reports syntax errors with line and column, and keys that stand
// twice in one object (the standard parser silently takes the last). Nothing when there was one.
[[nodiscard]] std::optional<Json> parse_json_file(const std::filesystem::path& file, Problems& problems);

// The same of a text that is in memory; `file` is its name, for problems.
[[nodiscard]] std::optional<Json> parse_json_text(const std::string& text, const std::filesystem::path& file,
                                                  Problems& problems);

// A key as a JSON pointer writes it (RFC 6901 §3).
[[nodiscard]] std::string escaped_key(std::string_view key);

}  // namespace rhumb::config

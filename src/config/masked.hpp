// A configuration as others may see it.
#pragma once

#include <string>
#include <string_view>

#include "config/json_file.hpp"

namespace rhumb::config {

// The document in many lines, with "***" in place of each text that may be a secret: those of "secret" and "secrets",
// and the values of "headers", which may be those of a login.
[[nodiscard]] std::string masked(Json document);

// Whether the texts of what has this key are such.
[[nodiscard]] bool is_secret(std::string_view key) noexcept;

}  // namespace rhumb::config

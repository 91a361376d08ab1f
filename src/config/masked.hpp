// A configuration as others may see it.
#pragma once

#include <string>

#include "config/json_file.hpp"

namespace rhumb::config {

// The document in many lines, with "***" in place of each text that may be a secret: those of "secret" and "secrets",
// and the values of "headers", which may be those of a login.
[[nodiscard]] std::string masked(Json document);

}  // namespace rhumb::config

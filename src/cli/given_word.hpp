// What `rhumb drain` and `rhumb force` share: an operator's word on its way to the server.
#pragma once

#include <string_view>

#include "cli/commands.hpp"
#include "health/override.hpp"

namespace rhumb::cli {

// Completes `word` with what the options say, gives it to the server, and prints what is so then. Returns the exit
// status of `command`.
[[nodiscard]] int give(std::string_view command, health::Override word, const OverrideOptions& options);

}  // namespace rhumb::cli

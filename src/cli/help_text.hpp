// `rhumb --help` and `rhumb COMMAND --help`.
#pragma once

#include <string>

#include "cli/command_page.hpp"

namespace rhumb::cli {

// At most 80 columns, which is what a terminal has at the least; longer words stand alone.
[[nodiscard]] std::string help_text(const CommandPage& page);

}  // namespace rhumb::cli

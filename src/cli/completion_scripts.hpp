// The scripts that make shells ask `rhumb complete`.
#pragma once

#include <string_view>

namespace rhumb::cli {

// For "bash", "zsh" or "fish"; empty for others.
[[nodiscard]] std::string_view completion_script(std::string_view shell) noexcept;

}  // namespace rhumb::cli

// Where a file lies.
#pragma once

#include <filesystem>

namespace rhumb::daemon {

// "." for a file that is named without one.
[[nodiscard]] inline std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : ".";
}

}  // namespace rhumb::daemon

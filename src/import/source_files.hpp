// The files of a source, whole in memory: importers are plain functions over them and open nothing themselves. So
// whatever a source names, it is read only if it lies in the directory that was given.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "import/report.hpp"

namespace rhumb::importing {

// Path relative to the directory → text.
using SourceFiles = std::map<std::string, std::string, std::less<>>;

// All files at or below `directory`, without those whose names begin with a dot and databases (*.mmdb). What lies
// outside it by a symbolic link, and what exceeds the limits, is told as missing.
[[nodiscard]] SourceFiles read_source_directory(const std::filesystem::path& directory, Report& report);

// The text of one file; nothing, and an error, when it cannot be read.
[[nodiscard]] std::optional<std::string> read_source_file(const std::filesystem::path& file, Report& report);

// `name` as a file of `base`, the path of the file that names it: both are relative to the directory. Nothing when it
// leads out of the directory.
[[nodiscard]] std::optional<std::string> path_beside(std::string_view base, std::string_view name);

}  // namespace rhumb::importing

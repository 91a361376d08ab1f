// From a configuration directory of gdnsd (gdnsd.config(5)) to one of Rhumb.
#pragma once

#include "import/draft.hpp"
#include "import/report.hpp"
#include "import/source_files.hpp"

namespace rhumb::importing {

// `files` is the directory: the file "config", if there is one, and zones/NAME. `directory` is its path, for the
// databases, which are named where they lie. Everything that is wrong or different is in `report`.
[[nodiscard]] Draft import_gdnsd(const SourceFiles& files, const std::filesystem::path& directory, Report& report);

}  // namespace rhumb::importing

// From zones of GeoDNS to a configuration of Rhumb.
#pragma once

#include "import/draft.hpp"
#include "import/report.hpp"
#include "import/source_files.hpp"

namespace rhumb::importing {

// `files` are the zones: NAME.json is zone NAME.
[[nodiscard]] Draft import_geodns(const SourceFiles& files, Report& report);

}  // namespace rhumb::importing

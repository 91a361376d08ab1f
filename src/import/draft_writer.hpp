// A draft as files: rhumb.json and zones/NAME.zone.
#pragma once

#include <string>

#include "import/draft.hpp"
#include "import/source_files.hpp"

namespace rhumb::importing {

// JSON as a person would lay it out: what fits into a line stands in one. Ends with a newline.
[[nodiscard]] std::string to_readable_text(const Json& value);

// Path relative to the directory of the configuration → text. `comment` stands at the top of rhumb.json.
[[nodiscard]] SourceFiles to_files(const Draft& draft, const std::string& comment);

}  // namespace rhumb::importing

// gdnsd's configuration language (gdnsd.config(5), "LOW-LEVEL SYNTAX"): tables, lists and texts, with comments and
// files that include others.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "import/report.hpp"
#include "import/source_files.hpp"

namespace rhumb::importing {

struct VscfValue {
  enum class Kind : std::uint8_t { text, list, table };

  Kind kind = Kind::table;
  std::string place;                                            // "config:34"
  std::string text = {};                                        // of a text
  std::vector<VscfValue> elements = {};                         // of a list
  std::vector<std::pair<std::string, VscfValue>> members = {};  // of a table, in the order of the file

  [[nodiscard]] bool is_text() const noexcept { return kind == Kind::text; }
  [[nodiscard]] bool is_list() const noexcept { return kind == Kind::list; }
  [[nodiscard]] bool is_table() const noexcept { return kind == Kind::table; }
  // The member of a table; null when there is none, or this is none.
  [[nodiscard]] const VscfValue* find(std::string_view key) const;
  // The texts of a list; a text counts as a list of one. What is no text is left out.
  [[nodiscard]] std::vector<std::string> texts() const;
};

// The file `name` of `files`, with all that it includes. Nothing, and errors with file and line, when it is wrong.
[[nodiscard]] std::optional<VscfValue> parse_vscf(const SourceFiles& files, const std::string& name, Report& report);

}  // namespace rhumb::importing

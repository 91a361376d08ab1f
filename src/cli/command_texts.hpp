// What is to be said of each command beyond its options: a table, shown by `--help` and in the manual pages.
#pragma once

#include <span>
#include <string_view>

namespace rhumb::cli {

struct CommandText {
  std::string_view command;   // "rhumb drain"
  std::string_view group;     // which commands it stands with; one of kGroups
  std::string_view details;   // paragraphs, with an empty line between; `…` is what is typed
  std::string_view examples;  // a line each, which may begin with "# " to tell what the next does
  std::string_view statuses;  // "0  all is well", a line each
};

// In the order in which they are shown.
[[nodiscard]] std::span<const std::string_view> command_groups() noexcept;

// Of a command that is not in the table: its group is "Other", the rest empty but for the usual statuses.
[[nodiscard]] CommandText text_of(std::string_view command) noexcept;

}  // namespace rhumb::cli

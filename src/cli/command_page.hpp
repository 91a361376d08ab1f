// What there is to say of a command: read from the tree that CLI11 parses with, and from command_texts.hpp. Help,
// manual pages and completion are made of this and know nothing of CLI11.
//
// The word that stands for a value tells also how it is completed: FILE, DIR, REGION, SERVICE, ZONE, TYPE, or the
// choices themselves, "up|down" (completion.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_texts.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): the library has named it
class App;
}  // namespace CLI

namespace rhumb::cli {

struct OptionPage {
  std::vector<std::string> names;  // "-h", "--help"; of an argument none
  std::string shown;               // what a user reads for its value: "NAME"; empty: it takes none
  std::string value;               // what the value is, as above: "SERVICE"
  std::string description;
  std::string usual;  // what holds when it is not given; empty: nothing to tell
  bool is_required;
  bool is_value_optional;
  bool repeats;

  [[nodiscard]] bool takes_value() const noexcept { return !shown.empty(); }
  // "--watch [SECONDS]", "-h, --help", "NAME".
  [[nodiscard]] std::string to_text() const;
};

struct CommandPage {
  std::string path;  // "rhumb import gdnsd"
  std::string name;  // "gdnsd"
  std::string summary;
  std::vector<OptionPage> arguments;
  std::vector<OptionPage> options;
  std::vector<CommandPage> commands;
  CommandText text;

  // "rhumb drain REGION [OPTIONS]".
  [[nodiscard]] std::string usage() const;
  [[nodiscard]] const CommandPage* find_command(std::string_view wanted) const noexcept;
  [[nodiscard]] const OptionPage* find_option(std::string_view wanted) const noexcept;
};

// Of `command` and all below it. What is in the group "" is for programs, and left out.
[[nodiscard]] CommandPage describe(const CLI::App& command);

// "REGION" of "up|down REGION": `text` cut at each `separator`. "" is one empty part.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

}  // namespace rhumb::cli

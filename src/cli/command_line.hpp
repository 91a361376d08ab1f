// The command line of rhumb, in one tree: parsing, `--help`, the manual pages and completion all walk it.
//
// A command is declared by one function, which gives each option a description and the word for its value
// (command_page.hpp). What else is to be said of it stands in command_texts.cpp.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

#include "cli/command_page.hpp"

namespace rhumb::cli {

class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Parses, and runs what is asked for. Returns the exit status. Throws what commands throw (commands.hpp).
  [[nodiscard]] int run(int argc, const char* const* argv);

  // All commands, as users see them.
  [[nodiscard]] CommandPage page() const { return describe(app_); }

 private:
  CLI::App app_;
  std::function<int()> chosen_;  // runs the command that has been parsed
};

}  // namespace rhumb::cli

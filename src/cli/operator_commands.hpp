// The subcommands that ask a running server, on the command line.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace rhumb::cli {

// Adds them to `app`. Parsing sets `chosen` to what runs the one that was named, and returns its exit status.
void add_operator_commands(CLI::App& app, std::function<int()>& chosen);

}  // namespace rhumb::cli

// The subcommands that ask a running server, on the command line.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

#include "cli/server_access.hpp"

namespace rhumb::cli {

// The options of a command that can do without a server, to have one asked all the same.
void add_running_server(CLI::App& command, ServerAddress& server);

// Adds them to `app`. Parsing sets `chosen` to what runs the one that was named, and returns its exit status.
void add_operator_commands(CLI::App& app, std::function<int()>& chosen);

}  // namespace rhumb::cli

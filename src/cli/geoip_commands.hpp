// `rhumb geoip …`: new versions of geo databases, compared, put into their place, and taken back.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace rhumb::cli {

// The one that is given is left in `chosen`.
void add_geoip_commands(CLI::App& app, std::function<int()>& chosen);

}  // namespace rhumb::cli

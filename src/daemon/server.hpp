// `rhumb serve`: starts everything, reloads on SIGHUP, stops on SIGTERM or SIGINT.
#pragma once

#include <filesystem>

namespace rhumb::daemon {

// Runs until it is told to stop. Returns the exit status: 0 after a stop, 1 when it could not start, which has then
// been logged with its reason. Takes SIGTERM, SIGINT and SIGHUP for the whole process: call it from main(), once,
// before any other thread is started.
int serve(const std::filesystem::path& config_file);

}  // namespace rhumb::daemon

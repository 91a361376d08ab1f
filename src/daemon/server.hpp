// `rhumb serve`: starts everything, reloads on SIGHUP, stops on SIGTERM or SIGINT, and starts a successor on SIGUSR2.
#pragma once

#include <filesystem>
#include <optional>

namespace rhumb::daemon {

struct ServeOptions {
  std::filesystem::path config_file = {};
  // Takes over from the server that listens on the configuration's control socket; if none does, starts as usual.
  bool replaces = false;
  // Takes over from the server at the other end of this descriptor, which has started this process.
  std::optional<int> channel = {};
};

// Runs until it is told to stop, or has been replaced. Returns the exit status: 0 after that, 1 when it could not
// start, which has then been logged with its reason. Takes SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 for the whole
// process: call it from main(), once, before any other thread is started.
int serve(const ServeOptions& options);

}  // namespace rhumb::daemon

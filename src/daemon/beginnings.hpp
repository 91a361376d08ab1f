// What a server begins with besides what it has loaded: sockets, states and secrets, of the one that it replaces, of
// the service manager, or of its own.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "config/config.hpp"
#include "daemon/loader.hpp"
#include "daemon/predecessor.hpp"
#include "daemon/server.hpp"
#include "health/memory.hpp"
#include "transport/bound_sockets.hpp"

namespace rhumb::daemon {

struct Beginnings {
  transport::BoundSockets sockets = {};                    // that are bound already
  std::optional<health::Memory> memory = {};               // none: the state file has it
  std::unique_ptr<Predecessor> predecessor = {};           // that is being replaced; null: nobody is
  std::optional<std::chrono::microseconds> watchdog = {};  // how often the service manager wants a sign of life
};

// From the predecessor that `options` name, if there is one: its sockets and states, and its secret for cookies, which
// `loaded` is served with. Throws HandoverError and control::Unreachable.
void inherit(const ServeOptions& options, Loaded& loaded, Secrets& secrets, Beginnings& beginnings);

// What was known when the server last ran; a warning is logged if that cannot be read.
[[nodiscard]] health::Memory load_memory(const config::Config& config);

[[nodiscard]] unsigned thread_count(unsigned configured);

// With a socket for each of `threads` on every endpoint; a warning tells where there are fewer. Throws
// std::system_error when one cannot be bound.
[[nodiscard]] transport::BoundSockets completed(transport::BoundSockets sockets, const config::Config& config,
                                                unsigned threads);

// Those that nobody has taken.
void log_unused(const transport::BoundSockets& sockets);

}  // namespace rhumb::daemon

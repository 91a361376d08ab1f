// Checks of type exec: a program of the operator's, which exits with status 0 if the target is well.
//
// It is a process group of its own with nothing of the server's: no descriptors, no blocked signals, of the environment
// only PATH. What is left of the group when the program has ended, at the timeout or at an abort is killed, and the
// program always reaped; one that the kernel cannot end, because it waits for a dead disk, keeps its probe waiting.
//
// Environment: RHUMB_ADDRESS, RHUMB_PORT if the check has a port, RHUMB_HOST (the service's name, or empty for
// wildcards), RHUMB_TIMEOUT in seconds.
#pragma once

#include <cstddef>

#include <boost/asio/awaitable.hpp>

#include "health/abort.hpp"
#include "health/connection.hpp"

namespace rhumb::health {

// Programs at one time: a process costs far more than a connection.
inline constexpr std::size_t kExecMax = 16;

// What is kept of what the program prints; of that the first line is shown, in printable ASCII.
inline constexpr std::size_t kOutputMax = 1'024;

[[nodiscard]] boost::asio::awaitable<Outcome> probe_exec(Abort& abort, const Target& target, Deadline deadline);

}  // namespace rhumb::health

// The service manager (systemd) that has started this process: what it gives, and what it is told. Where there is none,
// there is nothing and nobody to tell.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "transport/bound_sockets.hpp"

namespace rhumb::daemon {

// The sockets of its socket unit (LISTEN_FDS). What is among them that cannot be served is logged and closed. Once,
// while there is one thread: it changes the environment, so that no child takes them for its own.
[[nodiscard]] transport::BoundSockets take_activated_sockets();

// From any thread.
void tell_ready(const std::string& status);
void tell_reloading();
void tell_stopping();
// Another process is the service from now on.
void tell_successor(pid_t successor);

// How often it wants a sign of life (WatchdogSec=), to be given at least twice as often; nothing if it does not care.
// Once, while there is one thread: it changes the environment, so that a successor gives it, too.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();
void tell_alive();

}  // namespace rhumb::daemon

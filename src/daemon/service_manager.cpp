#include "daemon/service_manager.hpp"

#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

namespace rhumb::daemon {
namespace {

constexpr int kKeepEnvironment = 0;

void tell(const std::string& state) {
  sd_notify(kKeepEnvironment, state.c_str());
}

}  // namespace

transport::BoundSockets take_activated_sockets() {
  transport::BoundSockets sockets;
  const int count = sd_listen_fds(1);
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; ++fd) {
    const auto unfit = sockets.add(transport::Descriptor(fd));
    if (unfit) spdlog::warn("the socket unit gives {}, which cannot be served", *unfit);
  }
  return sockets;
}

void tell_ready(const std::string& status) {
  tell("READY=1\nSTATUS=" + status);
}

// The time tells systemd which reload it is that has ended.
void tell_reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto us = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reloading", us));
}

void tell_stopping() {
  tell("STOPPING=1\nSTATUS=stopping");
}

void tell_successor(pid_t successor) {
  tell(fmt::format("MAINPID={}", successor));
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  std::uint64_t us = 0;
  const bool is_enabled = sd_watchdog_enabled(kKeepEnvironment, &us) > 0;
  unsetenv("WATCHDOG_PID");  // a successor has another one
  return is_enabled ? std::optional(std::chrono::microseconds(us)) : std::nullopt;
}

void tell_alive() {
  tell("WATCHDOG=1");
}

}  // namespace rhumb::daemon

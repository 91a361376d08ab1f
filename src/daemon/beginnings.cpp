#include "daemon/beginnings.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

#include "control/handover_request.hpp"
#include "dns/cookie.hpp"
#include "health/state_file.hpp"
#include "transport/socket.hpp"

namespace rhumb::daemon {
namespace {

const char* name_of(int socket_type) {
  return socket_type == SOCK_DGRAM ? "UDP" : "TCP";
}

// Null when there is none to be replaced. Throws HandoverError and control::Unreachable.
std::unique_ptr<Predecessor> find_predecessor(const ServeOptions& options, const config::Config& config) {
  if (options.channel) return std::make_unique<Predecessor>(transport::Descriptor(*options.channel));
  if (!options.replaces) return nullptr;
  if (!config.control.socket) {
    throw HandoverError(config.file.string() +
                        " names no \"control\" socket, on which the running server could be asked");
  }
  const auto channel = control::request_handover(*config.control.socket);
  if (channel) return std::make_unique<Predecessor>(transport::Descriptor(*channel));
  spdlog::info("no server listens on {}: nobody is replaced", config.control.socket->string());
  return nullptr;
}

}  // namespace

void inherit(const ServeOptions& options, Loaded& loaded, Secrets& secrets, Beginnings& beginnings) {
  beginnings.predecessor = find_predecessor(options, loaded.config);
  if (!beginnings.predecessor) return;
  Legacy legacy = beginnings.predecessor->take();
  secrets.cookie_master = legacy.cookie_master;
  if (loaded.config.has_own_cookies) {
    loaded.snapshot->settings.cookies = dns::CookieSecrets::derived_from(secrets.cookie_master);
  }
  spdlog::info("taking over: {} states and {} overrides", legacy.memory.probes.size(), legacy.memory.overrides.size());
  beginnings.sockets = std::move(legacy.sockets);
  beginnings.memory = std::move(legacy.memory);
}

health::Memory load_memory(const config::Config& config) {
  if (!config.health.state_file) return {};
  health::FoundState found = health::load_state(*config.health.state_file);
  if (!found.warning.empty()) spdlog::warn("{}", found.warning);
  if (!found.memory.probes.empty() || !found.memory.overrides.empty()) {
    spdlog::info("{}: going on from {} states and {} overrides", config.health.state_file->string(),
                 found.memory.probes.size(), found.memory.overrides.size());
  }
  return std::move(found.memory);
}

unsigned thread_count(unsigned configured) {
  return configured > 0 ? configured : std::max(1U, std::thread::hardware_concurrency());
}

transport::BoundSockets completed(transport::BoundSockets sockets, const config::Config& config, unsigned threads) {
  sockets.bind_missing(config.listen, threads);
  for (const Endpoint& endpoint : config.listen) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      const std::size_t count = sockets.count(endpoint, type);
      if (count >= threads) continue;
      spdlog::warn("{} ({}): {} of {} threads answer: beside the sockets that were given no others can be bound",
                   endpoint.to_string(), name_of(type), count, threads);
    }
  }
  return sockets;
}

void log_unused(const transport::BoundSockets& sockets) {
  for (const auto& [endpoint, type] : sockets.left()) {
    spdlog::info("{} ({}) is no longer listened on: the configuration does not name it", endpoint.to_string(),
                 name_of(type));
  }
}

}  // namespace rhumb::daemon

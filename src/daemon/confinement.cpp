#include "daemon/confinement.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>
#include <linux/capability.h>
#include <spdlog/spdlog.h>

#include "config/user_reader.hpp"
#include "daemon/capabilities.hpp"
#include "daemon/sandbox.hpp"
#include "daemon/user.hpp"
#include "transport/socket.hpp"

namespace rhumb::daemon {
namespace {

constexpr Capabilities kPorts = capability(CAP_NET_BIND_SERVICE);
constexpr Capabilities kPings = capability(CAP_NET_RAW);

// Whose report of a mistake is made by another program.
#if defined(RHUMB_ADDRESS_SANITIZER) || defined(RHUMB_THREAD_SANITIZER)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

bool is_root() {
  return geteuid() == 0;
}

bool has_check_of(const config::Config& config, health::Check::Type type) {
  return std::ranges::any_of(config.checks, [type](const config::NamedCheck& named) {
    return !named.is_calculated() && named.check.type == type;
  });
}

// Of the group's own (net.ipv4.ping_group_range, for both families).
bool has_ping_sockets() {
  return transport::Descriptor(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP)).get() >= 0;
}

SandboxNeeds needs_of(const config::Config& config) {
  SandboxNeeds needs;
  needs.programs = kIsSanitized || has_check_of(config, health::Check::Type::exec) || !config.events.hooks.empty();
  needs.raw_sockets = has_check_of(config, health::Check::Type::icmp) && !has_ping_sockets();
  return needs;
}

std::string place_of_user(const std::filesystem::path& file) {
  return file.string() + ": /user";
}

void warn_of_other_user(const config::Config& config) {
  const std::optional<User> user = find_user(*config.user);
  if (user && user->id == geteuid()) return;
  spdlog::warn("{}: root has not started this process, so it cannot become {}: it goes on with the user ID {}",
               place_of_user(config.file), *config.user, geteuid());
}

}  // namespace

bool take_user(const std::filesystem::path& config_file) {
  if (!is_root()) return true;
  Problems problems;
  const std::optional<std::string> name = config::find_user(config_file, problems);
  for (const Problem& problem : problems.all())
    spdlog::error("{}: {}", problem.place, problem.message);
  if (problems.has_errors()) return false;
  if (!name) return true;
  try {
    const std::optional<User> user = find_user(*name);
    if (!user) {
      spdlog::error("{}: there is no user \"{}\" here", place_of_user(config_file), *name);
      return false;
    }
    if (user->id == 0) return true;
    become(*user, kPorts | kPings);
    spdlog::info("running as the user {}", user->name);
    return true;
  } catch (const std::system_error& error) {
    spdlog::error("{}: {}", place_of_user(config_file), error.what());
    return false;
  }
}

void limit_capabilities(const config::Config& config) {
  if (is_root()) {
    if (config.user) return;
    spdlog::warn("{}: this process is root's and stays it: \"user\" names whom it is to become", config.file.string());
    return;
  }
  try {
    if (config.user) warn_of_other_user(config);
    keep_capabilities(needs_of(config).raw_sockets ? kPorts | kPings : kPorts);
  } catch (const std::system_error& error) {
    spdlog::warn("{}", error.what());
  }
}

void confine(const config::Config& config) {
  if (!config.sandbox.value_or(true)) return;
  const SandboxNeeds needs = needs_of(config);
  try {
    enter_sandbox(needs);
    spdlog::debug("in the sandbox, {} programs and {} raw sockets", needs.programs ? "with" : "without",
                  needs.raw_sockets ? "with" : "without");
  } catch (const std::system_error& error) {
    if (config.sandbox) throw std::runtime_error(fmt::format("{}: /sandbox: {}", config.file.string(), error.what()));
    spdlog::warn("{}; the server goes on without", error.what());
  }
}

std::vector<std::string> missing_powers(const config::Config& started, const config::Config& wanted) {
  const SandboxNeeds had = needs_of(started);
  const SandboxNeeds needed = needs_of(wanted);
  const bool has_sandbox = started.sandbox.value_or(true);
  std::vector<std::string> missing;
  if (has_sandbox && needed.programs && !had.programs) {
    missing.emplace_back(
        "checks of type exec and hooks cannot be run before `rhumb upgrade`: there were none at the "
        "start, and the sandbox forbids to run programs since");
  }
  if ((has_sandbox || !is_root()) && needed.raw_sockets && !had.raw_sockets) {
    missing.emplace_back(
        "checks of type icmp cannot be made before a restart: there were none at the start, and the "
        "right to open raw sockets has been given up since");
  }
  return missing;
}

}  // namespace rhumb::daemon

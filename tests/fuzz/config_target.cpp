#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "config/config.hpp"
#include "fuzz/require.hpp"
#include "fuzz/scratch_file.hpp"
#include "fuzz/targets.hpp"

namespace rhumb::fuzz {
namespace {

void check_config_problems(const Problems& problems, const std::string& file) {
  for (const Problem& problem : problems.all()) {
    require(problem.place.starts_with(file + ":"), "a problem has a place in the file");
    require(!problem.message.empty(), "a problem says what is wrong");
  }
}

void check_service(const config::Config& config, const config::Service& service) {
  for (const std::size_t check : service.checks)
    require(check < config.checks.size(), "a service's checks exist");
  require(service.ttl_min_s <= service.ttl_s, "the least TTL is not above the TTL");
  require(!service.place.empty(), "a service has a place");
  std::set<std::pair<Family, U128>> addresses;
  for (const config::Instance& instance : service.instances) {
    require(instance.region < config.regions.size(), "an instance's region exists");
    require(addresses.emplace(instance.address.family, instance.address.bits).second, "no instance stands twice");
    const auto in_pool = std::ranges::count_if(service.instances, [&](const config::Instance& other) {
      return other.region == instance.region && other.address.family == instance.address.family;
    });
    require(static_cast<std::size_t>(in_pool) <= steering::kPoolMax, "a pool keeps to its limit");
  }
}

void check_values(const config::Config& config) {
  require(!config.listen.empty(), "there is an address to listen at");
  for (const Endpoint& endpoint : config.listen)
    require(endpoint.port != 0 && Endpoint::parse(endpoint.to_string()) == endpoint, "an endpoint can be written");
  require(config.threads <= 256, "threads keep to their limit");
  require(config.regions.size() <= steering::kRegionsMax, "regions keep to their limit");
  for (const steering::Region& region : config.regions) {
    require(!region.name.empty(), "a region has a name");
    require(std::abs(region.coordinates.latitude) <= 90, "a region is on Earth");
    require(std::abs(region.coordinates.longitude) <= 180, "a region is on Earth");
  }
  for (const config::NamedCheck& named : config.checks) {
    const health::Check& check = named.check;
    using Type = health::Check::Type;
    const bool has_port = check.type != Type::icmp && check.type != Type::exec && check.type != Type::push;
    require(check.port != 0 || !has_port, "a check has a port if its type has one");
    require(check.rise > 0 && check.fall > 0, "a check's numbers are at least 1");
    require(check.window == 0 || check.window >= check.fall, "a window has room for the failures");
    require(check.type != Type::push || check.ttl_ms > 0, "reports expire");
    require(check.type != Type::exec || check.command.at(0).starts_with('/'), "a program has an absolute path");
    require(check.timeout_ms > 0 && check.timeout_ms <= check.interval_ms, "probes do not overlap");
    require(check.path.starts_with('/'), "a check's path starts with a slash");
    const auto is_sendable = [](char c) { return c > ' ' && c < 0x7F; };
    require(std::ranges::all_of(check.path, is_sendable), "a check's path can be sent as it is");
  }
  std::set<dns::Name> names;
  for (const config::Service& service : config.services) {
    require(names.insert(service.name).second, "no service stands twice");
    check_service(config, service);
  }
}

}  // namespace

void fuzz_config(Bytes octets) {
  static const ScratchFile file("rhumb.json");
  file.write(octets);
  Problems problems;
  const auto config = config::load_config(file.path(), problems, std::chrono::sys_days());
  require(config.has_value() != problems.has_errors(), "a configuration is taken when it has no errors");
  check_config_problems(problems, file.path().string());
  if (config) check_values(*config);
}

}  // namespace rhumb::fuzz

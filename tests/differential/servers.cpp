#include "servers.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "response.hpp"
#include "support/dns_client.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"

namespace rhumb::differential {
namespace {

constexpr std::array<const char*, kServers> kDirectories{"nsd", "knot", "rhumb"};

// Debian's paths; neither is in everybody's PATH.
constexpr const char* kNsdProgram = "/usr/sbin/nsd";
constexpr const char* kKnotProgram = "/usr/sbin/knotd";

// A port for UDP on an address that only this process uses, so that it stays free; the one for TCP goes with it.
Endpoint free_endpoint(IpAddress address) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(address.as_v4());
  socklen_t size = sizeof local;
  const bool is_bound = bind(fd, reinterpret_cast<sockaddr*>(&local), size) == 0 &&
                        getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0;
  const int error = errno;
  close(fd);
  if (!is_bound) throw std::system_error(error, std::generic_category(), "bind to " + address.to_string());
  return {address, ntohs(local.sin_port)};
}

void demand(const char* program, const char* package) {
  if (access(program, X_OK) == 0) return;
  throw std::runtime_error(fmt::format(
      "{} is missing: Rhumb is compared with it. Install Debian's package {} (./dev setup --tests)", program, package));
}

// "z17.test.zone" for z17.test., "..zone" for the root: the names that Rhumb wants.
std::string file_of(const std::string& apex) {
  return apex == "." ? "..zone" : apex + "zone";
}

}  // namespace

Servers::Servers(std::filesystem::path directory, std::span<const Family> families) : directory_(std::move(directory)) {
  demand(kNsdProgram, "nsd");
  demand(kKnotProgram, "knot");
  std::filesystem::remove_all(directory_);
  for (const char* name : {"zones", "nsd", "knot/db", "rhumb"})
    std::filesystem::create_directories(directory_ / name);
  write_zones(families);
  for (unsigned server = 0; server < kServers; ++server)
    endpoints_[server] = free_endpoint(test::loopback(server + 1));
  write_nsd_config();
  write_knot_config();
  write_rhumb_config();
  start();
  for (std::size_t server = 0; server < kServers; ++server) {
    for (const ZoneFile& zone : zones_)
      wait_for(server, zone);
  }
}

// NSD has children of its own, which it takes along when it is asked to end.
Servers::~Servers() {
  for (const auto& process : processes_) {
    if (process != nullptr) process->signal(SIGTERM);
  }
  for (const auto& process : processes_) {
    if (process != nullptr) static_cast<void>(process->wait_for_exit());
  }
}

void Servers::stop() {
  processes_[kRhumb]->signal(SIGTERM);
  const std::string exit = processes_[kRhumb]->wait_for_exit();
  if (exit != "status 0") throw std::runtime_error(fmt::format("Rhumb ends with {}:\n{}", exit, log_of(kRhumb)));
}

std::string Servers::obituary() const {
  std::string text;
  for (std::size_t server = 0; server < kServers; ++server) {
    if (processes_[server]->is_running()) continue;
    text += fmt::format("{} has ended with {}:\n{}", kServerNames[server], processes_[server]->wait_for_exit(),
                        log_of(server));
  }
  return text;
}

std::string Servers::log_of(std::size_t server) const {
  return processes_[server]->log() + test::read_file(directory_ / kDirectories[server] / "log");
}

void Servers::write(const std::filesystem::path& name, std::string_view text) const {
  std::ofstream(directory_ / name, std::ios::binary) << text;
}

void Servers::write_zones(std::span<const Family> families) {
  for (const Family& family : families) {
    for (const Zone& zone : family.zones) {
      const std::string apex = absolute(zone.apex, family.origin);
      zones_.push_back({apex, file_of(apex)});
      write(std::filesystem::path("zones") / file_of(apex), to_text(zone, family.origin));
    }
  }
}

void Servers::write_nsd_config() const {
  const Endpoint& endpoint = endpoints_[kNsd];
  std::string text = fmt::format(R"(server:
  ip-address: {}@{}
  server-count: 1
  username: ""
  database: ""
  zonesdir: "{}"
  logfile: "{}"
  pidfile: ""
  xfrdfile: "{}"
  zonelistfile: "{}"
  rrl-ratelimit: 0
  minimal-responses: yes
remote-control:
  control-enable: no
)",
                                 endpoint.address.to_string(), endpoint.port, (directory_ / "zones").string(),
                                 (directory_ / "nsd/log").string(), (directory_ / "nsd/xfrd.state").string(),
                                 (directory_ / "nsd/zone.list").string());
  for (const ZoneFile& zone : zones_)
    text += fmt::format("zone:\n  name: \"{}\"\n  zonefile: \"{}\"\n", zone.apex, zone.file);
  write("nsd/nsd.conf", text);
}

void Servers::write_knot_config() const {
  const Endpoint& endpoint = endpoints_[kKnot];
  std::string text = fmt::format(R"(server:
  listen: {}@{}
  rundir: "{}"
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "{}"
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: "{}"
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
)",
                                 endpoint.address.to_string(), endpoint.port, (directory_ / "knot").string(),
                                 (directory_ / "knot/db").string(), (directory_ / "zones").string());
  for (const ZoneFile& zone : zones_)
    text += fmt::format("  - domain: \"{}\"\n    file: \"{}\"\n", zone.apex, zone.file);
  write("knot/knot.conf", text);
}

void Servers::write_rhumb_config() const {
  write("rhumb/rhumb.json",
        fmt::format(R"({{"listen": ["{}"], "threads": 1, "zones": "../zones"}})", endpoints_[kRhumb].to_string()));
}

void Servers::start() {
  const std::array<std::vector<std::string>, kServers> words{{
      {kNsdProgram, "-d", "-c", (directory_ / "nsd/nsd.conf").string()},
      {kKnotProgram, "-c", (directory_ / "knot/knot.conf").string()},
      {RHUMB_PROGRAM, "serve", "--config", "rhumb.json"},
  }};
  for (std::size_t server = 0; server < kServers; ++server) {
    processes_[server] = std::make_unique<test::ChildProcess>(directory_ / kDirectories[server], words[server]);
  }
}

// Until the server has the zone: it answers with authority for its SOA record.
void Servers::wait_for(std::size_t server, const ZoneFile& zone) const {
  const test::UdpClient client(endpoints_[server]);
  const auto query = to_query({zone.apex, dns::type::kSoa, Edns::none}, 0);
  const auto has_zone = [&] {
    client.send(query);
    const auto message = client.receive(std::chrono::milliseconds(100));
    const auto response = message ? parse_response(*message) : std::nullopt;
    return response && (response->flags & dns::flag::kAa) != 0 && response->answer.size() == 1 &&
           name_to_text(response->answer[0].owner) == zone.apex;
  };
  bool is_there = false;
  static_cast<void>(test::wait_until([&] { return (is_there = has_zone()) || !processes_[server]->is_running(); }));
  if (is_there) return;
  throw std::runtime_error(
      fmt::format("{} does not serve {}; its log:\n{}", kServerNames[server], zone.apex, log_of(server)));
}

}  // namespace rhumb::differential

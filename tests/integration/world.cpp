#include "world.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include <gtest/gtest.h>

#include "support/loopback.hpp"
#include "support/wait_until.hpp"
#include "transport/socket.hpp"

namespace rhumb::test {
namespace {

constexpr int kStartAttempts = 10;

Json default_config() {
  const auto instance = [](const char* region, const std::string& address) {
    return Json{{"region", region}, {"address", address}};
  };
  return {
      {"listen", Json::array()},
      {"threads", 2},
      {"zones", "zones"},
      {"geoip", Json::array({"geo.mmdb"})},
      {"regions",
       {{"ap-southeast", {{"coordinates", {1.35, 103.82}}}},
        {"us-east", {{"coordinates", {39.04, -77.49}}}},
        {"eu-west", {{"coordinates", {53.35, -6.26}}}}}},
      {"checks", Json::object()},
      {"services",
       {{"www.example.com",
         {{"ttl", 30},
          {"steering", Json::object()},
          {"instances",
           {instance("us-east", kUsEast), instance("us-east", "2001:db8::10"), instance("eu-west", kEuWest),
            instance("eu-west", "2001:db8::20"), instance("ap-southeast", kApSoutheast),
            instance("ap-southeast", "2001:db8::30")}}}}}},
  };
}

void append_network(dns::Message& option, IpAddress network, int bits) {
  const int width = bits_of(network.family);
  for (int done = 0; done < bits; done += 8)
    option.push_back(static_cast<std::uint8_t>(network.bits >> (width - 8 - done)));
}

// "203.0.113.0/24" as an option of EDNS.
dns::Message client_subnet(const std::string& network) {
  const std::size_t slash = network.find('/');
  const auto address = IpAddress::parse(network.substr(0, slash));
  if (!address || slash == std::string::npos) throw std::invalid_argument("not a network: " + network);
  const int bits = std::stoi(network.substr(slash + 1));
  dns::Message option =
      dns::client_subnet_option(address->family == Family::v4 ? 1 : 2, static_cast<std::uint8_t>(bits), {});
  append_network(option, *address, bits);
  option[3] = static_cast<std::uint8_t>(option.size() - 4);
  return option;
}

// True when `port`, or with 0 any port, could be had for UDP and TCP; it is then in `port`.
bool is_free(IpAddress address, std::uint16_t& port) {
  try {
    const auto tcp = transport::bind_socket({address, port}, SOCK_STREAM, false);
    port = transport::bound_endpoint(tcp.get()).port;
    const auto udp = transport::bind_socket({address, port}, SOCK_DGRAM, false);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

const std::string_view kZoneText = R"($TTL 1h
@        SOA   ns1 hostmaster 1 2h 15m 2w 5m
@        NS    ns1
ns1      A     192.0.2.53
www      A     192.0.2.1
www      AAAA  2001:db8::1
www      TXT   "as written"
static   A     192.0.2.80
shop     CNAME www
*.apps   A     192.0.2.90
lab      NS    ns.lab
ns.lab   A     192.0.2.99
)";

dns::Message to_query(const Question& question) {
  auto query = dns::query_message(question.name, question.type);
  if (!question.client.empty()) dns::append_opt(query, client_subnet(question.client));
  return query;
}

std::vector<std::string> data_of(const std::vector<std::string>& records) {
  std::vector<std::string> data;
  for (const std::string& record : records)
    data.push_back(record.substr(record.rfind(' ') + 1));
  return data;
}

World::World() : config(default_config()) {
  write("zones/example.com.zone", kZoneText);
  use_database("city.mmdb");
}

void World::use_database(const std::string& fixture) const {
  std::filesystem::copy_file(std::filesystem::path(RHUMB_TEST_DATA) / fixture, path() / "geo.mmdb",
                             std::filesystem::copy_options::overwrite_existing);
}

RhumbProcess& World::serve() {
  return serve(loopback(1));
}

RhumbProcess& World::serve(IpAddress address) {
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    server_ = {address, free_port({address})};
    config["listen"] = Json::array({server_.to_string()});
    write_config();
    rhumb_ = std::make_unique<RhumbProcess>(path(), std::vector<std::string>{"serve", "--config", "rhumb.json"});
    const bool is_over = wait_until([this] { return is_answering() || !rhumb_->is_running(); });
    if (is_over && rhumb_->is_running()) return *rhumb_;
    // Somebody took the port since: another.
    if (rhumb_->log().find("Address already in use") == std::string::npos) break;
  }
  throw std::runtime_error("the server does not answer; its log:\n" + rhumb_->log());
}

bool World::is_answering() const {
  const UdpClient client(server_);
  client.send(dns::query_message("example.com", dns::type::kSoa));
  return client.receive(std::chrono::milliseconds(200)).has_value();
}

Response World::ask(const Question& question) const {
  const auto response = UdpClient(server_).ask(to_query(question));
  if (response) return parse_response(*response);
  ADD_FAILURE() << "no answer over UDP for " << question.name;
  return {};
}

Response World::ask_over_tcp(const Question& question) const {
  const TcpClient client(server_);
  client.send_raw(with_length(to_query(question)));
  const auto response = client.receive();
  if (response) return parse_response(*response);
  ADD_FAILURE() << "no answer over TCP for " << question.name;
  return {};
}

std::vector<std::string> World::addresses(const Question& question) const {
  return data_of(ask(question).answer);
}

std::string World::reload() const {
  write_config();
  const std::size_t before = rhumb_->log().size();
  rhumb_->signal(SIGHUP);
  const bool is_done = wait_until([&] {
    const std::string since = rhumb_->log().substr(before);
    return since.find("info: reloaded") != std::string::npos || since.find("reload refused") != std::string::npos;
  });
  if (!is_done) ADD_FAILURE() << "the reload does not end";
  return rhumb_->log().substr(before);
}

bool World::logs(const std::string& text, std::size_t from) const {
  return wait_until([&] { return rhumb_->log().find(text, from) != std::string::npos; });
}

std::uint16_t free_port(const std::vector<IpAddress>& addresses) {
  constexpr int kAttempts = 1'000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::uint16_t port = 0;
    const auto has_port = [&](IpAddress address) { return is_free(address, port); };
    if (std::ranges::all_of(addresses, has_port)) return port;
  }
  throw std::runtime_error("no port is free on all of the addresses");
}

}  // namespace rhumb::test

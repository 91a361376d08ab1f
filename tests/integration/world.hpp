// A small world to serve: a configuration, a zone, a database, and the real server in a directory of its own.
//
// A test changes what it is about and calls serve(). Three regions; www.example.com has an instance of each family in
// each of them. The regions stand in an order in which no client of Ashburn, Paris or Singapore (tests/data/README.md)
// would have them, so that an answer for such a client cannot be right by accident.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "rhumb_process.hpp"
#include "support/dns_client.hpp"
#include "support/message_bytes.hpp"
#include "support/response.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::test {

using Json = nlohmann::ordered_json;

// Clients of whom the databases know.
inline constexpr const char* kAshburn = "192.0.2.0/24";
inline constexpr const char* kParis = "203.0.113.0/24";
inline constexpr const char* kSingapore = "198.51.100.0/25";

// What the service has for them.
inline constexpr const char* kUsEast = "192.0.2.10";
inline constexpr const char* kEuWest = "192.0.2.20";
inline constexpr const char* kApSoutheast = "192.0.2.30";

struct Question {
  std::string name;
  dns::Type type = dns::type::kA;
  std::string client = {};  // a network for EDNS Client Subnet; empty: no EDNS at all
};

[[nodiscard]] dns::Message to_query(const Question& question);

// The last field of each record: the addresses of an A or AAAA answer.
[[nodiscard]] std::vector<std::string> data_of(const std::vector<std::string>& records);

// A zone that has everything: see the constructor of World.
extern const std::string_view kZoneText;

class World {
 public:
  World();

  Json config;  // written by serve(), reload() and write_config(); "listen" is serve()'s to fill in

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return directory_.path(); }
  void write(const std::filesystem::path& file, std::string_view text) const { directory_.write(file, text); }
  void write_config() const { write("rhumb.json", config.dump(2)); }
  // Puts a database of tests/data where the configuration has its own.
  void use_database(const std::string& fixture) const;

  // Starts the server on a free port of `address` and waits until it answers. Throws, with its log, when it does not.
  RhumbProcess& serve(IpAddress address);
  RhumbProcess& serve();
  // True when it answers now.
  [[nodiscard]] bool is_answering() const;
  [[nodiscard]] RhumbProcess& rhumb() const noexcept { return *rhumb_; }
  [[nodiscard]] const Endpoint& server() const noexcept { return server_; }

  // Over UDP or TCP; fails the test when there is no answer.
  [[nodiscard]] Response ask(const Question& question) const;
  [[nodiscard]] Response ask_over_tcp(const Question& question) const;
  // The addresses that a client is sent to.
  [[nodiscard]] std::vector<std::string> addresses(const Question& question) const;

  // Writes the configuration, sends SIGHUP and waits until the server is done with it. What it logged meanwhile.
  std::string reload() const;
  // True when the log has `text`, sooner or later, after its first `from` octets.
  [[nodiscard]] bool logs(const std::string& text, std::size_t from = 0) const;

 private:
  TemporaryDirectory directory_;
  Endpoint server_;
  std::unique_ptr<RhumbProcess> rhumb_;
};

// A port that is free on all of `addresses`, for UDP and TCP.
[[nodiscard]] std::uint16_t free_port(const std::vector<IpAddress>& addresses);

}  // namespace rhumb::test

// A DNS client on plain sockets, for tests: sends octets, gives back octets.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/ip_address.hpp"

namespace rhumb::test {

using Octets = std::vector<std::uint8_t>;

// What a test waits for something that must come. Far more than any of it takes, so that a slow machine does not fail
// it.
inline constexpr std::chrono::seconds kPatience{20};

// A connected UDP socket of its own.
class UdpClient {
 public:
  // From `source`, if given: an IPv4 address of this machine, for a server on another.
  explicit UdpClient(const Endpoint& server, std::optional<IpAddress> source = std::nullopt);
  ~UdpClient();
  UdpClient(const UdpClient&) = delete;
  UdpClient& operator=(const UdpClient&) = delete;

  void send(Bytes datagram) const;
  // The next datagram from the server; nothing after `patience`, or when the server's port is closed.
  [[nodiscard]] std::optional<Octets> receive(std::chrono::milliseconds patience = kPatience) const;
  [[nodiscard]] std::optional<Octets> ask(Bytes query) const {
    send(query);
    return receive();
  }

 private:
  int fd_;
};

class TcpClient {
 public:
  explicit TcpClient(const Endpoint& server);
  ~TcpClient();
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  // As they are, without a length. False when the server has closed the connection.
  bool send_raw(Bytes octets) const;
  // Nothing more will be sent (half-close).
  void finish_sending() const;
  // The next message; nothing when the server has closed the connection, or after kPatience.
  [[nodiscard]] std::optional<Octets> receive() const;
  // True when the server closes the connection within kPatience; reads and forgets what comes before.
  [[nodiscard]] bool is_closed_by_server() const;

 private:
  [[nodiscard]] bool read_exactly(MutableBytes octets) const;
  int fd_;
};

// `message` behind its length, as TCP carries it.
[[nodiscard]] Octets with_length(Bytes message);

}  // namespace rhumb::test

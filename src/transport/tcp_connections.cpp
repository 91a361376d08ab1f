#include "transport/tcp_connections.hpp"

namespace rhumb::transport {
namespace {

// The networks that one customer usually has.
std::pair<Family, U128> network_key(const IpAddress& client) noexcept {
  constexpr int kV4Bits = 24;
  constexpr int kV6Bits = 56;
  const IpAddress network = network_of(client, client.family == Family::v4 ? kV4Bits : kV6Bits);
  return {network.family, network.bits};
}

}  // namespace

bool TcpConnections::enter(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  std::size_t& of_network = networks_[network_key(client)];
  if (of_network >= limits_.connections_per_network) {
    ++counts_.refused;
    return false;
  }
  ++of_network;
  ++counts_.open;
  ++counts_.accepted;
  return true;
}

void TcpConnections::leave(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  const auto of_network = networks_.find(network_key(client));
  if (--of_network->second == 0) networks_.erase(of_network);
  --counts_.open;
}

bool TcpConnections::is_over() const {
  const std::lock_guard lock(mutex_);
  return counts_.open > limits_.connections;
}

TcpConnections::Counts TcpConnections::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace rhumb::transport

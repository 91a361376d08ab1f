// How many connections are open, of all threads together, and of each client network: what the limits hold for.
//
// Counted under a lock, once when a connection opens and once when it closes; the kernel's part of that is a hundred
// times as much. No query comes here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "base/ip_address.hpp"
#include "transport/tcp_limits.hpp"

namespace rhumb::transport {

// From any thread.
class TcpConnections {
 public:
  struct Counts {
    std::uint64_t open = 0;  // now
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;  // their network had its share
  };

  explicit TcpConnections(const TcpLimits& limits) : limits_(limits) {}

  // Counts a connection of `client`, unless its network has its share: then false.
  [[nodiscard]] bool enter(const IpAddress& client);
  // One that has entered has gone.
  void leave(const IpAddress& client);
  // More are open than may be.
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] Counts counts() const;

 private:
  TcpLimits limits_;
  mutable std::mutex mutex_;
  Counts counts_;
  std::map<std::pair<Family, U128>, std::size_t> networks_;  // those that have a connection
};

}  // namespace rhumb::transport

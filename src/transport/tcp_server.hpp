// DNS over TCP (RFC 7766): connections are kept, queries may be pipelined, answers come in order.
//
// One thread runs all sessions; they share one buffer to answer into, so that an idle connection costs little more than
// its socket. Sessions stand in a list by their last whole query: its head is the most idle one, which is closed
// when it has been idle for too long, or to make room.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "answer/snapshot.hpp"
#include "base/ip_address.hpp"
#include "base/published.hpp"

namespace rhumb::transport {

struct TcpLimits {
  // At more connections than this the most idle one is closed. Each costs up to 200 KB while it is busy, 1 KB while
  // idle.
  std::size_t connections = 4'096;
  // RFC 7766 §6.2.3 asks for "on the order of a few seconds". Counts from the last whole query, so that a client that
  // sends a query octet by octet or never reads its answers is idle too.
  std::chrono::milliseconds idle{10'000};
  // Connections of one client network (/24, /56: what one customer usually has); more are closed at once. A farm of
  // resolvers keeps some dozen.
  std::size_t connections_per_network = 256;
  // However busy, a connection is closed after this long, so that no client keeps a place for ever.
  std::chrono::milliseconds lifetime{3'600'000};

  friend bool operator==(const TcpLimits&, const TcpLimits&) = default;
};

class TcpServer {
 public:
  // Binds the endpoints and starts the thread. A port of 0 is chosen by the kernel. Throws std::system_error that names
  // the endpoint; then nothing runs. `snapshot` must outlive the server; `seed` is as for UdpServer.
  TcpServer(std::span<const Endpoint> endpoints, const Published<answer::Snapshot>& snapshot, std::uint64_t seed,
            TcpLimits limits = {});
  // Closes all connections at once.
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept { return bound_; }

 private:
  class Loop;

  std::vector<Endpoint> bound_;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace rhumb::transport

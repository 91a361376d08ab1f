// DNS over TCP (RFC 7766): connections are kept, queries may be pipelined, answers come in order.
//
// Each thread has sockets of its own that listen (SO_REUSEPORT; the kernel spreads connections over them) and a loop of
// its own, TcpWorker; what they share are the limits.
//
// The loop is plain epoll and not Boost.Asio, which runs what else waits here. With Asio a query
// with 15 others in flight cost 1.8 to 2.5 µs of CPU time, with the loop 1.6 to 1.9; an idle connection cost 3 KB and a
// timer that ticked over all of them, now 0.15 KB and nothing (docs/performance.md).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "answer/counters.hpp"
#include "answer/snapshot.hpp"
#include "base/ip_address.hpp"
#include "base/published.hpp"
#include "transport/tcp_connections.hpp"
#include "transport/tcp_limits.hpp"

namespace rhumb::transport {

class TcpWorker;

class TcpServer {
 public:
  // Binds the endpoints and starts `threads` ≥ 1 threads. A port of 0 is chosen by the kernel. Throws std::system_error
  // that names the endpoint, also when another server listens there; then nothing runs. `snapshot` must outlive the
  // server; `seed` is as for UdpServer.
  TcpServer(std::span<const Endpoint> endpoints, unsigned threads, const Published<answer::Snapshot>& snapshot,
            std::uint64_t seed, const TcpLimits& limits = {});
  // Closes all connections at once.
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept { return bound_; }
  // What its threads have answered. From any thread.
  void add_to(answer::Counts& sum) const noexcept;
  // From any thread.
  [[nodiscard]] TcpConnections::Counts connections() const { return connections_.counts(); }

 private:
  void listen(Endpoint endpoint);

  std::vector<Endpoint> bound_;
  TcpConnections connections_;  // of all workers
  std::vector<std::unique_ptr<TcpWorker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace rhumb::transport

// DNS over TCP (RFC 7766): connections are kept, queries may be pipelined, answers come in order.
//
// Each thread has sockets of its own that listen (SO_REUSEPORT; the kernel spreads connections over them) and a loop of
// its own, TcpWorker; what they share are the limits.
//
// The loop is plain epoll and not Boost.Asio, which runs what else waits here. With Asio a query
// with 15 others in flight cost 1.8 to 2.5 µs of CPU time, with the loop 1.6 to 1.9; an idle connection cost 3 KB and a
// timer that ticked over all of them, now 0.15 KB and nothing (docs/performance.md).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "answer/counters.hpp"
#include "answer/query_tap.hpp"
#include "answer/snapshot.hpp"
#include "base/ip_address.hpp"
#include "base/published.hpp"
#include "transport/bound_sockets.hpp"
#include "transport/tcp_connection.hpp"
#include "transport/tcp_connections.hpp"
#include "transport/tcp_limits.hpp"

namespace rhumb::transport {

class TcpWorker;

class TcpServer {
 public:
  // Binds the endpoints and starts `threads` ≥ 1 threads. A port of 0 is chosen by the kernel. Throws std::system_error
  // that names the endpoint, also when another server listens there; then nothing runs. `snapshot` must outlive the
  // server; `seed` and `bound` are as for UdpServer.
  TcpServer(std::span<const Endpoint> endpoints, unsigned threads, const Published<answer::Snapshot>& snapshot,
            std::uint64_t seed, const TcpLimits& limits = {}, BoundSockets* bound = nullptr);
  // Closes all connections at once.
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept { return bound_; }
  // Those that it accepts connections from, whoever else does.
  [[nodiscard]] std::vector<int> sockets() const;

  // False when a thread has not come round since the last call, which has woken it. From one thread.
  [[nodiscard]] bool makes_progress() noexcept;

  // Serves a connection that another server has given away, as one that it has accepted. From any thread.
  void adopt(TcpConnection connection);
  // Accepts no more, and gives away each connection once its client has read what it was answered; returns when none is
  // left: soon, or when the last client that does not read has been idle for too long. What a client has sent and
  // nobody has read yet goes with its connection. `give` must not throw, and is called by one thread at a time.
  void give_away(const std::function<void(TcpConnection)>& give);
  // What its threads have answered. From any thread.
  void add_to(answer::Counts& sum) const noexcept;
  // Of its threads, for the query log; valid as long as the server.
  [[nodiscard]] std::vector<answer::QueryTap*> taps() const;
  // From any thread.
  [[nodiscard]] TcpConnections::Counts connections() const { return connections_.counts(); }

 private:
  void join();

  std::vector<Endpoint> bound_;
  std::vector<std::uint64_t> seen_turns_;  // of each worker, by makes_progress()
  std::atomic<std::size_t> adopted_ = 0;
  TcpConnections connections_;  // of all workers
  std::vector<std::unique_ptr<TcpWorker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace rhumb::transport

// One thread's share of DNS over TCP: its listening sockets and the connections that came in there.
//
// The loop is epoll_wait(2), level-triggered, and what TcpExchange does with each connection that is ready. Connections
// stand in a list by their last query, and the wait ends when the first of them has been idle for too long: there is no
// timer that ticks, and ten thousand idle connections cost no CPU time.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/published.hpp"
#include "transport/tcp_connections.hpp"
#include "transport/tcp_exchange.hpp"
#include "transport/tcp_session.hpp"

namespace rhumb::transport {

class TcpWorker {
 public:
  using Workers = std::vector<std::unique_ptr<TcpWorker>>;

  // `snapshot` and `connections` must outlive it. Throws std::system_error.
  TcpWorker(const Published<answer::Snapshot>& snapshot, std::uint64_t seed, const TcpLimits& limits,
            TcpConnections& connections);

  // Takes a socket that listens and does not block. Before run(). Throws std::system_error.
  void take(Descriptor listener);
  // Answers until stop(). `workers` are all that share `connections`; they must live until it returns.
  void run(const Workers& workers);
  // From any thread.
  void stop() noexcept;
  [[nodiscard]] const answer::Counters& counters() const noexcept { return exchange_.counters(); }

 private:
  using Clock = TcpSession::Clock;
  using Sessions = std::list<TcpSession>;

  static constexpr auto kNever = std::numeric_limits<Clock::rep>::max();  // where there is no connection

  void turn();
  void serve_ready(std::span<const epoll_event> events);
  void serve(TcpSession& session, const TcpExchange::Turn& turn);
  void end(Sessions::iterator session) noexcept;
  void forget_ended();

  void accept_ready();
  void accept_from(const TcpWatched& listener);
  void admit(Descriptor connected, const IpAddress& client);
  void pause_accepting();
  void resume_accepting();

  void make_room() noexcept;
  void close_one() noexcept;  // from any thread
  void close_as_asked() noexcept;
  void close_idle() noexcept;
  void wake() noexcept;  // from any thread

  bool watch(TcpWatched& watched, int operation, std::uint32_t events) noexcept;
  [[nodiscard]] int patience_ms() const noexcept;

  const Published<answer::Snapshot>& snapshot_;
  TcpLimits limits_;
  TcpConnections& connections_;
  TcpExchange exchange_;
  const Workers* workers_ = nullptr;

  Descriptor epoll_;
  TcpWatched waker_;  // an eventfd
  std::list<TcpWatched> listeners_;
  std::vector<const TcpWatched*> ready_listeners_;  // of this turn
  std::optional<Clock::time_point> accept_again_;   // while accepting pauses
  Sessions sessions_;                               // by last_query, the most idle first
  Sessions ended_;                                  // in this turn
  Clock::time_point now_ = Clock::now();            // of this turn

  std::atomic<bool> stopping_ = false;
  std::atomic<unsigned> to_close_ = 0;                // so many of the most idle ones are to go
  std::atomic<Clock::rep> most_idle_since_ = kNever;  // the first of sessions_
};

}  // namespace rhumb::transport

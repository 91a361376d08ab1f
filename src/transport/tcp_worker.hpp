// One thread's share of DNS over TCP: its listening sockets and the connections that came in there.
//
// The loop is epoll_wait(2), level-triggered, and what TcpExchange does with each connection that is ready. Connections
// stand in a list by their last query, and the wait ends when the first of them has been idle for too long: there is no
// timer that ticks, and ten thousand idle connections cost no CPU time.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/published.hpp"
#include "transport/tcp_connection.hpp"
#include "transport/tcp_connections.hpp"
#include "transport/tcp_exchange.hpp"
#include "transport/tcp_session.hpp"

namespace rhumb::transport {

class TcpWorker {
 public:
  using Workers = std::vector<std::unique_ptr<TcpWorker>>;
  using Give = std::function<void(TcpConnection)>;

  // `snapshot` and `connections` must outlive it. Throws std::system_error.
  TcpWorker(const Published<answer::Snapshot>& snapshot, std::uint64_t seed, const TcpLimits& limits,
            TcpConnections& connections);

  // Takes a socket that listens and does not block. Before run(). Throws std::system_error.
  void take(Descriptor listener);
  // Answers until stop(). `workers` are all that share `connections`; they must live until it returns.
  void run(const Workers& workers);
  // From any thread.
  void stop() noexcept;
  // Serves a connection that another server has given away. From any thread.
  void adopt(TcpConnection connection);
  // Accepts no more and gives away what connections there are, each once nothing waits for its client; run() returns
  // when none is left. From any thread; `give` is called by the one of run(), and must live until that returns.
  void give_away(const Give& give) noexcept;
  // How often it has come round. From any thread; wake() makes it do so once more.
  [[nodiscard]] std::uint64_t turns() const noexcept { return turns_.load(std::memory_order_relaxed); }
  void wake() noexcept;
  // Those that listen. Not after give_away().
  [[nodiscard]] std::vector<int> sockets() const;
  [[nodiscard]] const answer::Counters& counters() const noexcept { return exchange_.counters(); }
  [[nodiscard]] answer::QueryTap& tap() noexcept { return exchange_.tap(); }

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
  TcpSession* admit(Descriptor connected, const IpAddress& client);
  void pause_accepting();
  void resume_accepting();

  void admit_adopted();
  void give_connections_away(const Give& give);
  void stop_listening() noexcept;

  void make_room() noexcept;
  void close_one() noexcept;  // from any thread
  void close_as_asked() noexcept;
  void close_idle() noexcept;

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

  std::mutex adopted_mutex_;
  std::vector<TcpConnection> adopted_;         // not served yet
  std::atomic<bool> has_adopted_ = false;      // there may be some
  std::atomic<const Give*> giving_ = nullptr;  // since give_away()

  std::atomic<std::uint64_t> turns_ = 0;  // one writer

  std::atomic<bool> stopping_ = false;
  std::atomic<unsigned> to_close_ = 0;                // so many of the most idle ones are to go
  std::atomic<Clock::rep> most_idle_since_ = kNever;  // the first of sessions_
};

}  // namespace rhumb::transport

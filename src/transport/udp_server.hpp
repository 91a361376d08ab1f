// DNS over UDP: the hot path.
//
// Each thread has a socket of its own on the address (SO_REUSEPORT; the kernel spreads clients over them) and shares
// nothing with the others but the snapshot. A turn is one recvmmsg, an answer for each datagram written over its query,
// one sendmmsg: two system calls for up to kBatch queries, no allocation, no lock. The thread blocks in recvmmsg,
// offline for RCU, so an idle thread holds no snapshot back.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "answer/counters.hpp"
#include "answer/query_tap.hpp"
#include "answer/snapshot.hpp"
#include "base/ip_address.hpp"
#include "base/published.hpp"
#include "transport/bound_sockets.hpp"
#include "transport/rate_limiter.hpp"

namespace rhumb::transport {

class UdpWorker;

// What the outside can ask for, and what came of it; summed over the threads.
struct UdpCounts {
  std::uint64_t received = 0;
  std::uint64_t answered = 0;
  std::uint64_t limited = 0;  // were over the rate limit
};

class UdpServer {
 public:
  // Binds `threads` ≥ 1 sockets on each endpoint and starts a thread for each. A port of 0 is chosen by the kernel.
  // Throws std::system_error that names the endpoint; then nothing runs. `snapshot` must outlive the server; `seed`
  // seeds the random numbers of the answers. `bound`, unless it is null, has sockets that are taken instead (and a
  // thread for each, should they be more).
  UdpServer(std::span<const Endpoint> endpoints, unsigned threads, const Published<answer::Snapshot>& snapshot,
            std::uint64_t seed, const RateLimits& limits = {}, BoundSockets* bound = nullptr);
  // As stop().
  ~UdpServer();
  UdpServer(const UdpServer&) = delete;
  UdpServer& operator=(const UdpServer&) = delete;

  // Where it listens, in the order of the endpoints given.
  [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept { return bound_; }
  // From any thread.
  [[nodiscard]] UdpCounts counts() const noexcept;
  // Those that it reads from, whoever else does.
  [[nodiscard]] std::vector<int> sockets() const;
  // False when a thread has read nothing since the last call although queries waited for it then and do now. From one
  // thread.
  [[nodiscard]] bool makes_progress() noexcept;
  // Reads no more; returns when what has been received is answered. What waits in the sockets stays there: another
  // process that has them, too, is not disturbed.
  void stop();
  // What its threads have answered. From any thread.
  void add_to(answer::Counts& sum) const noexcept;
  // Of its threads, for the query log; valid as long as the server.
  [[nodiscard]] std::vector<answer::QueryTap*> taps() const;

 private:
  // What makes_progress() has seen of a worker.
  struct Seen {
    std::uint64_t received = 0;
    bool had_waiting = false;
  };

  std::vector<Endpoint> bound_;
  std::vector<Seen> seen_;                // in the order of the workers
  std::unique_ptr<RateLimiter> limiter_;  // shared by the workers; null: no limit
  std::vector<std::unique_ptr<UdpWorker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace rhumb::transport

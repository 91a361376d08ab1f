// One thread's share of a UDP address.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/published.hpp"
#include "transport/answerer.hpp"
#include "transport/socket.hpp"
#include "transport/udp_server.hpp"

namespace rhumb::transport {

// Datagrams a system call. Between 8 and 32 makes no difference in throughput; 32 bounds the wait of the first.
inline constexpr std::size_t kBatch = 32;
// The largest query that is read; what is longer is dropped. A response is written over its query.
inline constexpr std::size_t kQueryMax = dns::kUdpPayloadMax;

// Runs on one thread; what is not run() or turn() may be called from another.
class UdpWorker {
 public:
  // Takes a bound socket. Throws std::system_error when the kernel refuses an option. `limiter` may be null; it must
  // outlive the worker.
  UdpWorker(Descriptor socket, const Published<answer::Snapshot>& snapshot, std::uint64_t seed, RateLimiter* limiter);

  // Answers until stop().
  void run() noexcept;
  // One turn of run(): blocks for a first datagram, and answers it and those behind it. Needs a ReaderThread on this
  // thread.
  void turn() noexcept;
  // The last turn is the one that is on. When it waits, a signal must end that.
  void stop() noexcept { stopping_.store(true, std::memory_order_relaxed); }
  // run() is at its end.
  [[nodiscard]] bool has_stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }
  [[nodiscard]] UdpCounts counts() const noexcept;
  [[nodiscard]] int socket() const noexcept { return socket_.get(); }
  // A query waits for it now.
  [[nodiscard]] bool has_waiting() const noexcept;
  [[nodiscard]] const answer::Counters& counters() const noexcept { return answerer_.counters(); }
  [[nodiscard]] answer::QueryTap& tap() noexcept { return answerer_.tap(); }

 private:
  // The ancillary data of one datagram: the address that was asked, so that the answer comes from it.
  union Control {
    cmsghdr alignment;
    std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> octets;
  };

  // When a batch was received.
  struct Now {
    std::uint32_t unix_s;
    std::uint64_t steady_us;
  };

  void prepare() noexcept;
  [[nodiscard]] int receive() noexcept;
  [[nodiscard]] unsigned answer_batch(unsigned received) noexcept;
  [[nodiscard]] std::size_t answer_one(const answer::Snapshot& snapshot, std::size_t slot, const Now& now) noexcept;
  [[nodiscard]] answer::Limit limit(const IpAddress& client, const Now& now) noexcept;
  void queue_response(unsigned place, std::size_t slot, std::size_t size) noexcept;
  void send(unsigned count) noexcept;

  Descriptor socket_;
  const Published<answer::Snapshot>& snapshot_;
  Answerer answerer_;
  RateLimiter* limiter_;
  Family family_;       // of the address that it is bound to, and so of all clients
  bool needs_control_;  // bound to a wildcard: which address was asked is not known otherwise
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::uint64_t> received_ = 0;  // one writer
  std::atomic<std::uint64_t> answered_ = 0;
  std::atomic<std::uint64_t> limited_ = 0;

  std::array<mmsghdr, kBatch> receiving_{};
  std::array<iovec, kBatch> receiving_buffers_{};
  std::array<mmsghdr, kBatch> sending_{};
  std::array<iovec, kBatch> sending_buffers_{};
  std::array<SocketAddress, kBatch> clients_{};
  std::array<Control, kBatch> controls_{};
  std::array<answer::Summary, kBatch> summaries_{};
  std::array<std::array<std::uint8_t, kQueryMax>, kBatch> buffers_{};
};

}  // namespace rhumb::transport

// Clients who ask without a pause and know of each query whether it was answered.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "base/ip_address.hpp"

namespace rhumb::test {

// From construction to stop(), on a thread of its own.
class QueryLoad {
 public:
  // Over UDP: from `kSockets` ports, with kWindow queries in flight from each, `rate` a second in all at the most.
  // Over TCP: on kConnections connections, with kPipeline queries in flight on each; and now and again a new one that
  // asks one query.
  enum class Over : std::uint8_t { udp, tcp };

  static constexpr std::size_t kSockets = 8;
  static constexpr std::size_t kWindow = 16;  // 128 altogether: what fits into any socket's buffer
  static constexpr std::size_t kConnections = 8;
  static constexpr std::size_t kPipeline = 4;

  QueryLoad(Over over, const Endpoint& server, double rate);
  ~QueryLoad();
  QueryLoad(const QueryLoad&) = delete;
  QueryLoad& operator=(const QueryLoad&) = delete;

  // Asks no more and waits for what is not answered yet, for at most kPatience.
  void stop();

  [[nodiscard]] std::uint64_t asked() const noexcept { return asked_; }
  [[nodiscard]] std::uint64_t answered() const noexcept { return answered_; }
  // Connections that the server has closed, or not taken. After stop().
  [[nodiscard]] std::uint64_t broken_connections() const noexcept { return broken_; }

 private:
  void ask_over_udp();
  void ask_over_tcp();
  void ask_once_over_tcp();
  // False while the rate does not allow another one.
  [[nodiscard]] bool may_ask() const;

  Endpoint server_;
  double rate_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> asked_ = 0;
  std::atomic<std::uint64_t> answered_ = 0;
  std::atomic<std::uint64_t> broken_ = 0;
  std::thread thread_;
};

}  // namespace rhumb::test

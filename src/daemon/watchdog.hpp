// Tells the service manager that the server lives, for as long as those who answer make progress. On a thread of its
// own, since the main thread may load for minutes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace rhumb::daemon {

class Watchdog {
 public:
  // Three times in each `interval`: `tell()` if `is_well()`, both from the watchdog's thread.
  Watchdog(std::chrono::microseconds interval, std::function<bool()> is_well, std::function<void()> tell);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void run();

  std::chrono::microseconds interval_;
  std::function<bool()> is_well_;
  std::function<void()> tell_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace rhumb::daemon

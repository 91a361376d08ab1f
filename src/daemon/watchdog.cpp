#include "daemon/watchdog.hpp"

#include <pthread.h>

#include <utility>

namespace rhumb::daemon {

Watchdog::Watchdog(std::chrono::microseconds interval, std::function<bool()> is_well, std::function<void()> tell)
    : interval_(interval), is_well_(std::move(is_well)), tell_(std::move(tell)), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "rhumb-watchdog");
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    if (is_well_()) tell_();
    changed_.wait_for(lock, interval_ / 3, [this] { return is_stopping_; });
  }
}

}  // namespace rhumb::daemon

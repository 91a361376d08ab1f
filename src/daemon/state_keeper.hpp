// Keeps what the monitor knows on disk, as it changes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>

#include "health/monitor.hpp"

namespace rhumb::daemon {

class StateKeeper {
 public:
  // A file that cannot be written is complained of once in this time.
  static constexpr std::chrono::minutes kQuiet{1};

  // Without a file it keeps nothing. `monitor` must outlive it.
  StateKeeper(std::optional<std::filesystem::path> file, health::Monitor& monitor)
      : file_(std::move(file)), monitor_(monitor) {}

  [[nodiscard]] bool has_file() const noexcept { return file_.has_value(); }
  // Returns when what has changed since the last time is on disk, or has been complained of in the log. From any thread
  // but the monitor's.
  void keep();

 private:
  std::optional<std::filesystem::path> file_;
  health::Monitor& monitor_;
  std::mutex mutex_;
  std::uint64_t kept_revision_ = 0;
  std::chrono::steady_clock::time_point complaint_due_ = std::chrono::steady_clock::time_point::min();
};

}  // namespace rhumb::daemon

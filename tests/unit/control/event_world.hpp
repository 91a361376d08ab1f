// What tests of hooks, webhooks and sinks share: a log in memory, and settings for what they tell.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "control/event_sinks.hpp"
#include "support/wait_until.hpp"

namespace rhumb::control {

// Keeps what is logged, from any thread.
class MemoryLog {
 public:
  [[nodiscard]] EventSinks::Log log() {
    return {[this](const Notice& notice, const std::string& json) {
              const std::lock_guard lock(mutex_);
              notices_.push_back(to_text(notice));
              lines_.push_back(json);
            },
            [this](const std::string& text) {
              const std::lock_guard lock(mutex_);
              troubles_.push_back(text);
            }};
  }

  [[nodiscard]] std::vector<std::string> notices() const { return copy(notices_); }
  [[nodiscard]] std::vector<std::string> lines() const { return copy(lines_); }
  [[nodiscard]] std::vector<std::string> troubles() const { return copy(troubles_); }

 private:
  [[nodiscard]] std::vector<std::string> copy(const std::vector<std::string>& texts) const {
    const std::lock_guard lock(mutex_);
    return texts;
  }

  mutable std::mutex mutex_;
  std::vector<std::string> notices_;
  std::vector<std::string> lines_;
  std::vector<std::string> troubles_;
};

[[nodiscard]] inline health::Event instance_down(const std::string& instance = "192.0.2.20") {
  return {.kind = health::Event::Kind::state,
          .severity = health::Event::Severity::warning,
          .at = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25),
          .service = "www.example.com",
          .region = "eu-west",
          .instance = instance,
          .from = "up",
          .to = "down",
          .evidence = "HTTP 503"};
}

// True when there are so many in the end.
[[nodiscard]] inline bool comes_to_deliver(const EventSinks& sinks, std::uint64_t number) {
  return test::wait_until([&] { return sinks.counts().total().delivered == number; });
}
[[nodiscard]] inline bool comes_to_fail(const EventSinks& sinks, std::uint64_t number) {
  return test::wait_until([&] { return sinks.counts().total().failed == number; });
}

}  // namespace rhumb::control

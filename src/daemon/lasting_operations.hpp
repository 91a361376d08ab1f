// The operator's calls, each of which is on disk before it returns: what somebody was told is so over a restart, too.
// While the server is being replaced they are refused, since what is said now would be forgotten by its successor.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "daemon/state_keeper.hpp"
#include "health/operations.hpp"

namespace rhumb::daemon {

class LastingOperations : public health::Operations {
 public:
  // Both must outlive it.
  LastingOperations(health::Operations& operations, StateKeeper& states) : operations_(operations), states_(states) {}

  [[nodiscard]] health::Status status() override { return operations_.status(); }
  [[nodiscard]] std::optional<std::string> set_override(health::Override word, bool force) override {
    return kept([&] { return operations_.set_override(std::move(word), force); });
  }
  [[nodiscard]] std::optional<std::string> clear_override(const health::Scope& scope) override {
    return kept([&] { return operations_.clear_override(scope); });
  }
  [[nodiscard]] std::optional<std::string> resume(const health::Scope& scope) override {
    return kept([&] { return operations_.resume(scope); });
  }
  [[nodiscard]] std::optional<std::string> report(const health::PushReport& report) override {
    return operations_.report(report);  // as fleeting as a probe
  }

  // After it nothing is accepted; what has been, has been done.
  void suspend() {
    const std::lock_guard lock(mutex_);
    is_suspended_ = true;
  }
  void go_on() {
    const std::lock_guard lock(mutex_);
    is_suspended_ = false;
  }

 private:
  template <typename Call>
  std::optional<std::string> kept(Call call) {
    const std::lock_guard lock(mutex_);
    if (is_suspended_) return "the server is just being replaced: say it again in a moment";
    std::optional<std::string> refused = call();
    if (!refused) states_.keep();
    return refused;
  }

  health::Operations& operations_;
  StateKeeper& states_;
  std::mutex mutex_;
  bool is_suspended_ = false;
};

}  // namespace rhumb::daemon

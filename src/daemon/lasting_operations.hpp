// The operator's calls, each of which is on disk before it returns: what somebody was told is so over a restart, too.
#pragma once

#include <optional>
#include <string>

#include "daemon/state_keeper.hpp"
#include "health/operations.hpp"

namespace rhumb::daemon {

class LastingOperations : public health::Operations {
 public:
  // Both must outlive it.
  LastingOperations(health::Operations& operations, StateKeeper& states) : operations_(operations), states_(states) {}

  [[nodiscard]] health::Status status() override { return operations_.status(); }
  [[nodiscard]] std::optional<std::string> set_override(health::Override word, bool force) override {
    return kept(operations_.set_override(std::move(word), force));
  }
  [[nodiscard]] std::optional<std::string> clear_override(const health::Scope& scope) override {
    return kept(operations_.clear_override(scope));
  }
  [[nodiscard]] std::optional<std::string> resume(const health::Scope& scope) override {
    return kept(operations_.resume(scope));
  }
  [[nodiscard]] std::optional<std::string> report(const health::PushReport& report) override {
    return operations_.report(report);  // as fleeting as a probe
  }

 private:
  std::optional<std::string> kept(std::optional<std::string> refused) {
    if (!refused) states_.keep();
    return refused;
  }

  health::Operations& operations_;
  StateKeeper& states_;
};

}  // namespace rhumb::daemon

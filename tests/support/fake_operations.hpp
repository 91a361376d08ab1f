// An engine of health that remembers what it was asked.
#pragma once

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "health/operations.hpp"

namespace rhumb::test {

// It keeps overrides and, as an engine does, refuses scopes that nothing is in. From any thread.
class FakeOperations : public health::Operations {
 public:
  FakeOperations() = default;
  explicit FakeOperations(health::Status status) : status_(std::move(status)) {}

  [[nodiscard]] health::Status status() override {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  [[nodiscard]] std::optional<std::string> set_override(health::Override word, bool force) override {
    const std::lock_guard lock(mutex_);
    if (const auto wrong = check_scope(word.scope, status_)) return wrong;
    if (is_careful_ && !force) return "it would leave www.example.com without a region; --force does it all the same";
    word.since = status_.now;
    forget(word.scope);
    status_.overrides.push_back(std::move(word));
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> clear_override(const health::Scope& scope) override {
    const std::lock_guard lock(mutex_);
    if (!forget(scope)) return "there is no override on " + to_text(scope);
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> resume(const health::Scope& scope) override {
    const std::lock_guard lock(mutex_);
    resumed_.push_back(scope);
    return check_scope(scope, status_);
  }

  [[nodiscard]] std::optional<std::string> report(const health::PushReport& report) override {
    const std::lock_guard lock(mutex_);
    reports_.push_back(report);
    return check_scope(report.scope, status_);
  }

  // From now on refuses what is not forced.
  void be_careful() {
    const std::lock_guard lock(mutex_);
    is_careful_ = true;
  }
  [[nodiscard]] std::vector<health::Override> overrides() { return status().overrides; }
  [[nodiscard]] std::vector<health::Scope> resumed() {
    const std::lock_guard lock(mutex_);
    return resumed_;
  }
  [[nodiscard]] std::vector<health::PushReport> reports() {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

 private:
  bool forget(const health::Scope& scope) {
    return std::erase_if(status_.overrides, [&](const health::Override& word) { return word.scope == scope; }) > 0;
  }

  std::mutex mutex_;
  health::Status status_;
  bool is_careful_ = false;
  std::vector<health::Scope> resumed_;
  std::vector<health::PushReport> reports_;
};

}  // namespace rhumb::test

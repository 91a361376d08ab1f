// A connection to the control channel of a running server.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "control/administration.hpp"
#include "health/operations.hpp"

namespace rhumb::control {

// Nobody could be asked, or there is no answer that can be read; then whether the call was made is not known, and the
// connection is of no use any more. what() says why, and what to do.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The server's operations, asked from afar. From one thread at a time. All calls throw Unreachable.
class ControlClient final : public health::Operations {
 public:
  // For connecting, and for each call.
  static constexpr std::chrono::milliseconds kPatience{10'000};
  // For a reload: databases of some size take seconds, on a busy machine minutes.
  static constexpr std::chrono::milliseconds kReloadPatience = std::chrono::minutes(30);

  // Connects. Throws Unreachable.
  explicit ControlClient(std::filesystem::path socket_file, std::chrono::milliseconds patience = kPatience);
  ~ControlClient() override;
  ControlClient(const ControlClient&) = delete;
  ControlClient& operator=(const ControlClient&) = delete;

  // Throws std::runtime_error when it is refused.
  [[nodiscard]] health::Status status() override;
  [[nodiscard]] std::optional<std::string> set_override(health::Override word, bool force) override;
  [[nodiscard]] std::optional<std::string> clear_override(const health::Scope& scope) override;
  [[nodiscard]] std::optional<std::string> resume(const health::Scope& scope) override;
  [[nodiscard]] std::optional<std::string> report(const health::PushReport& report) override;

  // Waits until everything is read anew, or that is refused. Throws std::runtime_error when it may not be asked for.
  [[nodiscard]] LoadReport reload(const ReloadOrder& order = {});

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace rhumb::control

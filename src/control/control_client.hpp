// A connection to the control channel of a running server.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "control/operations_json.hpp"

namespace rhumb::control {

// Nobody could be asked. what() says why, and what to do.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// From one thread at a time.
class ControlClient {
 public:
  // For connecting, and for each call.
  static constexpr std::chrono::milliseconds kPatience{10'000};

  // Connects. Throws Unreachable.
  explicit ControlClient(std::filesystem::path socket_file, std::chrono::milliseconds patience = kPatience);
  ~ControlClient();
  ControlClient(const ControlClient&) = delete;
  ControlClient& operator=(const ControlClient&) = delete;

  // Asks and waits for the response: what the server refuses stands in it. Throws Unreachable when there is none that
  // can be read; then whether the call was made is not known, and the connection is of no use any more.
  [[nodiscard]] Response call(const Request& request);

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace rhumb::control

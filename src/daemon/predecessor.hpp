// The running server that this process replaces.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "daemon/handover.hpp"
#include "transport/socket.hpp"

namespace rhumb::daemon {

class Predecessor {
 public:
  // At the other end of `channel`, a connected Unix stream socket that blocks.
  explicit Predecessor(transport::Descriptor channel) : channel_(std::move(channel)) {}
  // Waits for no more connections.
  ~Predecessor();
  Predecessor(const Predecessor&) = delete;
  Predecessor& operator=(const Predecessor&) = delete;

  // What it has. Throws HandoverError.
  [[nodiscard]] Legacy take();
  // This process serves. Returns when the other one has closed what only one can have. Throws HandoverError: it goes
  // on, and this process must end.
  void succeed();
  // Takes its TCP connections over, on a thread of its own, as long as there are any. `adopt` must not throw.
  void take_connections(std::function<void(transport::TcpConnection)> adopt);
  // Returns when the last connection has come.
  void await_connections();

 private:
  transport::Descriptor channel_;
  std::thread thread_;
};

}  // namespace rhumb::daemon

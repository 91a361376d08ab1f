// The control channel: a Unix socket on which operators ask for status and give their word.
//
// Who may connect is who may write to the socket file: its owner and group. One thread runs all connections and makes
// the calls, one after the other; it shares nothing with the threads that answer queries. A client that is slow, silent
// or hostile costs a connection and the time until its deadline, and blocks nobody. Only the first octets of what a
// client sends are ever kept (kRequestMax).
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "control/operations_json.hpp"
#include "control/socket_path.hpp"
#include "health/operations.hpp"

namespace rhumb::control {

struct ControlLimits {
  // At more connections than this the one that has waited longest for a request is closed. People and scripts keep few.
  std::size_t connections = 64;
  // From the start of a connection, or a response, to the end of the next request. Pieces of one do not count.
  std::chrono::milliseconds idle{60'000};
  // Until a client has taken a response.
  std::chrono::milliseconds write{10'000};
};

// Makes the call. A request without an owner is `user`'s. Never throws: what fails, fails the response.
[[nodiscard]] Response perform(health::Operations& operations, Request request, const std::string& user) noexcept;

class ControlServer {
 public:
  // Listens on `socket_file`, a path of at most kSocketPathMax octets, with mode 0660 from its first moment on, and
  // starts the thread. A file that a dead server has left is replaced; one of a live server is an error, and so is
  // anything that is no socket. Throws std::system_error that says so. `operations` must outlive the server.
  // `take_over` gets the connection of who asks for a handover: a blocking Unix socket, its own to close. It is called
  // on the server's thread and must not wait. Empty: nobody may have it.
  ControlServer(std::filesystem::path socket_file, health::Operations& operations, ControlLimits limits = {},
                std::function<void(int descriptor)> take_over = {});
  // Closes all connections, after the call that is being made, and removes the file if it is still this server's.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  class Loop;

  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace rhumb::control

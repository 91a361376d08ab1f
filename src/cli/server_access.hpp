// How a command reaches the running server, and what it says of itself there.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "control/control_client.hpp"

namespace rhumb::cli {

struct ServerAddress {
  std::filesystem::path config_file;      // names the socket
  std::filesystem::path socket = {};      // if not empty, instead
  std::string url = {};                   // if not empty, instead of both: "https://ns1.example.com:8053"
  std::filesystem::path token_file = {};  // has the token for that; empty: RHUMB_TOKEN in the environment has, if any
  bool is_running = false;                // of commands that can do without a server: ask it all the same

  // Of those commands: whether one is asked.
  [[nodiscard]] bool is_asked() const noexcept { return is_running || !socket.empty() || !url.empty(); }
};

// The Unix socket of the server. Throws std::runtime_error that says what to do when that cannot be told.
[[nodiscard]] std::filesystem::path socket_of(const ServerAddress& address);

// Throws std::runtime_error that says what to do when there is no server to be asked.
[[nodiscard]] std::unique_ptr<control::ControlClient> connect(const ServerAddress& address);

// `scope` with its names as the server writes them: "WWW.Example.com." is www.example.com.
[[nodiscard]] health::Scope canonical(health::Scope scope);
[[nodiscard]] std::string canonical_service(const std::string& name);

// Who gives the command: who called sudo, else who is logged in; empty when the system does not know.
[[nodiscard]] std::string login_name();

}  // namespace rhumb::cli

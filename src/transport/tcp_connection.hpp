// A client's connection between two messages, as one process gives it to the next: all that it is besides its socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "transport/socket.hpp"

namespace rhumb::transport {

struct TcpConnection {
  Descriptor socket;
  std::vector<std::uint8_t> begun;  // of a message that has come in part, with its length
  std::chrono::milliseconds age{0};
};

}  // namespace rhumb::transport

// Messages between two processes, over a Unix stream socket that blocks: what kind, octets, and at most one descriptor
// (SCM_RIGHTS).
//
// One descriptor a message, since the kernel takes no more than 253 at once and a server has more; a message costs 5
// µs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "transport/socket.hpp"

namespace rhumb::daemon {

// The other process is gone, silent, or says what it should not. what() says it for people.
class HandoverError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Frame {
  std::uint8_t kind = 0;
  std::string body;
  transport::Descriptor descriptor;  // −1: it came with none
};

// From now on a call on `fd` that gets no further for this long fails; 0: never.
void set_patience(int fd, std::chrono::seconds patience);

// Both throw HandoverError, and then `fd` is of no use any more. The receiver gets a descriptor of his own of what
// `descriptor` is; −1: none. A body of more than `body_max` octets is refused before it is read.
void write_frame(int fd, std::uint8_t kind, std::string_view body, int descriptor = -1);
[[nodiscard]] Frame read_frame(int fd, std::size_t body_max);

}  // namespace rhumb::daemon

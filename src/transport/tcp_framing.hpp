// Messages in a TCP stream: each behind its length in two octets (RFC 1035 §4.2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace rhumb::transport {

inline constexpr std::size_t kLengthSize = 2;

// Cuts a stream, as it is read piece by piece, into whole messages. A message that lies in one piece, as nearly all do,
// is given back where it lies; only of one that is cut off are the octets kept, each copied once. Memory is bounded by
// that one message, and grows with what has come of it, not with what it announces.
class TcpFraming {
 public:
  // Memory up to this is kept for the next message that is cut off: a client that sends the length and the message
  // apart costs no allocation for each. Nearly all queries fit.
  static constexpr std::size_t kKept = 256;

  // The next whole message, which may be empty, when one ends in `read`, the octets that follow those given before.
  // What has been used of `read` is taken off its front: all of it when there is no message. The message is valid until
  // the next call, and as long as `read`.
  [[nodiscard]] std::optional<Bytes> next(Bytes& read);

  // Of the message that is cut off what has come so far, with its length; valid until the next call. Another TcpFraming
  // goes on from there when it reads these octets first.
  [[nodiscard]] Bytes begun() const noexcept;

  // Octets of memory that it holds.
  [[nodiscard]] std::size_t capacity() const noexcept { return partial_.capacity(); }

 private:
  // Moves octets of `read` to the message until that has `size`; true when it has.
  [[nodiscard]] bool fill_up(std::size_t size, Bytes& read);
  void forget_whole();

  std::vector<std::uint8_t> partial_;  // a message that is cut off, with its length; or the one that next() gave
};

}  // namespace rhumb::transport

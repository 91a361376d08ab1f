// Messages in a TCP stream: each behind its length in two octets (RFC 1035 §4.2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace rhumb::transport {

inline constexpr std::size_t kLengthSize = 2;

// Collects the octets of a stream and gives them back as whole messages. Its memory is bounded by one message and one
// read; it grows beyond `kReadSize` only for a client that announces more.
class TcpFraming {
 public:
  // Most queries fit in 100 octets; a pipelining resolver sends some dozen of them in one segment.
  static constexpr std::size_t kReadSize = 1'024;

  // Room for the next octets of the stream; at least one. Invalidates what next() returned.
  [[nodiscard]] MutableBytes room();
  // `size` octets were put into room().
  void received(std::size_t size) noexcept { end_ += size; }
  // The next whole message, if there is one; may be empty. Valid until room().
  [[nodiscard]] std::optional<Bytes> next() noexcept;

 private:
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;  // of what next() has not returned yet
  std::size_t end_ = 0;    // of what was received
};

}  // namespace rhumb::transport

// Echo requests and replies (RFC 792, RFC 4443 §4) as bytes.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/ip_address.hpp"

namespace rhumb::health {

// What one request has and its reply repeats. The token tells it from those of other programs, and of earlier probes,
// even if they chose the same numbers.
struct Echo {
  std::uint16_t identifier = 0;
  std::uint16_t sequence = 0;
  std::array<std::uint8_t, 16> token = {};
};

inline constexpr std::size_t kEchoSize = 8 + sizeof(Echo::token);
using EchoMessage = std::array<std::uint8_t, kEchoSize>;

// With its checksum, if the family is IPv4; over IPv6 the kernel adds it.
[[nodiscard]] EchoMessage write_echo_request(Family family, const Echo& echo);

// Whether `message`, an ICMP message without an IP header, is the reply to `echo`.
[[nodiscard]] bool is_reply_to(Family family, const Echo& echo, Bytes message);

// What follows the IPv4 header that raw sockets deliver; empty if it is none.
[[nodiscard]] Bytes without_ipv4_header(Bytes datagram);

}  // namespace rhumb::health

#include "health/echo_message.hpp"

#include <algorithm>

namespace rhumb::health {
namespace {

constexpr std::uint8_t kRequestV4 = 8;
constexpr std::uint8_t kReplyV4 = 0;
constexpr std::uint8_t kRequestV6 = 128;
constexpr std::uint8_t kReplyV6 = 129;
constexpr std::size_t kTokenAt = 8;

EchoMessage write(std::uint8_t type, const Echo& echo) {
  EchoMessage message{};
  message[0] = type;
  message[4] = static_cast<std::uint8_t>(echo.identifier >> 8);
  message[5] = static_cast<std::uint8_t>(echo.identifier);
  message[6] = static_cast<std::uint8_t>(echo.sequence >> 8);
  message[7] = static_cast<std::uint8_t>(echo.sequence);
  std::ranges::copy(echo.token, message.begin() + kTokenAt);
  return message;
}

// RFC 1071
std::uint16_t checksum(const EchoMessage& message) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < message.size(); i += 2)
    sum += static_cast<std::uint32_t>(message[i] << 8 | message[i + 1]);
  sum = (sum & 0xFFFFU) + (sum >> 16);
  sum += sum >> 16;
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

EchoMessage write_echo_request(Family family, const Echo& echo) {
  if (family == Family::v6) return write(kRequestV6, echo);
  EchoMessage message = write(kRequestV4, echo);
  const std::uint16_t sum = checksum(message);
  message[2] = static_cast<std::uint8_t>(sum >> 8);
  message[3] = static_cast<std::uint8_t>(sum);
  return message;
}

bool is_reply_to(Family family, const Echo& echo, Bytes message) {
  const EchoMessage expected = write(family == Family::v6 ? kReplyV6 : kReplyV4, echo);
  if (message.size() != expected.size()) return false;
  // The kernel has verified the checksum, which is between the two parts.
  return std::equal(expected.begin(), expected.begin() + 2, message.begin()) &&
         std::equal(expected.begin() + 4, expected.end(), message.begin() + 4);
}

Bytes without_ipv4_header(Bytes datagram) {
  if (datagram.empty()) return {};
  const std::size_t size = static_cast<std::size_t>(datagram[0] & 0x0F) * 4;  // RFC 791 §3.1: IHL
  return size <= datagram.size() ? datagram.subspan(size) : Bytes{};
}

}  // namespace rhumb::health

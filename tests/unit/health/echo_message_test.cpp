#include "health/echo_message.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

Echo sample() {
  Echo echo{0x1234, 0x5678, {}};
  std::iota(echo.token.begin(), echo.token.end(), std::uint8_t{0xA0});
  return echo;
}

EchoMessage reply_to(Family family, const Echo& echo) {
  EchoMessage message = write_echo_request(family, echo);
  message[0] = family == Family::v4 ? 0 : 129;
  return message;
}

TEST(EchoMessage, IsWrittenAsTheRfcsSay) {
  const EchoMessage v4 = write_echo_request(Family::v4, sample());
  EXPECT_EQ(v4[0], 8);
  EXPECT_EQ(v4[1], 0);
  EXPECT_EQ(v4[4], 0x12);
  EXPECT_EQ(v4[5], 0x34);
  EXPECT_EQ(v4[6], 0x56);
  EXPECT_EQ(v4[7], 0x78);
  EXPECT_TRUE(std::ranges::equal(sample().token, std::span(v4).subspan(8)));
  EXPECT_EQ(write_echo_request(Family::v6, sample())[0], 128);
}

// RFC 1071: with the checksum, the sum of all words is all ones.
TEST(EchoMessage, HasAChecksumOverIpv4) {
  for (unsigned seed = 0; seed < 256; ++seed) {
    Echo echo = sample();
    echo.identifier = static_cast<std::uint16_t>(seed * 257);
    echo.token.fill(static_cast<std::uint8_t>(seed));
    const EchoMessage message = write_echo_request(Family::v4, echo);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < message.size(); i += 2)
      sum += static_cast<std::uint32_t>(message[i] << 8 | message[i + 1]);
    while (sum > 0xFFFF)
      sum = (sum & 0xFFFF) + (sum >> 16);
    EXPECT_EQ(sum, 0xFFFFU) << seed;
  }
}

TEST(EchoMessage, IsAnsweredByItsReplyOnly) {
  for (const Family family : {Family::v4, Family::v6}) {
    const EchoMessage reply = reply_to(family, sample());
    EXPECT_TRUE(is_reply_to(family, sample(), reply));
    for (std::size_t i = 0; i < reply.size(); ++i) {
      EchoMessage other = reply;
      other[i] ^= 1;
      const bool is_checksum = i == 2 || i == 3;  // the kernel's matter
      EXPECT_EQ(is_reply_to(family, sample(), other), is_checksum) << i;
    }
    EXPECT_FALSE(is_reply_to(family, sample(), Bytes(reply).first(reply.size() - 1)));
    EXPECT_FALSE(is_reply_to(family, sample(), {}));
    EXPECT_FALSE(is_reply_to(family, sample(), write_echo_request(family, sample()))) << "the request itself";
  }
}

TEST(EchoMessage, IsFoundBehindAHeader) {
  std::vector<std::uint8_t> datagram(24 + 4, 7);
  datagram[0] = 0x46;  // with an option
  EXPECT_EQ(without_ipv4_header(datagram).size(), 4U);
  EXPECT_EQ(without_ipv4_header(Bytes(datagram).first(24)).size(), 0U);
  EXPECT_EQ(without_ipv4_header(Bytes(datagram).first(23)).size(), 0U);
  EXPECT_EQ(without_ipv4_header({}).size(), 0U);
}

}  // namespace
}  // namespace rhumb::health

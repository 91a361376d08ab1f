#include "transport/tcp_framing.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace rhumb::transport {
namespace {

using Message = std::vector<std::uint8_t>;

Message message_of(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  Message message(size);
  std::ranges::generate(message, [&] { return static_cast<std::uint8_t>(random()); });
  return message;
}

// Feeds `stream` in pieces of at most `piece` octets and returns the messages that come out.
std::vector<Message> messages_of(Bytes stream, std::size_t piece) {
  TcpFraming framing;
  std::vector<Message> messages;
  while (!stream.empty()) {
    const MutableBytes room = framing.room();
    const std::size_t size = std::min({piece, room.size(), stream.size()});
    EXPECT_GT(size, 0U);
    std::copy_n(stream.begin(), size, room.begin());
    framing.received(size);
    stream = stream.subspan(size);
    while (const auto message = framing.next())
      messages.emplace_back(message->begin(), message->end());
  }
  return messages;
}

TEST(TcpFraming, FindsTheMessagesHoweverTheStreamIsCut) {
  std::vector<Message> expected;
  Message stream;
  std::uint32_t seed = 0;
  for (const std::size_t size : {0U, 1U, 29U, 1'021U, 1'022U, 1'023U, 1'024U, 5'000U, 65'535U, 12U, 0U, 40U}) {
    expected.push_back(message_of(size, seed++));
    stream.push_back(static_cast<std::uint8_t>(size >> 8));
    stream.push_back(static_cast<std::uint8_t>(size));
    stream.insert(stream.end(), expected.back().begin(), expected.back().end());
  }
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 512U, 1'024U, 100'000U}) {
    EXPECT_EQ(messages_of(stream, piece), expected) << piece;
  }
}

TEST(TcpFraming, KeepsNoMoreThanOneMessageNeeds) {
  TcpFraming framing;
  EXPECT_EQ(framing.room().size(), TcpFraming::kReadSize);
  framing.room()[0] = 0xFF;
  framing.room()[1] = 0xFF;
  framing.received(2);
  EXPECT_FALSE(framing.next());
  EXPECT_EQ(framing.room().size(), 65'535U);
}

}  // namespace
}  // namespace rhumb::transport

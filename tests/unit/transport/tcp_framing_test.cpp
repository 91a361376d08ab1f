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
    Bytes read = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(read.size());
    while (const auto message = framing.next(read))
      messages.emplace_back(message->begin(), message->end());
    EXPECT_TRUE(read.empty());
  }
  return messages;
}

// The beginning of a message that announces `size` octets.
Message beginning(std::uint16_t size, std::size_t octets) {
  Message message(kLengthSize + octets);
  store_u16(message.data(), size);
  return message;
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

TEST(TcpFraming, AMessageThatIsWholeIsNotCopied) {
  TcpFraming framing;
  const Message stream = beginning(5, 5);
  Bytes read(stream);
  const auto message = framing.next(read);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->data(), stream.data() + kLengthSize);
  EXPECT_FALSE(framing.next(read));
  EXPECT_EQ(framing.capacity(), 0U);
}

TEST(TcpFraming, MemoryGrowsWithWhatHasComeAndNotWithWhatIsAnnounced) {
  TcpFraming framing;
  std::size_t received = kLengthSize;
  const Message head = beginning(0xFFFF, 0);
  Bytes read(head);
  EXPECT_FALSE(framing.next(read));
  for (const Message piece(1'000); received + piece.size() < kLengthSize + 0xFFFF; received += piece.size()) {
    EXPECT_LE(framing.capacity(), std::max(TcpFraming::kKept, 2 * received));
    read = piece;
    EXPECT_FALSE(framing.next(read));
  }
  EXPECT_LE(framing.capacity(), kLengthSize + 0xFFFF);
}

TEST(TcpFraming, MemoryOfALargeMessageIsGivenBackAndThatOfASmallOneKept) {
  TcpFraming framing;
  for (const std::uint16_t size : {std::uint16_t{100}, std::uint16_t{10'000}}) {
    const Message head = beginning(size, 1);
    Bytes read(head);
    EXPECT_FALSE(framing.next(read));
    const Message rest(size - 1U);
    read = rest;
    EXPECT_TRUE(framing.next(read));
    EXPECT_FALSE(framing.next(read));
    EXPECT_EQ(framing.capacity(), size == 100 ? TcpFraming::kKept : 0);
  }
}

}  // namespace
}  // namespace rhumb::transport

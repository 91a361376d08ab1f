#include "dns/anonymous.hpp"

#include <random>

#include <gtest/gtest.h>

#include "support/message_bytes.hpp"

namespace rhumb::dns {
namespace {

constexpr KeptBits kKept{20, 44};

Message with_options(const Message& options) {
  Message message = query_message("www.example.com", type::kA);
  append_opt(message, options);
  return message;
}

TEST(Anonymous, CutsSubnetsAndClearsCookies) {
  Message options = client_subnet_option(1, 32, {203, 0, 113, 77}, 24);
  const Message cookie{0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
  options.insert(options.end(), cookie.begin(), cookie.end());
  const Message subnet = client_subnet_option(2, 56, {0x20, 0x01, 0x0D, 0xB8, 0xAB, 0xFF, 0xFF});
  options.insert(options.end(), subnet.begin(), subnet.end());
  options.insert(options.end(), {0, 3, 0, 2, 'i', 'd'});

  Message expected = client_subnet_option(1, 32, {203, 0, 112, 0}, 24);
  expected.insert(expected.end(), {0, 10, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0});
  const Message cut = client_subnet_option(2, 56, {0x20, 0x01, 0x0D, 0xB8, 0xAB, 0xF0, 0});
  expected.insert(expected.end(), cut.begin(), cut.end());
  expected.insert(expected.end(), {0, 3, 0, 2, 'i', 'd'});

  Message message = with_options(options);
  EXPECT_TRUE(make_anonymous(message, kKept));
  EXPECT_EQ(message, with_options(expected));
}

TEST(Anonymous, LeavesTheRestAsItIs) {
  const Message message = with_options(client_subnet_option(1, 16, {203, 0}));
  Message copy = message;
  EXPECT_TRUE(make_anonymous(copy, kKept));
  EXPECT_EQ(copy, message);
  Message plain = query_message("www.example.com", type::kA);
  EXPECT_TRUE(make_anonymous(plain, kKept));
  EXPECT_EQ(plain, query_message("www.example.com", type::kA));
}

// An answer with compressed names and an OPT behind it.
TEST(Anonymous, FindsTheOptionsOfAResponse) {
  Message message = query_message("www.example.com", type::kA, flag::kQr);
  message[7] = 1;
  append(message, {0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1});
  Message expected = message;
  append_opt(message, client_subnet_option(1, 24, {203, 0, 113}, 24));
  append_opt(expected, client_subnet_option(1, 24, {203, 0, 112}, 24));
  EXPECT_TRUE(make_anonymous(message, kKept));
  EXPECT_EQ(message, expected);
}

TEST(Anonymous, SaysWhenAMessageIsNotWhole) {
  const Message whole = with_options(client_subnet_option(1, 24, {203, 0, 113}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Message cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(make_anonymous(cut, kKept)) << size;
  }
  Message longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(make_anonymous(longer, kKept));
}

TEST(Anonymous, TakesAnyOctets) {
  const Message whole = with_options(client_subnet_option(1, 24, {203, 0, 113}));
  for (std::uint32_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937 random(seed);
    Message message = whole;
    for (int i = 0; i < 3; ++i)
      message[random() % message.size()] = static_cast<std::uint8_t>(random());
    const bool is_whole = make_anonymous(message, kKept);
    Message again = message;
    ASSERT_EQ(make_anonymous(again, kKept), is_whole) << seed;
    ASSERT_EQ(again, message) << seed;
  }
}

}  // namespace
}  // namespace rhumb::dns

#include "dns/query.hpp"

#include <random>

#include <gtest/gtest.h>

#include "support/message_bytes.hpp"

namespace rhumb::dns {
namespace {

constexpr std::uint64_t kCookieKey = 1;

Query parse(const Message& message) {
  return parse_query(message, kCookieKey);
}

TEST(Query, ReadsTheQuestion) {
  const Message message = query_message("wWw.Example", type::kAaaa, flag::kRd);
  const Query query = parse(message);
  ASSERT_EQ(query.verdict, Verdict::answer);
  EXPECT_EQ(query.type, type::kAaaa);
  EXPECT_EQ(query.query_class, kClassIn);
  EXPECT_EQ(query.question_size, message.size() - kHeaderSize);
  EXPECT_EQ(Name::from_wire(query.name.suffix(0)), Name::from_text("www.example"));
  EXPECT_FALSE(query.edns);
}

TEST(Query, DropsResponsesAndWhatHasNoHeader) {
  EXPECT_EQ(parse({}).verdict, Verdict::drop);
  EXPECT_EQ(parse(Message(11)).verdict, Verdict::drop);
  EXPECT_EQ(parse(query_message("a", type::kA, flag::kQr)).verdict, Verdict::drop);
}

TEST(Query, RefusesOtherOpcodesWithTheirQuestion) {
  const Query notify = parse(query_message("a", type::kSoa, 4 << 11));
  EXPECT_EQ(notify.verdict, Verdict::not_offered);
  EXPECT_EQ(notify.opcode(), Opcode::notify);
  EXPECT_GT(notify.question_size, 0);
  EXPECT_EQ(parse(query_message("a", type::kSoa, 5 << 11)).verdict, Verdict::not_offered);
  for (const int opcode : {1, 2, 3, 6, 15}) {
    const Query query = parse(query_message("a", type::kSoa, static_cast<std::uint16_t>(opcode << 11)));
    EXPECT_EQ(query.verdict, Verdict::not_imp) << opcode;
    EXPECT_GT(query.question_size, 0) << opcode;
  }
  EXPECT_EQ(parse(Message{0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0}).verdict, Verdict::not_imp);
  EXPECT_EQ(parse(Message{0, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0}).verdict, Verdict::form_err);
}

TEST(Query, EveryCutIsAFormatError) {
  Message message = query_message("www.example.com", type::kA);
  append_opt(message, client_subnet_option(1, 24, {192, 0, 2}));
  ASSERT_EQ(parse(message).verdict, Verdict::answer);
  for (std::size_t size = kHeaderSize; size < message.size(); ++size) {
    const Message cut(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(parse(cut).verdict, Verdict::form_err) << size;
  }
}

TEST(Query, HasExactlyOneQuestionAndNoAnswers) {
  for (const std::size_t count_at : {4U, 6U, 8U}) {
    Message message = query_message("a", type::kA);
    ++message[count_at + 1];
    EXPECT_EQ(parse(message).verdict, Verdict::form_err) << count_at;
  }
  Message none = query_message("a", type::kA);
  none[5] = 0;
  EXPECT_EQ(parse(none).verdict, Verdict::form_err);
}

TEST(Query, ReadsEdns) {
  Message message = query_message("a", type::kA);
  append_opt(message, {0, 12, 0, 2, 0xAB, 0xCD, 0xFD, 0xE9, 0, 0}, 4096, 0, true);  // padding and an unknown option
  const Query query = parse(message);
  ASSERT_EQ(query.verdict, Verdict::answer);
  ASSERT_TRUE(query.edns);
  EXPECT_EQ(query.edns->payload_size, 4096);
  EXPECT_TRUE(query.edns->dnssec_ok);
  EXPECT_FALSE(query.edns->client_subnet);
}

TEST(Query, FindsTheOptBehindOtherRecords) {
  Message message = query_message("a", type::kA);
  append(message, {0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, 2, 1, 'x'});  // a TXT with a compressed owner
  ++message[11];
  append_opt(message, {});
  EXPECT_TRUE(parse(message).edns);
}

TEST(Query, TwoOptsOrAnOwnedOptAreFormatErrors) {
  Message two = query_message("a", type::kA);
  append_opt(two, {});
  append_opt(two, {});
  EXPECT_EQ(parse(two).verdict, Verdict::form_err);

  Message owned = query_message("a", type::kA);
  append(owned, {1, 'x', 0, 41, 4, 0, 0, 0, 0, 0, 0, 0});
  ++owned[11];
  EXPECT_EQ(parse(owned).verdict, Verdict::form_err);
}

TEST(Query, LeavesTheOptionsOfALaterEdnsVersionAlone) {
  Message message = query_message("a", type::kA);
  append_opt(message, {0xFF}, 1232, 1);
  const Query query = parse(message);
  EXPECT_EQ(query.verdict, Verdict::bad_vers);
  EXPECT_EQ(query.edns->version, 1);
}

TEST(ClientSubnet, IsReadForBothFamilies) {
  Message v4 = query_message("a", type::kA);
  append_opt(v4, client_subnet_option(1, 20, {192, 0, 0x20}));
  const auto subnet_v4 = parse(v4).edns->client_subnet;
  ASSERT_TRUE(subnet_v4);
  EXPECT_EQ(subnet_v4->address, IpAddress::parse("192.0.32.0"));
  EXPECT_EQ(subnet_v4->source_bits, 20);

  Message v6 = query_message("a", type::kA);
  append_opt(v6, client_subnet_option(2, 36, {0x20, 0x01, 0x0d, 0xb8, 0xf0}));
  const auto subnet_v6 = parse(v6).edns->client_subnet;
  ASSERT_TRUE(subnet_v6);
  EXPECT_EQ(subnet_v6->address, IpAddress::parse("2001:db8:f000::"));
}

TEST(ClientSubnet, OfLengthZeroIsWithheld) {
  for (const std::uint16_t family : std::vector<std::uint16_t>{0, 1, 2}) {
    Message message = query_message("a", type::kA);
    append_opt(message, client_subnet_option(family, 0, {}));
    const auto subnet = parse(message).edns->client_subnet;
    ASSERT_TRUE(subnet) << family;
    EXPECT_TRUE(subnet->is_withheld());
  }
}

TEST(ClientSubnet, OfAnUnknownFamilyIsIgnored) {
  Message message = query_message("a", type::kA);
  append_opt(message, client_subnet_option(3, 8, {1}));
  const Query query = parse(message);
  EXPECT_EQ(query.verdict, Verdict::answer);
  EXPECT_FALSE(query.edns->client_subnet);
}

TEST(ClientSubnet, ThatBreaksRfc7871IsAFormatError) {
  const std::vector<Message> options{
      client_subnet_option(1, 24, {192, 0}),           // too few octets
      client_subnet_option(1, 24, {192, 0, 2, 0}),     // too many
      client_subnet_option(1, 20, {192, 0, 0x21}),     // a bit after the prefix
      client_subnet_option(1, 33, {192, 0, 2, 0, 0}),  // no such prefix
      client_subnet_option(0, 8, {1}),                 // no family, but a prefix
      client_subnet_option(1, 24, {192, 0, 2}, 24),    // a scope in a query
      {0, 8, 0, 3, 0, 1, 24},                          // cut off
  };
  for (const Message& option : options) {
    Message message = query_message("a", type::kA);
    append_opt(message, option);
    EXPECT_EQ(parse(message).verdict, Verdict::form_err) << testing::PrintToString(option);
  }
}

TEST(Query, SurvivesAnyOctets) {
  for (std::uint32_t seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Message message = query_message("www.example.com", type::kA);
    append_opt(message, client_subnet_option(1, 24, {192, 0, 2}));
    for (int i = 0; i < 3; ++i)
      message[random() % message.size()] = static_cast<std::uint8_t>(random());
    const Query query = parse(message);
    if (query.verdict == Verdict::answer) {
      EXPECT_LE(kHeaderSize + query.question_size, message.size());
    }
  }
}

}  // namespace
}  // namespace rhumb::dns

#include "dns/response_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/message_bytes.hpp"

namespace rhumb::dns {
namespace {

using testing::ElementsAreArray;

// An A record in stored form.
Message stored_a(std::uint8_t last) {
  return {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, last};
}

StoredRrset stored(const Message& records, std::uint16_t count) {
  return {records, {}, count, 0};
}

struct Written {
  explicit Written(const Message& message, std::size_t limit = kUdpPayloadMax)
      : query(parse_query(message, 1)),
        name(query.name),
        opt(opt_of(query)),
        buffer(kMessageMax),
        writer(buffer, limit, message, query, opt ? &*opt : nullptr) {}

  static std::optional<OptRecord> opt_of(const Query& query) {
    if (!query.edns) return std::nullopt;
    OptRecord opt{kUdpPayloadDefault, query.edns->dnssec_ok};
    if (query.edns->client_subnet) opt.client_subnet = &*query.edns->client_subnet;
    return opt;
  }

  // Under the whole of the question's name.
  bool write(const Message& records, std::uint16_t count) {
    return writer.write(Section::answer, stored(records, count), name, query.name.size);
  }

  Message finish(std::uint8_t scope_bits = 0) {
    buffer.resize(writer.finish(scope_bits));
    return buffer;
  }

  Query query;
  PlacedName name;
  std::optional<OptRecord> opt;
  Message buffer;
  ResponseWriter writer;
};

TEST(ResponseWriter, CopiesIdQuestionAndTheFlagsThatAResponseKeeps) {
  const Message message =
      query_message("wWw.example", type::kA, flag::kRd | flag::kCd | flag::kTc | flag::kAa | 0x0080 | 0x0060);
  Written response(message);
  const Message bytes = response.finish();
  ASSERT_EQ(bytes.size(), message.size());
  EXPECT_EQ(load_u16(bytes.data()), 0x1234);
  EXPECT_EQ(load_u16(bytes.data() + 2), flag::kQr | flag::kRd);
  EXPECT_THAT(Message(bytes.begin() + 12, bytes.end()), ElementsAreArray(message.begin() + 12, message.end()));
}

TEST(ResponseWriter, CopiesRrsetsOwnedByTheQuestionAsTheyAre) {
  Written response(query_message("a", type::kA));
  const std::size_t start = response.writer.size();
  ASSERT_TRUE(response.write(stored_a(1), 1));
  const Message bytes = response.finish();
  EXPECT_THAT(Message(bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.end()), ElementsAreArray(stored_a(1)));
  EXPECT_EQ(load_u16(bytes.data() + 6), 1);
}

TEST(ResponseWriter, PointsOtherOwnersToWhereTheyStand) {
  Written response(query_message("www.example", type::kA));
  Message two = stored_a(1);
  const Message second = stored_a(2);
  two.insert(two.end(), second.begin(), second.end());
  const std::size_t start = response.writer.size();
  ASSERT_TRUE(response.writer.write(Section::authority, stored(two, 2), response.name, 9));  // "example"
  const Message bytes = response.finish();
  EXPECT_EQ(load_u16(bytes.data() + start), 0xC010);
  EXPECT_EQ(load_u16(bytes.data() + start + 16), 0xC010);
  EXPECT_EQ(load_u16(bytes.data() + 8), 2);
}

TEST(ResponseWriter, WritesOutAnOwnerThatNoPointerReaches) {
  Written response(query_message("www.example", type::kA), kMessageMax);
  // A record with a name in its rdata, behind 20 KB of others.
  while (response.writer.size() <= kPointerMax)
    ASSERT_TRUE(response.write(stored_a(9), 1));
  const std::size_t name_at = response.writer.size() + kStoredRecordFixedSize;
  ASSERT_TRUE(response.write(Message{0xC0, 12, 0, 2, 0, 1, 0, 0, 0, 30, 0, 4, 2, 'n', 's', 0}, 1));
  const std::size_t start = response.writer.size();
  Message two = stored_a(1);
  const Message second = stored_a(2);
  two.insert(two.end(), second.begin(), second.end());
  ASSERT_TRUE(response.writer.write_for(Section::additional, stored(two, 2), Message{2, 'n', 's', 0}, name_at));
  const Message bytes = response.finish();
  const Message expected{2, 'n', 's', 0, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1,
                         2, 'n', 's', 0, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 2};
  EXPECT_THAT(Message(bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.end()), ElementsAreArray(expected));
}

// A zone allows an RRset as large as fits over TCP with its rdata written out, but not its owners.
TEST(ResponseWriter, WritesOutRdataThatNoPointerReachesButNotTheOwner) {
  Written response(query_message("a.example", type::kNs), kMessageMax);
  while (response.writer.size() <= kPointerMax)
    ASSERT_TRUE(response.write(stored_a(9), 1));
  // "ns", and a pointer to "example" in the question.
  const Message ns{0xC0, 12, 0, 2, 0, 1, 0, 0, 0, 30, 0, 5, 2, 'n', 's', 0xC0, 14};
  const std::vector<std::uint16_t> pointers{15};
  const std::size_t start = response.writer.size();
  ASSERT_TRUE(response.writer.write(Section::answer, {ns, pointers, 1, 11}, response.name, 11));
  const Message bytes = response.finish();
  const Message expected{0xC0, 12,  0,   2, 0,   1,   0,   0,   0,   30,  0,   12,
                         2,    'n', 's', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0};
  EXPECT_THAT(Message(bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.end()), ElementsAreArray(expected));
}

TEST(ResponseWriter, WritesTheChosenRecordsInTheirOrder) {
  Written response(query_message("www.example", type::kA));
  Message three;
  for (const std::uint8_t last : std::vector<std::uint8_t>{1, 2, 3}) {
    const Message record = stored_a(last);
    three.insert(three.end(), record.begin(), record.end());
  }
  const std::size_t start = response.writer.size();
  ASSERT_TRUE(response.writer.write_chosen(Section::answer, three, 16, std::vector<std::uint8_t>{2, 0}, response.name));
  const Message bytes = response.finish();
  ASSERT_EQ(bytes.size(), start + 32);
  EXPECT_EQ(bytes[start + 15], 3);
  EXPECT_EQ(bytes[start + 31], 1);
  EXPECT_EQ(load_u16(bytes.data() + start + 16), 0xC00C);
  EXPECT_EQ(load_u16(bytes.data() + 6), 2);
}

TEST(ResponseWriter, AnRrsetIsWholeOrMissingAndTheOptAlwaysFits) {
  Message message = query_message("www.example", type::kA);
  append_opt(message, client_subnet_option(2, 128, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
  Written response(message, kUdpPayloadMin);
  int written = 0;
  while (response.write(stored_a(1), 1))
    ++written;
  EXPECT_FALSE(
      response.writer.write_chosen(Section::answer, stored_a(1), 16, std::vector<std::uint8_t>{0}, response.name));
  const Message bytes = response.finish();
  EXPECT_LE(bytes.size(), kUdpPayloadMin);
  EXPECT_GT(bytes.size() + 16, kUdpPayloadMin) << "one more would not have fitted";
  EXPECT_EQ(load_u16(bytes.data() + 6), written);
  EXPECT_EQ(load_u16(bytes.data() + 10), 1);
}

// RFC 8914 §2: it may be left out, a record may not.
TEST(ResponseWriter, AnExtendedErrorIsLeftOutWhenThereIsNoRoom) {
  for (const bool is_full : {false, true}) {
    Message message = query_message("a.example", type::kA);
    append_opt(message, {});
    // The last record leaves exactly the room for it, or one octet less.
    Written response(message, kUdpPayloadMin);
    for (int i = 0; i < 28; ++i)
      ASSERT_TRUE(response.write(stored_a(1), 1));
    Message last{0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 30, 0, 0};
    const std::size_t left = kUdpPayloadMin - kOptSize - response.writer.size();
    last.resize(left - (is_full ? kExtendedErrorSize - 1 : kExtendedErrorSize));
    last[11] = static_cast<std::uint8_t>(last.size() - kStoredRecordFixedSize);
    ASSERT_TRUE(response.write(last, 1));
    response.writer.set_extended_error(ExtendedError::not_ready);
    const Message bytes = response.finish();
    EXPECT_EQ(bytes.size(), is_full ? kUdpPayloadMin - kExtendedErrorSize + 1 : kUdpPayloadMin);
    EXPECT_EQ(load_u16(bytes.data() + 6), 29);
  }
}

TEST(ResponseWriter, EchoesTheClientSubnetWithTheScope) {
  Message message = query_message("a", type::kA);
  append_opt(message, client_subnet_option(1, 20, {192, 0, 0x20}), 4096, 0, true);
  Written response(message);
  const std::size_t start = response.writer.size();
  const Message bytes = response.finish(17);
  const Message expected{0, 0, 41, 0x04, 0xD0, 0, 0, 0x80, 0, 0, 11, 0, 8, 0, 7, 0, 1, 20, 17, 192, 0, 0x20};
  EXPECT_THAT(Message(bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.end()), ElementsAreArray(expected));
}

TEST(ResponseWriter, SplitsAnExtendedRcode) {
  Message message = query_message("a", type::kA);
  append_opt(message, {}, 1232, 1);
  Written response(message);
  response.writer.set_rcode(Rcode::bad_vers);
  const std::size_t start = response.writer.size();
  const Message bytes = response.finish();
  EXPECT_EQ(bytes[3] & 0xF, 0);
  EXPECT_EQ(bytes[start + 5], 1);
}

TEST(ResponseWriter, MayWriteOverTheQuery) {
  const Message message = query_message("www.example", type::kA);
  Message buffer = message;
  buffer.resize(kUdpPayloadMax);
  const Bytes in_place = Bytes(buffer).first(message.size());
  const Query query = parse_query(in_place, 1);
  ResponseWriter writer(buffer, buffer.size(), in_place, query, nullptr);
  const Message record = stored_a(1);
  ASSERT_TRUE(writer.write(Section::answer, stored(record, 1), PlacedName(query.name), query.name.size));
  buffer.resize(writer.finish(0));

  Written apart(message);
  ASSERT_TRUE(apart.write(stored_a(1), 1));
  EXPECT_EQ(buffer, apart.finish());
}

}  // namespace
}  // namespace rhumb::dns

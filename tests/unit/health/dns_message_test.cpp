#include "health/dns_message.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "support/dns_answer.hpp"

namespace rhumb::health {
namespace {

using Kind = Outcome::Kind;
using test::answer_to;
using test::Octets;

constexpr std::uint16_t kId = 0xBEEF;

Check dns_check() {
  Check check;
  check.type = Check::Type::dns;
  check.query = *dns::Name::from_text("www.example.com");
  return check;
}

Octets query() {
  return write_query(dns_check(), kId);
}

TEST(DnsMessage, AsksOneQuestionWithoutRecursion) {
  Octets expected{0xBE, 0xEF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  const Check check = dns_check();
  const Bytes name = check.query.wire();
  expected.insert(expected.end(), name.begin(), name.end());
  expected.insert(expected.end(), {0, 1, 0, 1});
  EXPECT_EQ(query(), expected);
}

TEST(DnsMessage, TakesTheResponseToItsQuery) {
  const auto verdict = judge_response(dns_check(), kId, answer_to(query()));
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->is_truncated);
  EXPECT_EQ(verdict->outcome.kind, Kind::success);
  EXPECT_EQ(verdict->outcome.evidence, "DNS NOERROR");
}

// RFC 4343: some servers answer in the letters of the zone.
TEST(DnsMessage, TakesTheNameInOtherLetters) {
  Octets response = answer_to(query());
  response[13] = 'W';
  EXPECT_TRUE(judge_response(dns_check(), kId, response));
}

TEST(DnsMessage, PassesOverWhatIsNoResponseToItsQuery) {
  const std::vector<std::function<void(Octets&)>> edits = {
      [](Octets& response) { response.clear(); },
      [](Octets& response) { response.resize(11); },
      [](Octets& response) { response.pop_back(); },
      [](Octets& response) { response[0] ^= 1; },     // another identifier
      [](Octets& response) { response[2] ^= 0x80; },  // a query
      [](Octets& response) { response[2] ^= 0x10; },  // another opcode
      [](Octets& response) { response[13] = 'x'; },   // another name
      [](Octets& response) { response[30] = 28; },    // another type
      [](Octets& response) { response[32] = 3; },     // another class
      [](Octets& response) {
        response.resize(12);  // no question
        response[5] = 0;
        response[7] = 0;
      },
  };
  for (std::size_t i = 0; i < edits.size(); ++i) {
    Octets response = answer_to(query());
    edits[i](response);
    EXPECT_FALSE(judge_response(dns_check(), kId, response)) << i;
  }
}

TEST(DnsMessage, WantsOneOfTheExpectedStatuses) {
  Octets response = answer_to(query());
  response[3] = static_cast<std::uint8_t>(dns::Rcode::refused);
  Check check = dns_check();
  const auto refused = judge_response(check, kId, response);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->outcome.kind, Kind::failure);
  EXPECT_EQ(refused->outcome.evidence, "DNS REFUSED");
  check.expected_rcodes = {dns::Rcode::nx_domain, dns::Rcode::refused};
  EXPECT_EQ(judge_response(check, kId, response)->outcome.kind, Kind::success);
}

TEST(DnsMessage, WantsTheExpectedAnswerInOneOfTheRecords) {
  const Octets response = answer_to(query(), {{192, 0, 2, 1}, {192, 0, 2, 2}});
  Check check = dns_check();
  for (const char* answer : {"192.0.2.1", "192.0.2.2"}) {
    check.expected_answer = answer;
    EXPECT_EQ(judge_response(check, kId, response)->outcome.kind, Kind::success) << answer;
  }
  check.expected_answer = "192.0.2.20";
  const Outcome outcome = judge_response(check, kId, response)->outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "DNS NOERROR, but no record of the answer is \"192.0.2.20\"");
  EXPECT_EQ(judge_response(check, kId, answer_to(query(), {}))->outcome.kind, Kind::failure);
}

TEST(DnsMessage, SaysThatAResponseIsTruncated) {
  Octets response = answer_to(query());
  response[2] |= 0x02;
  EXPECT_TRUE(judge_response(dns_check(), kId, response)->is_truncated);
}

// Whatever else is wrong with it: what decides has the identifier and is a response with one question.
TEST(DnsMessage, IsDecidedByNothingThatIsNoResponse) {
  const Octets whole = answer_to(query(), {{192, 0, 2, 1}, {192, 0, 2, 2}});
  int decided = 0;
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Octets message = whole;
    for (std::uint32_t changes = random.below(4); changes > 0; --changes)
      message[random.below(static_cast<std::uint32_t>(message.size()))] = static_cast<std::uint8_t>(random.below(256));
    if (random.below(4) == 0) message.resize(random.below(static_cast<std::uint32_t>(message.size())));
    const auto verdict = judge_response(dns_check(), kId, message);
    if (!verdict) continue;
    ++decided;
    ASSERT_EQ(message[0] << 8 | message[1], kId);
    ASSERT_EQ(message[2] & 0xF8, 0x80) << "a response to a query";
    ASSERT_EQ(message[4] << 8 | message[5], 1) << "question";
    ASSERT_EQ(verdict->is_truncated, (message[2] & 0x02) != 0);
    ASSERT_EQ(verdict->outcome.kind == Kind::success, (message[3] & 0x0F) == 0);
  }
  EXPECT_GT(decided, 500);
}

}  // namespace
}  // namespace rhumb::health

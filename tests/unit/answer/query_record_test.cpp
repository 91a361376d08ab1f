#include "answer/query_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/logged_world.hpp"

namespace rhumb::answer {
namespace {

using testing::SizeIs;

class Record : public testing::Test {
 protected:
  LoggedWorld world_;
  QueryRecord record_;
};

TEST_F(Record, KeepsTheMessagesAndWhatLedToTheAnswer) {
  const auto query = LoggedWorld::steered_query({203, 0, 113});
  world_.record(record_, query);
  EXPECT_EQ(dns::Message(record_.query().begin(), record_.query().end()), query);
  EXPECT_TRUE(record_.has_whole_query());
  EXPECT_EQ(record_.response().size(), record_.response_size());
  EXPECT_EQ(test::parse_response(record_.response()).answer,
            std::vector<std::string>{"wWw.example.com. 30 IN A 192.0.2.20"});
  ASSERT_EQ(record_.step_count(), 1U);
  const RecordedStep step = record_.step(0);
  EXPECT_EQ(step.service, "www.example.com");
  EXPECT_EQ(step.region, "west");
  EXPECT_EQ(step.rule, "French");
  EXPECT_EQ(step.instead_of, "");
  EXPECT_EQ(step.tier, 1);
  EXPECT_EQ(step.scope_bits, 24);
  EXPECT_EQ(step.client, *IpAddress::parse("203.0.113.0"));
}

TEST_F(Record, OfAFailoverSaysWhatWouldHaveBeenBetter) {
  world_.board().write(0, health::State::down);
  world_.record(record_, LoggedWorld::steered_query());
  ASSERT_EQ(record_.step_count(), 1U);
  EXPECT_EQ(record_.step(0).region, "west");
  EXPECT_EQ(record_.step(0).tier, 2);
  EXPECT_EQ(record_.step(0).instead_of, "east");
  EXPECT_EQ(record_.step(0).rule, "");
}

// The slot that is used again has nothing of what was in it.
TEST_F(Record, BeginsAnew) {
  world_.record(record_, LoggedWorld::steered_query({203, 0, 113}));
  world_.record(record_, dns::query_message("ns.example.com", dns::type::kA));
  EXPECT_EQ(record_.step_count(), 0U);
  EXPECT_EQ(record_.summary().rcode, dns::Rcode::no_error);
  EXPECT_EQ(test::parse_response(record_.response()).question, "ns.example.com. A");
  const std::vector<std::uint8_t> no_query(3);
  world_.record(record_, no_query);
  EXPECT_EQ(record_.response_size(), 0U);
  EXPECT_EQ(record_.summary().marks.fate, Fate::malformed);
}

TEST_F(Record, CutsTextsAndLongQueriesAndLeavesOutLongResponses) {
  LoggedWorld world(std::string(5'000, 'r'), std::string(5'000, 'e'));
  dns::Message query = LoggedWorld::steered_query();
  dns::append_opt(query, dns::Message(4'000));  // options of a code that nobody knows, without octets
  world.record(record_, query);
  EXPECT_THAT(record_.query(), SizeIs(QueryRecord::kQueryKept));
  EXPECT_FALSE(record_.has_whole_query());
  ASSERT_EQ(record_.step_count(), 1U);
  EXPECT_EQ(record_.step(0).region, std::string(QueryRecord::kTextMax, 'e'));

  Decision decision;
  record_.begin({}, query, 0, 1);
  record_.end({}, decision, std::vector<std::uint8_t>(60'000), 0);
  EXPECT_THAT(record_.response(), SizeIs(0));
  EXPECT_EQ(record_.response_size(), 60'000U);
}

// More services on the way than are kept, with names that fill the record: what is kept is in it.
TEST_F(Record, HasRoomForAnyDecision) {
  LoggedWorld world(std::string(5'000, 'r'), std::string(5'000, 'e'));
  world.board().write(0, health::State::down);
  const auto& service = world.snapshot().services.front();
  const IpAddress client = *IpAddress::parse("203.0.113.1");
  const steering::Ranked ranked = service.ranking_map().find(client);
  steering::Pick pick{};
  pick.outcome = steering::Outcome::healthy;
  pick.count = 1;
  Decision decision;
  for (int i = 0; i < 20; ++i)
    decision.steered.push_back({&service, Family::v4, client, true, ranked, pick, 24, 30});
  record_.begin({}, dns::Message(QueryRecord::kQueryKept), 0, 1);
  record_.end({}, decision, std::vector<std::uint8_t>(1'232), 0);
  ASSERT_EQ(record_.step_count(), QueryRecord::kStepsMax);
  for (std::size_t i = 0; i < record_.step_count(); ++i) {
    EXPECT_LE(record_.step(i).region.size(), QueryRecord::kTextMax);
    EXPECT_EQ(record_.step(i).tier, 2);
  }
  EXPECT_THAT(record_.response(), SizeIs(0));
}

}  // namespace
}  // namespace rhumb::answer

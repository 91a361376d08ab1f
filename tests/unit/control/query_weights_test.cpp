#include "control/query_weights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/query_json.hpp"
#include "support/logged_world.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::control {
namespace {

using testing::ElementsAre;

class QueryWeights : public testing::Test {
 protected:
  std::optional<geo::ClientWeights> read(std::string_view text) {
    Problems problems;
    auto weights = read_query_weights(directory_.write("queries.jsonl", text), problems);
    problems_.clear();
    for (const Problem& problem : problems.all())
      problems_.push_back(problem.to_string().substr(directory_.path().string().size() + 1));
    EXPECT_EQ(weights.has_value(), problems_.empty());
    return weights;
  }
  static double at(const geo::ClientWeights& weights, std::string_view address) {
    return weights.find(*IpAddress::parse(address));
  }

  test::TemporaryDirectory directory_;
  std::vector<std::string> problems_;
};

TEST_F(QueryWeights, ANetworkCountsTheQueriesThatItsLinesStandFor) {
  const auto weights = read(
      "{\"client\": \"192.0.2.53\", \"ecs\": \"203.0.113.0/24\", \"sample\": 0.5, \"more\": [1]}\n"
      "{\"client\": \"192.0.2.53\", \"ecs\": \"203.0.113.0/24\", \"sample\": 0.25}\r\n"
      "\n"
      "{\"client\": \"192.0.2.53\", \"sample\": 0.01}\n"
      "{\"client\": \"2001:db8::/48\", \"sample\": 1}");
  ASSERT_TRUE(weights);
  EXPECT_DOUBLE_EQ(at(*weights, "203.0.113.9") * 256, 2 + 4);
  EXPECT_DOUBLE_EQ(at(*weights, "192.0.2.53"), 100);
  EXPECT_EQ(at(*weights, "192.0.2.54"), 0);
  EXPECT_DOUBLE_EQ(at(*weights, "2001:db8::1") * 0x1p80, 1);
}

TEST_F(QueryWeights, ReadsWhatTheLogWrites) {
  answer::LoggedWorld world;
  answer::QueryRecord record;
  std::string text;
  for (int i = 0; i < 3; ++i) {
    world.record(record, answer::LoggedWorld::steered_query({203, 0, 113}));
    append_query_json(record, {}, text);
    text.push_back('\n');
  }
  const auto weights = read(text);
  ASSERT_TRUE(weights);
  EXPECT_DOUBLE_EQ(at(*weights, "203.0.113.9") * 256, 6);
}

TEST_F(QueryWeights, EveryBadLineIsToldWithItsPlace) {
  EXPECT_FALSE(
      read("{\"client\": \"192.0.2.53\", \"sample\": 1}\n"
           "192.0.2.0/24,1500\n"
           "[]\n"
           "{\"client\": \"192.0.2.53\"}\n"
           "{\"client\": \"192.0.2.53\", \"sample\": 0}\n"
           "{\"client\": \"192.0.2.53\", \"sample\": 2}\n"
           "{\"sample\": 1}\n"
           "{\"client\": \"192.0.2.53\", \"ecs\": 7, \"sample\": 1}\n"
           "{\"client\": \"paris\", \"sample\": 1}\n"
           "{\"client\": \"192.0.2.53\", \"sam"));
  EXPECT_THAT(problems_, ElementsAre("queries.jsonl:2: is no JSON object; a query log has one in each line",
                                     "queries.jsonl:3: is no JSON object; a query log has one in each line",
                                     "queries.jsonl:4: has no \"sample\"; it is no query log",
                                     "queries.jsonl:5: \"sample\" must be more than 0 and at most 1",
                                     "queries.jsonl:6: \"sample\" must be more than 0 and at most 1",
                                     "queries.jsonl:7: has neither \"ecs\" nor \"client\"; it is no query log",
                                     "queries.jsonl:8: \"ecs\" must be a network",
                                     "queries.jsonl:9: \"client\": \"paris\" is no network",
                                     "queries.jsonl:10: is no JSON object; a query log has one in each line"));
}

TEST_F(QueryWeights, AFileWithoutQueriesOrWithEndlessLinesIsRefused) {
  EXPECT_FALSE(read(""));
  EXPECT_THAT(problems_, ElementsAre("queries.jsonl: has no query in it"));
  EXPECT_FALSE(read("\n\n" + std::string(kQueryLineMax, ' ') + "\n{\n"));
  EXPECT_THAT(problems_, ElementsAre("queries.jsonl:3: longer than 65535 octets"));
  Problems problems;
  EXPECT_FALSE(read_query_weights(directory_.path() / "none", problems));
  EXPECT_THAT(problems.all().at(0).message, "cannot be read");
  EXPECT_FALSE(read_query_weights(directory_.path(), problems));
}

TEST_F(QueryWeights, StopsWhenAllThatIsShownIsWrong) {
  std::string text;
  for (std::size_t i = 0; i < 2 * Problems::kKeptMax; ++i)
    text += "x\n";
  EXPECT_FALSE(read(text));
  EXPECT_EQ(problems_.size(), Problems::kKeptMax);
}

}  // namespace
}  // namespace rhumb::control

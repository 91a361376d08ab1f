#include "control/query_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/logged_world.hpp"

namespace rhumb::control {
namespace {

using answer::LoggedWorld;
using answer::QueryRecord;
using Json = nlohmann::json;

class QueryJson : public testing::Test {
 protected:
  std::string text(const dns::Message& query, const answer::Client& client = {IpAddress::v4(0xC000'0207)}) {
    world_.record(record_, query, client);
    std::string text;
    append_query_json(record_, kept_, text);
    return text;
  }
  Json json(const dns::Message& query, const answer::Client& client = {IpAddress::v4(0xC000'0207)}) {
    return Json::parse(text(query, client));
  }

  LoggedWorld world_;
  QueryRecord record_;
  dns::KeptBits kept_;
};

TEST_F(QueryJson, TellsWhoAskedForWhatAndWhatCameOfIt) {
  EXPECT_EQ(text(LoggedWorld::steered_query({203, 0, 113})),
            R"({"time":"2025-11-26T09:40:00.123Z","client":"192.0.2.7","transport":"udp","name":"www.example.com",)"
            R"("type":"A","ecs":"203.0.113.0/24","rcode":"NOERROR","size":71,"sample":0.5,)"
            R"("steered":[{"service":"www.example.com","family":"IPv4","region":"west","tier":1,"reason":"nearest",)"
            R"("rule":"French","scope":"203.0.113.0/24"}]})");
  EXPECT_EQ(text(dns::query_message("no.example.com", dns::type::kAaaa),
                 {*IpAddress::parse("2001:db8::1"), answer::Transport::tcp}),
            R"({"time":"2025-11-26T09:40:00.123Z","client":"2001:db8::1","transport":"tcp","name":"no.example.com",)"
            R"("type":"AAAA","rcode":"NXDOMAIN","size":82,"sample":0.5})");
}

TEST_F(QueryJson, SaysWhyItIsThatRegion) {
  Json step = json(LoggedWorld::steered_query())["steered"][0];
  EXPECT_EQ(step["region"], "east");
  EXPECT_EQ(step["reason"], "nearest");
  world_.board().write(0, health::State::down);
  step = json(LoggedWorld::steered_query())["steered"][0];
  EXPECT_EQ(step["region"], "west");
  EXPECT_EQ(step["tier"], 2);
  EXPECT_EQ(step["reason"], "failover");
  EXPECT_EQ(step["instead_of"], "east");
  world_.board().write(1, health::State::down);
  step = json(LoggedWorld::steered_query())["steered"][0];
  EXPECT_EQ(step["region"], "east");
  EXPECT_EQ(step["reason"], "all_down");
  step = json(dns::query_message("www.example.com", dns::type::kAaaa))["steered"][0];
  EXPECT_EQ(step["reason"], "no_instances");
  EXPECT_FALSE(step.contains("region"));
}

// Whatever octets a name has, and however a region is called, it is one line of JSON, and the name can be had back.
TEST_F(QueryJson, IsOneLineOfJsonWhateverTheName) {
  for (int first = 0; first < 256; ++first) {
    const std::string label{static_cast<char>(first), '"', '\\', '\n'};
    if (first == '.') continue;  // would be two labels
    const std::string line = text(dns::query_message(label + ".example.com", dns::type::kA));
    EXPECT_EQ(line.find('\n'), std::string::npos);
    for (const char c : line)
      EXPECT_TRUE(c >= ' ' && c <= '~');
    const auto name = dns::Name::from_text(Json::parse(line).at("name").get<std::string>());
    ASSERT_TRUE(name) << line;
    EXPECT_EQ(name->wire()[1], dns::to_lower(static_cast<std::uint8_t>(first)));
  }
  // The 255th octet is within a character.
  world_ = LoggedWorld("\"\n\x01 Île", std::string(254, 'x') + "é");
  const Json step = json(LoggedWorld::steered_query())["steered"][0];
  EXPECT_EQ(step["region"], std::string(254, 'x') + "\xEF\xBF\xBD");
  EXPECT_EQ(json(LoggedWorld::steered_query({203, 0, 113}))["steered"][0]["rule"], "\"\n\x01 Île");
}

TEST_F(QueryJson, CutsAddressesAsItIsTold) {
  kept_ = {16, 32};
  const Json v4 = json(LoggedWorld::steered_query({203, 0, 113}));
  EXPECT_EQ(v4["client"], "192.0.0.0/16");
  EXPECT_EQ(v4["ecs"], "203.0.0.0/16");
  EXPECT_EQ(v4["steered"][0]["scope"], "203.0.0.0/16");
  const Json v6 = json(LoggedWorld::steered_query(), {*IpAddress::parse("2001:db8:1::1")});
  EXPECT_EQ(v6["client"], "2001:db8::/32");
}

TEST_F(QueryJson, TellsWhatGotNoAnswerOrAShortOne) {
  EXPECT_EQ(json(dns::Message(3))["dropped"], "malformed");
  const dns::Message query = LoggedWorld::steered_query();
  answer::Client client{IpAddress::v4(0xC000'0207)};
  client.limit = answer::Limit::drop;
  EXPECT_EQ(json(query, client)["dropped"], "rate_limit");
  EXPECT_FALSE(json(query, client).contains("rcode"));
  client.limit = answer::Limit::truncate;
  EXPECT_EQ(json(query, client)["slipped"], true);
  EXPECT_EQ(json(query, client)["truncated"], true);
}

TEST_F(QueryJson, OtherClassesAreNamed) {
  dns::Message query = dns::query_message("version.server", dns::type::kTxt);
  query.back() = dns::kClassCh;
  EXPECT_EQ(json(query)["class"], "CH");
}

}  // namespace
}  // namespace rhumb::control

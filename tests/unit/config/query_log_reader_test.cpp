#include "config/query_log_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::config {
namespace {

using control::QueryLogSettings;
using testing::ElementsAre;
using testing::IsEmpty;

class QueryLogReader : public testing::Test {
 protected:
  std::optional<QueryLogSettings> read(const std::string& text) {
    Problems problems;
    const Json json = Json::parse(text);
    auto settings = read_query_log(JsonPlace(json, "rhumb.json", problems), "/etc/rhumb");
    problems_.clear();
    for (const Problem& problem : problems.all())
      problems_.push_back(problem.to_string());
    return settings;
  }
  // What is wrong with it.
  std::vector<std::string> refused(const std::string& text) {
    static_cast<void>(read(text));
    return problems_;
  }

  std::vector<std::string> problems_;
};

TEST_F(QueryLogReader, AFileIsJsonAndASocketDnstap) {
  auto settings = read(R"({"to": "log/queries.jsonl"})");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->to, "/etc/rhumb/log/queries.jsonl");
  EXPECT_FALSE(settings->is_socket);
  EXPECT_EQ(settings->format, QueryLogSettings::Format::json);
  EXPECT_EQ(settings->sample, 0.01);
  EXPECT_FALSE(settings->is_anonymous);
  EXPECT_EQ(settings->kept_bits, dns::KeptBits{});
  settings = read(R"({"to": "unix:/run/dnstap.sock", "sample": 1})");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->to, "/run/dnstap.sock");
  EXPECT_TRUE(settings->is_socket);
  EXPECT_EQ(settings->format, QueryLogSettings::Format::dnstap);
  EXPECT_EQ(settings->sample, 1);
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(QueryLogReader, AnonymousIsTheUsualPrefixOrAnother) {
  auto settings = read(R"({"to": "q", "format": "dnstap", "anonymize": {}})");
  ASSERT_TRUE(settings);
  EXPECT_TRUE(settings->is_anonymous);
  EXPECT_EQ(settings->kept_bits, (dns::KeptBits{24, 48}));
  settings = read(R"({"to": "q", "anonymize": {"ipv4": 16, "ipv6": 0}})");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->kept_bits, (dns::KeptBits{16, 0}));
}

TEST_F(QueryLogReader, RefusesWhatItCannotDo) {
  EXPECT_THAT(refused(R"({})"), ElementsAre("rhumb.json: /: \"to\" is missing"));
  EXPECT_THAT(refused(R"({"to": "unix:"})"),
              ElementsAre("rhumb.json: /to: must be the path of a file, or \"unix:\" and that of a socket"));
  EXPECT_THAT(refused(R"({"to": "unix:/s", "format": "json"})"),
              ElementsAre("rhumb.json: /format: must be \"dnstap\" where \"to\" is a socket"));
  EXPECT_THAT(refused(R"({"to": "q", "sample": 0})"),
              ElementsAre("rhumb.json: /sample: must be a number from 1e-06 to 1"));
  EXPECT_THAT(refused(R"({"to": "q", "anonymize": {"ipv4": 33}})"),
              ElementsAre("rhumb.json: /anonymize/ipv4: must be a whole number from 0 to 32"));
  EXPECT_THAT(refused("{\"to\": \"unix:/" + std::string(120, 'x') + "\"}"),
              ElementsAre(testing::HasSubstr("121 octets, and the path of a Unix socket at most 107")));
}

}  // namespace
}  // namespace rhumb::config

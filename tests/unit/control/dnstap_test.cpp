// What is written as dnstap is read by another implementation: dnstap-read of BIND.
#include "control/dnstap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/frame_stream.hpp"
#include "support/child_process.hpp"
#include "support/logged_world.hpp"

namespace rhumb::control {
namespace {

using answer::LoggedWorld;
using answer::QueryRecord;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

class Dnstap : public testing::Test {
 protected:
  Dnstap() { settings_.format = QueryLogSettings::Format::dnstap; }

  // The frames of one query.
  std::string frames(const dns::Message& query, const answer::Client& client = {IpAddress::v4(0xC000'0207)}) {
    world_.record(record_, query, client);
    std::string octets;
    append_dnstap(record_, {"ns1", "rhumb 1"}, settings_, octets);
    return octets;
  }
  // As dnstap-read prints them.
  std::string read(const std::string& frames) {
    directory_.write("log.dnstap", control_frame(ControlFrame::start) + frames);
    test::ChildProcess reader(directory_.path(), {"/usr/bin/dnstap-read", "-y", "log.dnstap"});
    EXPECT_EQ(reader.wait_for_exit(), "status 0") << reader.log();
    return reader.output();
  }

  test::TemporaryDirectory directory_;
  LoggedWorld world_;
  QueryRecord record_;
  QueryLogSettings settings_;
};

TEST_F(Dnstap, IsAQueryAndItsResponse) {
  const std::string text = read(frames(LoggedWorld::steered_query({203, 0, 113})));
  EXPECT_THAT(text, AllOf(HasSubstr("type: AUTH_QUERY"), HasSubstr("type: AUTH_RESPONSE"), HasSubstr("identity: ns1"),
                          HasSubstr("version: rhumb 1"), HasSubstr("query_time: !!timestamp 2025-11-26T09:40:00Z"),
                          HasSubstr("response_time: !!timestamp 2025-11-26T09:40:00Z")));
  EXPECT_THAT(text,
              AllOf(HasSubstr("socket_family: INET\n"), HasSubstr("socket_protocol: UDP"),
                    HasSubstr("query_address: \"192.0.2.7\""), HasSubstr("wWw.example.com. IN A"),
                    HasSubstr("wWw.example.com. 30 IN A 192.0.2.20"), HasSubstr("CLIENT-SUBNET: 203.0.113.0/24")));
}

TEST_F(Dnstap, SaysInExtraHowItWasSteered) {
  const std::string octets = frames(LoggedWorld::steered_query());
  EXPECT_EQ(
      count_of(octets, R"({"sample":0.5,"steered":[{"service":"www.example.com","family":"IPv4","region":"east",)"),
      1U);
}

TEST_F(Dnstap, OverTcpFromIpv6AndManyOfThem) {
  const answer::Client client{*IpAddress::parse("2001:db8::7"), answer::Transport::tcp};
  std::string octets;
  for (int i = 0; i < 50; ++i)
    octets += frames(LoggedWorld::steered_query(), client);
  const std::string text = read(octets);
  EXPECT_THAT(text, AllOf(HasSubstr("socket_family: INET6"), HasSubstr("socket_protocol: TCP"),
                          HasSubstr("query_address: \"2001:db8::7\"")));
  EXPECT_EQ(count_of(text, "type: AUTH_RESPONSE"), 50U);
}

TEST_F(Dnstap, AnonymousItHasNoMoreOfAddressesThanMayBeKept) {
  settings_.is_anonymous = true;
  settings_.kept_bits = {16, 32};
  const std::string text = read(frames(LoggedWorld::steered_query({203, 0, 113})));
  EXPECT_THAT(text, AllOf(HasSubstr("query_address: \"192.0.0.0\""), HasSubstr("CLIENT-SUBNET: 203.0.0.0/24"),
                          Not(HasSubstr("203.0.113")), Not(HasSubstr("192.0.2.7"))));
}

// No answer: then no response.
TEST_F(Dnstap, OfADroppedQueryIsTheQueryAlone) {
  answer::Client client{IpAddress::v4(0xC000'0207)};
  client.limit = answer::Limit::drop;
  const std::string octets = frames(LoggedWorld::steered_query(), client);
  EXPECT_THAT(read(octets), AllOf(HasSubstr("type: AUTH_QUERY"), Not(HasSubstr("AUTH_RESPONSE"))));
  EXPECT_EQ(count_of(octets, R"({"sample":0.5})"), 1U);
}

TEST(FrameStream, ControlFramesAreReadAsTheyAreWritten) {
  for (const ControlFrame kind :
       {ControlFrame::accept, ControlFrame::start, ControlFrame::stop, ControlFrame::ready, ControlFrame::finish}) {
    const std::string frame = control_frame(kind);
    const Bytes octets(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size());
    for (std::size_t size = 0; size < octets.size(); ++size)
      EXPECT_FALSE(read_control_frame(octets.first(size)));
    const auto found = read_control_frame(octets);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->kind, kind);
    EXPECT_EQ(found->size, frame.size());
    EXPECT_EQ(found->is_dnstap, kind != ControlFrame::stop && kind != ControlFrame::finish);
  }
}

TEST(FrameStream, WhatIsNoControlFrameIsRefused) {
  const std::vector<std::uint8_t> data_frame{0, 0, 0, 1, 'x', 0, 0, 0, 0, 0, 0, 0};
  EXPECT_THROW(static_cast<void>(read_control_frame(data_frame)), std::runtime_error);
  const std::vector<std::uint8_t> huge{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  EXPECT_THROW(static_cast<void>(read_control_frame(huge)), std::runtime_error);
  // The field is longer than the frame.
  const std::vector<std::uint8_t> cut{0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9};
  EXPECT_THROW(static_cast<void>(read_control_frame(cut)), std::runtime_error);
}

}  // namespace
}  // namespace rhumb::control

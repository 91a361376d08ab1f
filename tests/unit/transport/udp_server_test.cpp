#include "transport/udp_server.hpp"

#include <ctime>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "served_snapshot.hpp"
#include "support/dns_client.hpp"
#include "support/wait_until.hpp"

namespace rhumb::transport {
namespace {

using test::UdpClient;
using testing::ElementsAre;

class UdpServerTest : public testing::TestWithParam<const char*> {
 protected:
  UdpServerTest() : published_(make_snapshot()) {}

  Published<answer::Snapshot> published_;
};

Endpoint any_port(const char* address) {
  return {*IpAddress::parse(address), 0};
}

TEST_P(UdpServerTest, AnswersOnBothFamilies) {
  const std::vector listen{any_port(GetParam())};
  const UdpServer server(listen, 2, published_, 1);
  for (std::uint16_t id = 0; id < 20; ++id) {
    const UdpClient client(server.endpoints()[0]);
    const auto response = client.ask(numbered_query("www.example.com", id));
    ASSERT_TRUE(response);
    const auto parsed = test::parse_response(*response);
    EXPECT_EQ(parsed.id, id);
    EXPECT_THAT(parsed.answer, ElementsAre("www.example.com. 300 IN A 192.0.2.1"));
  }
}

// The client's socket is connected: it takes an answer from no address but the one it asked.
TEST_P(UdpServerTest, OnAWildcardAnswersFromTheAddressThatWasAsked) {
  const bool is_v4 = GetParam() == std::string_view("127.0.0.1");
  const std::vector listen{any_port(is_v4 ? "0.0.0.0" : "::")};
  const UdpServer server(listen, 1, published_, 1);
  for (const char* address : is_v4 ? std::vector{"127.0.0.1", "127.1.2.3"} : std::vector{"::1"}) {
    const UdpClient client({*IpAddress::parse(address), server.endpoints()[0].port});
    EXPECT_TRUE(client.ask(numbered_query("www.example.com", 1))) << address;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, UdpServerTest, testing::Values("127.0.0.1", "::1"));

TEST_F(UdpServerTest, AnswersEveryQueryOfABurstOnce) {
  const std::vector listen{any_port("127.0.0.1")};
  const UdpServer server(listen, 1, published_, 1);
  const UdpClient client(server.endpoints()[0]);
  constexpr std::uint16_t kQueries = 200;  // more than a batch, less than a default socket buffer
  for (std::uint16_t id = 0; id < kQueries; ++id)
    client.send(numbered_query("www.example.com", id));
  std::set<std::uint16_t> ids;
  for (std::uint16_t i = 0; i < kQueries; ++i) {
    const auto response = client.receive();
    ASSERT_TRUE(response) << i;
    EXPECT_TRUE(ids.insert(load_u16(response->data())).second);
  }
  EXPECT_EQ(ids.size(), kQueries);
  EXPECT_EQ(server.counts().answered, kQueries);
}

TEST_F(UdpServerTest, SaysNothingToWhatDeservesNoAnswer) {
  const std::vector listen{any_port("127.0.0.1")};
  const UdpServer server(listen, 1, published_, 1);
  const UdpClient client(server.endpoints()[0]);
  client.send(dns::Message{});
  client.send(dns::Message(11));
  client.send(dns::query_message("www.example.com", dns::type::kA, dns::flag::kQr));
  dns::Message too_long = numbered_query("www.example.com", 7);
  too_long.resize(5'000);
  client.send(too_long);
  const auto response = client.ask(numbered_query("www.example.com", 9));
  ASSERT_TRUE(response);
  EXPECT_EQ(load_u16(response->data()), 9) << "the only answer is that to the good query";
}

TEST_F(UdpServerTest, TruncatesWhatDoesNotFit) {
  const std::vector listen{any_port("127.0.0.1")};
  const UdpServer server(listen, 1, published_, 1);
  const UdpClient client(server.endpoints()[0]);
  const auto response = client.ask(numbered_query("big.example.com", 1, 16));
  ASSERT_TRUE(response);
  EXPECT_TRUE(test::parse_response(*response).tc);
}

TEST_F(UdpServerTest, AnswersFromTheSnapshotThatIsPublished) {
  const std::vector listen{any_port("127.0.0.1")};
  const UdpServer server(listen, 2, published_, 1);
  const UdpClient client(server.endpoints()[0]);
  ASSERT_TRUE(client.ask(numbered_query("www.example.com", 1)));
  published_.publish(make_snapshot("192.0.2.77"));
  const auto response = client.ask(numbered_query("www.example.com", 2));
  ASSERT_TRUE(response);
  EXPECT_THAT(test::parse_response(*response).answer, ElementsAre("www.example.com. 300 IN A 192.0.2.77"));
}

TEST_F(UdpServerTest, NamesTheAddressThatItCannotBind) {
  const std::vector listen{*Endpoint::parse("192.0.2.1:5300")};
  try {
    const UdpServer server(listen, 1, published_, 1);
    FAIL() << "192.0.2.1 is nobody's address";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("cannot listen on 192.0.2.1:5300 (UDP): "));
  }
}

class LimitedUdpServerTest : public UdpServerTest {
 protected:
  // One response is free, the next only after a second: much longer than a test takes.
  const UdpServer& start(std::uint32_t slip, bool log_only = false) {
    RateLimits limits;
    limits.responses_per_second = 1;
    limits.slip = slip;
    limits.log_only = log_only;
    const std::vector listen{any_port("127.0.0.1")};
    server_ = std::make_unique<UdpServer>(listen, 1, published_, 1, limits);
    return *server_;
  }
  // Until the limit holds.
  void use_up() const {
    const UdpClient client(server_->endpoints()[0]);
    for (int i = 0; i < 10 && server_->counts().limited == 0; ++i) {
      client.send(numbered_query("www.example.com", 0));
      static_cast<void>(test::wait_until([&] { return server_->counts().received > static_cast<std::uint64_t>(i); }));
    }
  }

  std::unique_ptr<UdpServer> server_;
};

TEST_F(LimitedUdpServerTest, WhatSlipsIsTruncatedSoThatTheClientComesBackOverTcp) {
  start(1);
  use_up();
  const UdpClient client(server_->endpoints()[0]);
  const auto response = client.ask(numbered_query("www.example.com", 1));
  ASSERT_TRUE(response);
  const auto parsed = test::parse_response(*response);
  EXPECT_TRUE(parsed.tc);
  EXPECT_THAT(parsed.answer, testing::IsEmpty());
}

TEST_F(LimitedUdpServerTest, WithoutSlipNothingIsSent) {
  start(0);
  use_up();
  const std::uint64_t answered = server_->counts().answered;
  const std::uint64_t received = server_->counts().received;
  const UdpClient client(server_->endpoints()[0]);
  client.send(numbered_query("www.example.com", 1));
  ASSERT_TRUE(test::wait_until([&] { return server_->counts().received > received; }));
  EXPECT_EQ(server_->counts().answered, answered);
}

TEST_F(LimitedUdpServerTest, LogOnlyCountsAndAnswers) {
  start(0, true);
  use_up();
  const UdpClient client(server_->endpoints()[0]);
  const auto response = client.ask(numbered_query("www.example.com", 1));
  ASSERT_TRUE(response);
  EXPECT_FALSE(test::parse_response(*response).tc);
  EXPECT_GT(server_->counts().limited, 0U);
}

// RFC 7873 §1.2: a client with a cookie of ours has the address that it claims.
TEST_F(LimitedUdpServerTest, AValidCookieIsNotLimited) {
  const dns::CookieSecrets secrets = dns::CookieSecrets::derived_from(SipKey{});
  auto snapshot = std::make_unique<answer::Snapshot>(answer::Snapshot{
      zone::Zones({answer::make_zone("example.com", "@ SOA ns h 1 2 3 4 5\n@ NS ns.example.net.\nwww A 192.0.2.1\n")},
                  1),
      {},
      {},
      std::make_shared<health::Board>(0)});
  snapshot->settings.cookies = secrets;
  published_.publish(std::move(snapshot));
  start(0);
  use_up();
  const dns::Cookie mine{};
  const auto cookie = secrets.make(mine, IpAddress::v4(0x7F000001), static_cast<std::uint32_t>(time(nullptr)));
  dns::Message query = numbered_query("www.example.com", 3);
  dns::Message option{0, 10, 0, static_cast<std::uint8_t>(cookie.size())};
  option.insert(option.end(), cookie.begin(), cookie.end());
  dns::append_opt(query, option);
  const UdpClient client(server_->endpoints()[0]);
  const auto response = client.ask(query);
  ASSERT_TRUE(response);
  EXPECT_THAT(test::parse_response(*response).answer, testing::SizeIs(1));
}

}  // namespace
}  // namespace rhumb::transport

#include "transport/tcp_server.hpp"

#include <algorithm>
#include <list>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "served_snapshot.hpp"
#include "support/dns_client.hpp"
#include "support/wait_until.hpp"

namespace rhumb::transport {
namespace {

using namespace std::chrono_literals;
using test::Octets;
using test::TcpClient;
using test::with_length;
using testing::SizeIs;

class TcpServerTest : public testing::TestWithParam<const char*> {
 protected:
  TcpServerTest() : published_(make_snapshot()) {}

  const Endpoint& start(TcpLimits limits = {}, const char* address = "127.0.0.1") {
    const std::vector listen{Endpoint{*IpAddress::parse(address), 0}};
    server_ = std::make_unique<TcpServer>(listen, published_, 1, limits);
    return server_->endpoints()[0];
  }

  static std::uint16_t next_id(const TcpClient& client) {
    const auto response = client.receive();
    EXPECT_TRUE(response);
    return response ? load_u16(response->data()) : std::uint16_t{0xFFFF};
  }

  Published<answer::Snapshot> published_;
  std::unique_ptr<TcpServer> server_;
};

TEST_P(TcpServerTest, AnswersOnBothFamilies) {
  const TcpClient client(start({}, GetParam()));
  client.send_raw(with_length(numbered_query("www.example.com", 5)));
  EXPECT_EQ(next_id(client), 5);
}

INSTANTIATE_TEST_SUITE_P(Families, TcpServerTest, testing::Values("127.0.0.1", "::1"));

TEST_F(TcpServerTest, AnswersPipelinedQueriesInOrder) {
  const TcpClient client(start());
  Octets all;
  constexpr std::uint16_t kQueries = 500;
  for (std::uint16_t id = 0; id < kQueries; ++id) {
    const Octets one = with_length(numbered_query("www.example.com", id));
    all.insert(all.end(), one.begin(), one.end());
  }
  client.send_raw(all);
  for (std::uint16_t id = 0; id < kQueries; ++id)
    ASSERT_EQ(next_id(client), id);
}

TEST_F(TcpServerTest, TakesAQueryOctetByOctet) {
  const TcpClient client(start());
  const Octets query = with_length(numbered_query("www.example.com", 3));
  for (const std::uint8_t octet : query)
    client.send_raw(Octets{octet});
  EXPECT_EQ(next_id(client), 3);
}

TEST_F(TcpServerTest, GivesWholeBigAnswers) {
  const TcpClient client(start());
  client.send_raw(with_length(numbered_query("big.example.com", 3, 16)));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  const auto parsed = test::parse_response(*response);
  EXPECT_FALSE(parsed.tc);
  EXPECT_THAT(parsed.answer, SizeIs(400));
}

TEST_F(TcpServerTest, AnswersWhatCameBeforeAHalfClose) {
  const TcpClient client(start());
  client.send_raw(with_length(numbered_query("www.example.com", 1)));
  client.send_raw(with_length(numbered_query("www.example.com", 2)));
  client.finish_sending();
  EXPECT_EQ(next_id(client), 1);
  EXPECT_EQ(next_id(client), 2);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(TcpServerTest, AnEmptyMessageGetsNoAnswerAndDoesNotEndTheSession) {
  const TcpClient client(start());
  client.send_raw(with_length({}));
  client.send_raw(with_length(numbered_query("www.example.com", 4)));
  EXPECT_EQ(next_id(client), 4);
}

TEST_F(TcpServerTest, ClosesAConnectionThatIsIdle) {
  const TcpClient client(start({.connections = 10, .idle = 100ms}));
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(TcpServerTest, HalfAQueryIsIdleToo) {
  const TcpClient client(start({.connections = 10, .idle = 100ms}));
  client.send_raw(Octets{0, 40, 1});
  EXPECT_TRUE(client.is_closed_by_server());
}

// The reader that never reads: the server stops reading, too, and then closes.
TEST_F(TcpServerTest, ClosesAConnectionWhoseAnswersAreNotRead) {
  const TcpClient client(start({.connections = 10, .idle = 200ms}));
  const Octets query = with_length(numbered_query("big.example.com", 3, 16));
  while (client.send_raw(query)) {
  }
}

TEST_F(TcpServerTest, AtTheLimitTheMostIdleConnectionGoes) {
  const Endpoint server = start({.connections = 3, .idle = 60s});
  const auto ask = [](const TcpClient& client, std::uint16_t id) {
    client.send_raw(with_length(numbered_query("www.example.com", id)));
    EXPECT_EQ(next_id(client), id);
  };
  std::list<TcpClient> clients;
  for (std::uint16_t i = 0; i < 3; ++i)
    ask(clients.emplace_back(server), i);
  ask(clients.front(), 10);  // now the second is the most idle
  ask(clients.emplace_back(server), 3);
  EXPECT_TRUE(std::next(clients.begin())->is_closed_by_server());
  ask(clients.front(), 11);
  ask(clients.back(), 12);
}

TEST_F(TcpServerTest, StopsWithConnectionsOpen) {
  const TcpClient client(start());
  client.send_raw(Octets{0});
  server_.reset();
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(TcpServerTest, ANetworkHasItsShareOfConnectionsAndNoMore) {
  TcpLimits limits;
  limits.connections_per_network = 2;
  const Endpoint& server = start(limits);
  const auto answers = [](const TcpClient& client) {
    client.send_raw(with_length(numbered_query("www.example.com", 1)));
    return client.receive().has_value();
  };
  const TcpClient first(server);
  EXPECT_TRUE(answers(first));
  {
    const TcpClient second(server);
    EXPECT_TRUE(answers(second));
    EXPECT_TRUE(TcpClient(server).is_closed_by_server()) << "the third of 127.0.0.0/24";
  }
  EXPECT_TRUE(test::wait_until([&] { return answers(TcpClient(server)); })) << "the second has gone";
  EXPECT_TRUE(answers(first));
}

TEST_F(TcpServerTest, EvenABusyConnectionEndsAfterItsLifetime) {
  TcpLimits limits;
  limits.lifetime = 50ms;
  const TcpClient client(start(limits));
  EXPECT_TRUE(test::wait_until([&] {
    client.send_raw(with_length(numbered_query("www.example.com", 1)));
    return !client.receive();
  }));
}

TEST_F(TcpServerTest, TellsHowLongItKeepsAnIdleConnection) {
  auto snapshot = std::make_unique<answer::Snapshot>(answer::Snapshot{
      zone::Zones({answer::make_zone("example.com", "@ SOA ns h 1 2 3 4 5\n@ NS ns.example.net.\n")}, 1),
      {},
      {},
      std::make_shared<health::Board>(0)});
  snapshot->settings.tcp_idle = 7s;
  published_.publish(std::move(snapshot));
  const TcpClient client(start());
  dns::Message query = numbered_query("example.com", 1);
  dns::append_opt(query, {0, 11, 0, 0});
  client.send_raw(with_length(query));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  const dns::Message expected{0, 11, 0, 2, 0, 70};  // in 100 ms (RFC 7828 §3.1)
  EXPECT_NE(std::search(response->begin(), response->end(), expected.begin(), expected.end()), response->end());
}

}  // namespace
}  // namespace rhumb::transport

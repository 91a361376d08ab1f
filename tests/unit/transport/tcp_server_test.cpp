#include "transport/tcp_server.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <list>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "served_snapshot.hpp"
#include "support/dns_client.hpp"
#include "support/wait_until.hpp"
#include "transport/socket.hpp"

namespace rhumb::transport {
namespace {

using namespace std::chrono_literals;
using test::Octets;
using test::TcpClient;
using test::with_length;
using testing::ElementsAre;
using testing::SizeIs;

class TcpServerTest : public testing::TestWithParam<const char*> {
 protected:
  TcpServerTest() : published_(make_snapshot()) {}

  const Endpoint& start(const TcpLimits& limits = {}, const char* address = "127.0.0.1", unsigned threads = 1) {
    const std::vector listen{Endpoint{*IpAddress::parse(address), 0}};
    server_ = std::make_unique<TcpServer>(listen, threads, published_, 1, limits);
    return server_->endpoints()[0];
  }

  static std::uint16_t next_id(const TcpClient& client) {
    const auto response = client.receive();
    EXPECT_TRUE(response);
    return response ? load_u16(response->data()) : std::uint16_t{0xFFFF};
  }

  static void ask(const TcpClient& client, std::uint16_t id) {
    client.send_raw(with_length(numbered_query("www.example.com", id)));
    EXPECT_EQ(next_id(client), id);
  }
  static bool answers(const TcpClient& client) {
    client.send_raw(with_length(numbered_query("www.example.com", 1)));
    return client.receive().has_value();
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

TEST_F(TcpServerTest, AMessageAsLongAsThereCanBeIsTaken) {
  const TcpClient client(start());
  dns::Message longest = dns::query_message("www.example.com", dns::type::kA, dns::flag::kQr);  // gets no answer
  longest.resize(0xFFFF);
  client.send_raw(with_length(longest));
  ask(client, 4);
}

TEST_F(TcpServerTest, AClientThatReadsLateGetsAllAnswersInOrderAlsoAfterAHalfClose) {
  const TcpClient client(start());
  constexpr std::uint16_t kQueries = 500;  // for 22 MB, which no socket holds
  for (std::uint16_t id = 0; id < kQueries; ++id)
    client.send_raw(with_length(numbered_query("big.example.com", id, dns::type::kTxt)));
  client.finish_sending();
  for (std::uint16_t id = 0; id < kQueries; ++id)
    ASSERT_EQ(next_id(client), id);
  EXPECT_TRUE(client.is_closed_by_server());
}

// A thread that waits must not be waited for.
TEST_F(TcpServerTest, AnswersFromTheSnapshotThatIsPublishedWhileConnectionsAreIdle) {
  const TcpClient client(start({}, "127.0.0.1", 2));
  ask(client, 1);
  published_.publish(make_snapshot("192.0.2.77"));
  client.send_raw(with_length(numbered_query("www.example.com", 2)));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_THAT(test::parse_response(*response).answer, ElementsAre("www.example.com. 300 IN A 192.0.2.77"));
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
  std::list<TcpClient> clients;
  for (std::uint16_t i = 0; i < 3; ++i)
    ask(clients.emplace_back(server), i);
  ask(clients.front(), 10);  // now the second is the most idle
  ask(clients.emplace_back(server), 3);
  EXPECT_TRUE(std::next(clients.begin())->is_closed_by_server());
  ask(clients.front(), 11);
  ask(clients.back(), 12);
}

// Which thread a connection comes to is the kernel's choice: with eight of them, hardly ever the same for all.
TEST_F(TcpServerTest, AtTheLimitTheMostIdleConnectionOfAllThreadsGoes) {
  constexpr std::uint16_t kLimit = 12;
  const Endpoint server = start({.connections = kLimit, .idle = 60s}, "127.0.0.1", 8);
  std::list<TcpClient> clients;
  for (std::uint16_t i = 0; i < kLimit; ++i)
    ask(clients.emplace_back(server), i);
  for (std::uint16_t i = 0; i < kLimit; ++i) {
    ask(clients.emplace_back(server), i);
    EXPECT_TRUE(clients.front().is_closed_by_server()) << i;
    clients.pop_front();
  }
  for (const TcpClient& client : clients)
    ask(client, 1);
}

// In a process that has just one descriptor left, for the client's own end.
TEST_F(TcpServerTest, WithoutADescriptorTheMostIdleConnectionGoes) {
  const Endpoint server = start();
  const TcpClient idle(server);
  ask(idle, 1);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(Descriptor(dup(0)).get()) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  {
    const TcpClient client(server);
    EXPECT_TRUE(idle.is_closed_by_server());
    ask(client, 2);
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(TcpServerTest, ThreadsShareTheAddressWithEachOtherAndWithNobodyElse) {
  const Endpoint server = start({}, "127.0.0.1", 4);
  std::list<TcpClient> clients;
  for (std::uint16_t i = 0; i < 40; ++i)
    ask(clients.emplace_back(server), i);
  try {
    const std::vector listen{server};
    const TcpServer second(listen, 4, published_, 1);
    FAIL() << "the address is taken";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.what(), "cannot listen on " + server.to_string() + " (TCP): Address already in use");
  }
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
  const Endpoint& server = start(limits, "127.0.0.1", 4);
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

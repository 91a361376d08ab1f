#include "transport/bound_sockets.hpp"

#include <sys/un.h>
#include <unistd.h>

#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "served_snapshot.hpp"
#include "support/dns_client.hpp"
#include "support/wait_until.hpp"
#include "transport/tcp_server.hpp"
#include "transport/udp_server.hpp"

namespace rhumb::transport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

Endpoint loopback_port(std::uint16_t port = 0) {
  return {IpAddress::v4(0x7F00'0001), port};
}

Descriptor listening_socket(const Endpoint& endpoint) {
  Descriptor socket = bind_socket(endpoint, SOCK_STREAM, false);
  EXPECT_EQ(listen(socket.get(), 8), 0);
  return socket;
}

// What another process would have of `sockets`.
void share(const std::vector<int>& sockets, BoundSockets& with) {
  for (const int socket : sockets)
    EXPECT_FALSE(with.add(Descriptor(dup(socket))));
}

bool answers_over_udp(const Endpoint& server) {
  return test::UdpClient(server).ask(numbered_query("www.example.com", 1)).has_value();
}

bool answers_over_tcp(const Endpoint& server) {
  const test::TcpClient client(server);
  client.send_raw(test::with_length(numbered_query("www.example.com", 1)));
  return client.receive().has_value();
}

TEST(BoundSockets, GivesThoseOfAnAddressInTheirOrderAndOnlyOnce) {
  BoundSockets sockets;
  Descriptor first = bind_socket(loopback_port(), SOCK_DGRAM, true);
  const Endpoint endpoint = bound_endpoint(first.get());
  Descriptor second = bind_socket(endpoint, SOCK_DGRAM, true);
  Descriptor other = bind_socket(loopback_port(), SOCK_DGRAM, true);
  const std::vector fds{first.get(), second.get()};
  EXPECT_FALSE(sockets.add(std::move(first)));
  EXPECT_FALSE(sockets.add(std::move(other)));
  EXPECT_FALSE(sockets.add(std::move(second)));
  const auto taken = sockets.take(endpoint, SOCK_DGRAM, 1);
  ASSERT_THAT(taken, SizeIs(2));
  EXPECT_THAT((std::vector{taken[0].get(), taken[1].get()}), testing::ContainerEq(fds));
  EXPECT_THAT(sockets.left(), SizeIs(1));
}

TEST(BoundSockets, BindsOthersBesideThoseThatAreTooFew) {
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    BoundSockets sockets;
    Descriptor one = type == SOCK_DGRAM ? bind_socket(loopback_port(), type, true) : listening_socket(loopback_port());
    const Endpoint endpoint = bound_endpoint(one.get());
    EXPECT_FALSE(sockets.add(std::move(one)));
    const auto taken = sockets.take(endpoint, type, 3);
    ASSERT_THAT(taken, SizeIs(3));
    for (const Descriptor& socket : taken)
      EXPECT_EQ(bound_endpoint(socket.get()), endpoint);
  }
}

TEST(BoundSockets, WhatIsBoundBeforehandIsNotBoundAgain) {
  BoundSockets sockets;
  const std::vector listen{loopback_port()};
  sockets.bind_missing(listen, 2);
  EXPECT_THAT(sockets.left(), SizeIs(4));
  EXPECT_THAT(sockets.take(listen[0], SOCK_STREAM, 2), SizeIs(2));
  EXPECT_THAT(sockets.take(listen[0], SOCK_DGRAM, 2), SizeIs(2));
  EXPECT_THAT(sockets.left(), IsEmpty());
}

TEST(BoundSockets, AnAddressOfAnotherServerIsAnErrorBeforeAnythingIsServed) {
  const Descriptor other = listening_socket(loopback_port());
  const std::vector listen{bound_endpoint(other.get())};
  BoundSockets sockets;
  EXPECT_THROW(sockets.bind_missing(listen, 2), std::system_error);
}

TEST(BoundSockets, RefusesWhatCannotBeServed) {
  BoundSockets sockets;
  EXPECT_THAT(sockets.add(Descriptor(dup(STDERR_FILENO))), Optional(HasSubstr("no socket")));
  EXPECT_THAT(sockets.add(Descriptor(::socket(AF_UNIX, SOCK_STREAM, 0))), Optional(HasSubstr("of another kind")));
  EXPECT_THAT(sockets.add(Descriptor(::socket(AF_INET, SOCK_DGRAM, 0))), Optional(HasSubstr("not bound")));
  EXPECT_THAT(sockets.add(bind_socket(loopback_port(), SOCK_STREAM, false)), Optional(HasSubstr("does not listen")));
  EXPECT_THAT(sockets.left(), IsEmpty());
}

// Two servers in turns, as two processes would be: descriptors of the same sockets.
class SharedSockets : public testing::Test {
 protected:
  SharedSockets() : published_(make_snapshot()) {}

  std::unique_ptr<UdpServer> udp(unsigned threads, BoundSockets* bound = nullptr) {
    return std::make_unique<UdpServer>(listen_, threads, published_, 1, RateLimits(), bound);
  }
  std::unique_ptr<TcpServer> tcp(unsigned threads, BoundSockets* bound = nullptr) {
    return std::make_unique<TcpServer>(listen_, threads, published_, 1, TcpLimits(), bound);
  }

  std::vector<Endpoint> listen_{loopback_port()};
  Published<answer::Snapshot> published_;
};

TEST_F(SharedSockets, UdpIsAnsweredByWhoeverIsThere) {
  for (const auto& [before, after] : {std::pair{1U, 1U}, std::pair{1U, 3U}, std::pair{3U, 1U}}) {
    listen_ = {loopback_port()};
    auto old = udp(before);
    listen_ = old->endpoints();
    BoundSockets bound;
    share(old->sockets(), bound);
    const auto successor = udp(after, &bound);
    EXPECT_THAT(successor->sockets(), SizeIs(std::max(before, after)));
    old->stop();
    for (int i = 0; i < 50; ++i)  // from as many ports: to each of the sockets
      EXPECT_TRUE(answers_over_udp(listen_[0]));
    EXPECT_EQ(successor->counts().answered, 50U) << "the old one reads no more";
    old.reset();
    EXPECT_TRUE(answers_over_udp(listen_[0]));
  }
}

TEST_F(SharedSockets, OfABurstDuringWhichTheOldOneStopsEveryQueryIsAnsweredOnce) {
  auto old = udp(2);
  listen_ = old->endpoints();
  BoundSockets bound;
  share(old->sockets(), bound);
  const auto successor = udp(2, &bound);
  const test::UdpClient client(listen_[0]);
  constexpr std::uint16_t kQueries = 200;  // less than a default socket buffer
  for (std::uint16_t id = 0; id < kQueries; ++id) {
    client.send(numbered_query("www.example.com", id));
    if (id == kQueries / 2) old->stop();
  }
  std::set<std::uint16_t> ids;
  for (std::uint16_t i = 0; i < kQueries; ++i) {
    const auto response = client.receive();
    ASSERT_TRUE(response) << i;
    EXPECT_TRUE(ids.insert(load_u16(response->data())).second);
  }
  EXPECT_EQ(old->counts().answered + successor->counts().answered, kQueries);
}

TEST_F(SharedSockets, TcpConnectionsGoOnWithTheSuccessor) {
  auto old = tcp(2);
  listen_ = old->endpoints();
  BoundSockets bound;
  share(old->sockets(), bound);
  const auto successor = tcp(1, &bound);
  std::vector<std::unique_ptr<test::TcpClient>> clients;
  const auto query = test::with_length(numbered_query("www.example.com", 7));
  for (std::size_t i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<test::TcpClient>(listen_[0]));
    clients.back()->send_raw(query);
    ASSERT_TRUE(clients.back()->receive());
    clients.back()->send_raw(Bytes(query).first(i));  // as much of the next one
  }
  old->give_away([&](TcpConnection connection) { successor->adopt(std::move(connection)); });
  EXPECT_TRUE(answers_over_tcp(listen_[0])) << "new ones are accepted by the successor";
  old.reset();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i]->send_raw(Bytes(query).subspan(i));
    const auto response = clients[i]->receive();
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(load_u16(response->data()), 7);
  }
}

TEST_F(SharedSockets, AClientThatReadsLateIsGivenAwayWhenItHasAllThatItWasAnswered) {
  auto old = tcp(1);
  listen_ = old->endpoints();
  BoundSockets bound;
  share(old->sockets(), bound);
  const auto successor = tcp(1, &bound);
  const test::TcpClient client(listen_[0]);
  constexpr std::uint16_t kQueries = 500;  // for 22 MB, which no socket holds
  for (std::uint16_t id = 0; id < kQueries; ++id)
    client.send_raw(test::with_length(numbered_query("big.example.com", id, dns::type::kTxt)));
  std::thread leaving([&] { old->give_away([&](TcpConnection gone) { successor->adopt(std::move(gone)); }); });
  for (std::uint16_t id = 0; id < kQueries; ++id) {
    const auto response = client.receive();
    ASSERT_TRUE(response) << id;
    ASSERT_EQ(load_u16(response->data()), id);
  }
  leaving.join();
  old.reset();
  client.send_raw(test::with_length(numbered_query("www.example.com", 9)));
  EXPECT_TRUE(client.receive());
}

// What the watchdog asks: threads that have ended do as well as threads that hang.
TEST_F(SharedSockets, ThreadsThatLeaveQueriesWaitingMakeNoProgress) {
  const auto server = udp(1);
  const test::UdpClient client(server->endpoints()[0]);
  EXPECT_TRUE(client.ask(numbered_query("www.example.com", 1)));
  EXPECT_TRUE(server->makes_progress());
  EXPECT_TRUE(server->makes_progress()) << "nobody asks";
  server->stop();
  client.send(numbered_query("www.example.com", 2));
  EXPECT_TRUE(server->makes_progress()) << "it may just have come";
  EXPECT_FALSE(server->makes_progress());
}

TEST_F(SharedSockets, TcpThreadsThatDoNotComeRoundMakeNoProgress) {
  const auto server = tcp(1);
  EXPECT_TRUE(server->makes_progress());
  const auto comes_round = [&] { return server->makes_progress(); };
  EXPECT_TRUE(test::wait_until(comes_round));
  EXPECT_TRUE(test::wait_until(comes_round));
  server->give_away([](const TcpConnection&) {});
  static_cast<void>(server->makes_progress());
  EXPECT_FALSE(server->makes_progress());
}

// Listening sockets that are more than threads: all are accepted from.
TEST_F(SharedSockets, FewerThreadsAcceptFromAllOfTheSockets) {
  auto old = tcp(4);
  listen_ = old->endpoints();
  BoundSockets bound;
  share(old->sockets(), bound);
  const auto successor = tcp(1, &bound);
  EXPECT_THAT(successor->sockets(), SizeIs(4));
  old.reset();
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(answers_over_tcp(listen_[0]));
}

TEST_F(SharedSockets, OneListeningSocketBecomesSeveral) {
  auto old = tcp(1);  // whose address is not shared
  listen_ = old->endpoints();
  BoundSockets bound;
  share(old->sockets(), bound);
  const auto successor = tcp(3, &bound);
  old.reset();
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(answers_over_tcp(listen_[0]));
}

}  // namespace
}  // namespace rhumb::transport

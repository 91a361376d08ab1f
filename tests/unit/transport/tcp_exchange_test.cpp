#include "transport/tcp_exchange.hpp"

#include <sys/socket.h>

#include <gtest/gtest.h>

#include "served_snapshot.hpp"
#include "support/dns_client.hpp"

namespace rhumb::transport {
namespace {

using test::Octets;
using test::with_length;
using Next = TcpExchange::Next;

// A session whose client is the other end of a pair of sockets.
class TcpExchangeTest : public testing::Test {
 protected:
  TcpExchangeTest() : snapshot_(make_snapshot()), exchange_(std::make_unique<TcpExchange>(1)) {
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
    client_ = Descriptor(ends[0]);
    session_.emplace(Descriptor(ends[1]), IpAddress::v4(0x7F000001), TcpSession::Clock::time_point{});
  }

  void send(Bytes octets) const {
    ASSERT_EQ(::send(client_.get(), octets.data(), octets.size(), 0), static_cast<ssize_t>(octets.size()));
  }
  Next serve() {
    now_ += std::chrono::seconds(1);
    return exchange_->serve(*session_, {*snapshot_, now_, 0});
  }
  // The identifiers of all answers that are there now.
  std::vector<std::uint16_t> receive() {
    Octets octets(1 << 20);
    for (ssize_t size = 0; (size = recv(client_.get(), octets.data(), octets.size(), 0)) > 0;)
      received_.insert(received_.end(), octets.begin(), octets.begin() + size);
    std::vector<std::uint16_t> ids;
    std::size_t at = 0;
    while (at + kLengthSize <= received_.size()) {
      const std::size_t size = kLengthSize + load_u16(&received_[at]);
      if (at + size > received_.size()) break;
      ids.push_back(load_u16(&received_[at + kLengthSize]));
      at += size;
    }
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(at));
    return ids;
  }

  std::unique_ptr<const answer::Snapshot> snapshot_;
  std::unique_ptr<TcpExchange> exchange_;
  Descriptor client_;
  std::optional<TcpSession> session_;
  TcpSession::Clock::time_point now_;

 private:
  Octets received_;
};

Octets queries(const char* name, std::uint16_t count, dns::Type type) {
  Octets all;
  for (std::uint16_t id = 0; id < count; ++id) {
    const Octets one = with_length(numbered_query(name, id, type));
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

std::vector<std::uint16_t> ids_up_to(std::uint16_t count) {
  std::vector<std::uint16_t> ids;
  for (std::uint16_t id = 0; id < count; ++id)
    ids.push_back(id);
  return ids;
}

TEST_F(TcpExchangeTest, AllThatIsInFlightIsAnsweredInOneGoAndLeavesNoMemoryBehind) {
  send(queries("www.example.com", 16, dns::type::kA));
  EXPECT_EQ(serve(), Next::read);
  EXPECT_EQ(receive(), ids_up_to(16));
  EXPECT_EQ(session_->last_query, now_);
  EXPECT_EQ(session_->framing.capacity(), 0U);
}

TEST_F(TcpExchangeTest, WithNothingToReadTheSessionGoesOn) {
  EXPECT_EQ(serve(), Next::read);
  EXPECT_NE(session_->last_query, now_);
}

TEST_F(TcpExchangeTest, HalfAQueryIsNoQuery) {
  const Octets query = with_length(numbered_query("www.example.com", 0));
  send(Bytes(query).first(20));
  EXPECT_EQ(serve(), Next::read);
  EXPECT_NE(session_->last_query, now_);
  send(Bytes(query).subspan(20));
  EXPECT_EQ(serve(), Next::read);
  EXPECT_EQ(session_->last_query, now_);
  EXPECT_EQ(receive(), ids_up_to(1));
}

TEST_F(TcpExchangeTest, TheEndOfTheStreamEndsTheSessionAfterWhatCameBefore) {
  send(queries("www.example.com", 2, dns::type::kA));
  shutdown(client_.get(), SHUT_WR);
  EXPECT_EQ(serve(), Next::read);
  EXPECT_EQ(receive(), ids_up_to(2));
  EXPECT_EQ(serve(), Next::end);
}

TEST_F(TcpExchangeTest, AClientThatHasGoneEndsTheSession) {
  send(queries("www.example.com", 2, dns::type::kA));
  client_ = {};
  EXPECT_EQ(serve(), Next::end);
}

// A big answer has some 45,000 octets, so that a hundred are more than the socket takes.
TEST_F(TcpExchangeTest, WhatAClientDoesNotReadIsBoundedAndWhenItReadsItGetsAllInOrder) {
  constexpr std::uint16_t kQueries = 100;
  send(queries("big.example.com", kQueries, dns::type::kTxt));
  Next next = serve();
  for (int i = 0; i < kQueries; ++i) {
    ASSERT_EQ(next, Next::write);
    ASSERT_LE(session_->backlog->output.size(), 64 * 1'024 + kLengthSize + dns::kMessageMax);
    ASSERT_LE(session_->backlog->input.size(), 64 * 1'024U);
    next = serve();
  }
  EXPECT_NE(session_->last_query, now_) << "one who does not read is idle, whatever it has sent";
  std::vector<std::uint16_t> ids;
  while (ids.size() < kQueries) {
    const auto more = receive();
    ids.insert(ids.end(), more.begin(), more.end());
    next = serve();
  }
  EXPECT_EQ(ids, ids_up_to(kQueries));
  EXPECT_EQ(next, Next::read);
  EXPECT_EQ(session_->backlog, nullptr);
}

}  // namespace
}  // namespace rhumb::transport

// What the threads that answer count.
#include "transport/answerer.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "served_snapshot.hpp"
#include "support/dns_client.hpp"
#include "transport/tcp_server.hpp"
#include "transport/udp_server.hpp"

namespace rhumb::transport {
namespace {

using answer::Counts;
using answer::Summary;
namespace counter = answer::counter;

const std::vector kAnyPort{Endpoint{IpAddress::v4(0x7F00'0001), 0}};

template <typename Server>
Counts counts_of(const Server& server) {
  Counts counts;
  server.add_to(counts);
  return counts;
}

std::size_t place_of_a(answer::Transport transport) {
  return counter::queries(transport, Family::v4) + counter::query(dns::type::kA, dns::Rcode::no_error);
}

// One thread counts while another sums: what it sees never goes back, and in the end nothing is lost.
TEST(Answerer, CountsWhileOthersRead) {
  constexpr std::uint64_t kRounds = 20'000;
  const auto snapshot = make_snapshot();
  Answerer answerer(1);
  std::thread writer([&] {
    const std::vector<Summary> summaries(3, Summary{.type = dns::type::kA});
    for (std::uint64_t i = 0; i < kRounds; ++i)
      answerer.count(summaries, answer::Transport::udp, Family::v4, *snapshot);
  });
  std::uint64_t seen = 0;
  while (seen < 3 * kRounds) {
    Counts counts;
    counts += answerer.counters();
    ASSERT_GE(counts[place_of_a(answer::Transport::udp)], seen);
    seen = counts[place_of_a(answer::Transport::udp)];
    std::this_thread::yield();
  }
  writer.join();
  EXPECT_EQ(seen, 3 * kRounds);
}

TEST(Answerer, TimesOneAnswerInSoMany) {
  const auto snapshot = make_snapshot();
  Answerer answerer(1);
  const auto query = numbered_query("www.example.com", 1);
  std::vector<std::uint8_t> response(dns::kUdpPayloadMax);
  const auto timed = [&answerer] {
    Counts counts;
    counts += answerer.counters();
    std::uint64_t sum = 0;
    for (std::size_t bucket = 0; bucket < answer::kTimeBuckets; ++bucket)
      sum += counts[counter::kTimes + bucket];
    return sum;
  };
  for (std::uint32_t i = 1; i <= 2 * Answerer::kTimedEvery; ++i) {
    Summary summary;
    EXPECT_GT(answerer.answer(*snapshot, {}, query, response, summary), 0U);
    EXPECT_EQ(timed(), i / Answerer::kTimedEvery);
  }
}

// Each logged answer is in the tap, and those that are timed are no others for it.
TEST(Answerer, LogsAsManyAsItsTapSays) {
  const auto snapshot = make_snapshot();
  Answerer answerer(1);
  const auto query = numbered_query("www.example.com", 1);
  std::vector<std::uint8_t> response(dns::kUdpPayloadMax);
  const auto logged = [&](int queries) {
    int count = 0;
    answerer.heed_tap();
    for (int i = 0; i < queries; ++i) {
      Summary summary;
      EXPECT_GT(answerer.answer(*snapshot, {}, query, response, summary), 0U);
      if (answerer.tap().front() == nullptr) continue;
      EXPECT_EQ(dns::Message(answerer.tap().front()->query().begin(), answerer.tap().front()->query().end()), query);
      answerer.tap().pop();
      ++count;
    }
    return count;
  };
  EXPECT_EQ(logged(1'000), 0);
  answerer.tap().open(1);
  EXPECT_EQ(logged(1'000), 1'000);
  answerer.tap().open(0.1);
  EXPECT_NEAR(logged(10'000), 1'000, 5 * 30);  // five standard deviations
  answerer.tap().close();
  EXPECT_EQ(logged(1'000), 0);
  Counts counts;
  counts += answerer.counters();
  std::uint64_t timed = 0;
  for (std::size_t bucket = 0; bucket < answer::kTimeBuckets; ++bucket)
    timed += counts[counter::kTimes + bucket];
  EXPECT_EQ(timed, 13'000 / Answerer::kTimedEvery);
}

TEST(Answerer, AnswersAllTheSameWhenTheRingIsFull) {
  const auto snapshot = make_snapshot();
  Answerer answerer(1);
  answerer.tap().open(1);
  answerer.heed_tap();
  std::vector<std::uint8_t> response(dns::kUdpPayloadMax);
  for (std::size_t i = 0; i < answer::QueryTap::kRecordsMax + 5; ++i) {
    Summary summary;
    EXPECT_GT(answerer.answer(*snapshot, {}, numbered_query("www.example.com", 1), response, summary), 0U);
    EXPECT_EQ(summary.type, dns::type::kA);
  }
  EXPECT_EQ(answerer.tap().dropped(), 5U);
}

// Turned on, off and on while it answers, with another thread that reads: what the thread sanitizer is to see.
TEST(Answerer, IsReadWhileItAnswers) {
  const Published<answer::Snapshot> published(make_snapshot());
  const UdpServer server(kAnyPort, 1, published, 1);
  const test::UdpClient client(server.endpoints()[0]);
  answer::QueryTap& tap = *server.taps().front();
  for (std::uint16_t id = 0; id < 20; ++id) {
    if (id % 2 == 0) {
      tap.open(1);
    } else {
      tap.close();
    }
    ASSERT_TRUE(client.ask(numbered_query("www.example.com", id)));
    ASSERT_EQ(tap.front() != nullptr, id % 2 == 0);
    if (tap.front() == nullptr) continue;
    EXPECT_EQ(load_u16(tap.front()->query().data()), id);
    EXPECT_EQ(load_u16(tap.front()->response().data()), id);
    tap.pop();
  }
}

TEST(Answerer, OfAUdpServerCountsAnswersAndWhatDeservesNone) {
  const Published<answer::Snapshot> published(make_snapshot());
  const UdpServer server(kAnyPort, 2, published, 1);
  const test::UdpClient client(server.endpoints()[0]);
  dns::Message too_long = numbered_query("www.example.com", 7);
  too_long.resize(5'000);
  client.send(too_long);
  client.send(dns::Message(11));
  for (std::uint16_t id = 0; id < 5; ++id)
    ASSERT_TRUE(client.ask(numbered_query("www.example.com", id)));
  const Counts counts = counts_of(server);
  EXPECT_EQ(counts[place_of_a(answer::Transport::udp)], 5U) << "counted before it is sent";
  EXPECT_EQ(counts[counter::fate(answer::Transport::udp, answer::Fate::malformed)], 2U);
  EXPECT_EQ(counts[place_of_a(answer::Transport::tcp)], 0U);
}

TEST(Answerer, OfATcpServerCountsEachQueryOfAConnection) {
  const Published<answer::Snapshot> published(make_snapshot());
  const TcpServer server(kAnyPort, 1, published, 1);
  const test::TcpClient client(server.endpoints()[0]);
  for (std::uint16_t id = 0; id < 3; ++id)
    client.send_raw(test::with_length(numbered_query("www.example.com", id)));
  for (std::uint16_t id = 0; id < 3; ++id)
    ASSERT_TRUE(client.receive());
  EXPECT_EQ(counts_of(server)[place_of_a(answer::Transport::tcp)], 3U);
  EXPECT_EQ(server.connections().accepted, 1U);
  EXPECT_EQ(server.connections().open, 1U);
}

}  // namespace
}  // namespace rhumb::transport

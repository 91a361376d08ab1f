// Whatever is sent to it, the server goes on answering, and does not grow.
#include <sys/resource.h>

#include <cstdlib>
#include <iostream>
#include <list>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "support/long_run.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::ElementsAre;

// What the allocator may keep back of a burst. Every datagram that left a few hundred octets behind would be more.
[[maybe_unused]] constexpr std::size_t kGrowthMax = 6 << 20;

class Robustness : public testing::Test {
 protected:
  Robustness() : seed_(std::random_device()()), random_(seed_) { std::cout << "seed " << seed_ << '\n'; }

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_.next() % limit); }

  Octets random_octets(std::size_t most) {
    Octets octets(below(most + 1));
    for (std::uint8_t& octet : octets)
      octet = static_cast<std::uint8_t>(random_.next());
    return octets;
  }

  Octets good_query() {
    static constexpr const char* kNames[] = {
        "www.example.com",      "shop.example.com",  "static.example.com", "nowhere.example.com",
        "a.b.apps.example.com", "x.lab.example.com", "www.example.net",    ".",
        "WWW.EXAMPLE.COM"};
    static constexpr const char* kClients[] = {"", kParis, "2001:db8:4::/48", "0.0.0.0/0", "10.0.0.0/8"};
    static constexpr dns::Type kTypes[] = {1, 2, 5, 6, 15, 16, 28, 41, 250, 251, 252, 255, 65'535};
    return to_query({.name = kNames[below(std::size(kNames))],
                     .type = kTypes[below(std::size(kTypes))],
                     .client = kClients[below(std::size(kClients))]});
  }

  // A query with octets changed, cut off, put in or appended; or noise from the start.
  Octets broken_query() {
    if (below(8) == 0) return random_octets(600);
    Octets octets = good_query();
    for (std::size_t changes = 1 + below(4); changes > 0; --changes)
      octets[below(octets.size())] = static_cast<std::uint8_t>(random_.next());
    if (below(4) == 0) octets.resize(1 + below(octets.size()));
    if (below(4) == 0) {
      const Octets more = random_octets(40);
      octets.insert(octets.begin() + static_cast<std::ptrdiff_t>(below(octets.size() + 1)), more.begin(), more.end());
    }
    return octets;
  }

  // After it, all that was sent before has been dealt with.
  void expect_good_answer() {
    ASSERT_THAT(world_.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kEuWest));
    ASSERT_TRUE(world_.rhumb().is_running());
  }

  // In portions that fit into the server's buffers, so that it reads all of them.
  void send_broken_datagrams(int count) {
    constexpr int kPortion = 200;
    for (int sent = 0; sent < count; ++sent) {
      if (sent % kPortion == 0) {
        ASSERT_NO_FATAL_FAILURE(expect_good_answer());
      }
      const Octets query = broken_query();
      client_.send(query);
      if (sent % kPortion == kPortion - 1) drain();
    }
  }

  void send_broken_streams(int count) {
    for (int sent = 0; sent < count; ++sent) {
      const TcpClient client(world_.server());
      for (std::size_t messages = below(4); messages > 0; --messages)
        client.send_raw(with_length(broken_query()));
      client.send_raw(below(2) == 0 ? random_octets(3'000) : with_length(good_query()));
      if (below(3) == 0) client.finish_sending();
      if (sent % 20 == 0) {
        ASSERT_NO_FATAL_FAILURE(expect_good_answer());
      }
    }
    const Response whole = world_.ask_over_tcp({.name = "www.example.com", .client = kParis});
    EXPECT_THAT(data_of(whole.answer), ElementsAre(kEuWest));
  }

  void expect_no_growth_since(std::size_t resident_before) {
#ifdef RHUMB_IS_SANITIZED
    (void)resident_before;  // sanitizers keep what was freed
#else
    EXPECT_LT(world_.rhumb().resident_size(), resident_before + kGrowthMax);
#endif
  }

  World world_;
  std::uint64_t seed_;
  Random random_;

 private:
  // Reads what is there, and forgets it.
  void drain() {
    while (client_.receive(std::chrono::milliseconds(1))) {
    }
  }

  UdpClient client_{(world_.serve(), world_.server())};
};

TEST_F(Robustness, BrokenDatagramsAreSurvivedAndLeaveNothingBehind) {
  send_broken_datagrams(5'000);
  ASSERT_FALSE(HasFatalFailure());
  const std::size_t warm = world_.rhumb().resident_size();
  send_broken_datagrams(is_long_run() ? 1'000'000 : 30'000);
  expect_good_answer();
  expect_no_growth_since(warm);
}

TEST_F(Robustness, BrokenStreamsAreSurvivedAndLeaveNothingBehind) {
  send_broken_streams(100);
  ASSERT_FALSE(HasFatalFailure());
  const std::size_t warm = world_.rhumb().resident_size();
  send_broken_streams(is_long_run() ? 10'000 : 400);
  expect_good_answer();
  expect_no_growth_since(warm);
}

TEST(IdleConnections, AThousandOfThemAreNoBurden) {
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  World world;
  world.config["tcp"] = {{"connections_per_network", 2'000}};
  world.serve();
  const auto ask_both = [&] {
    const Question question{.name = "www.example.com", .client = kParis};
    EXPECT_THAT(world.addresses(question), ElementsAre(kEuWest));
    EXPECT_THAT(data_of(world.ask_over_tcp(question).answer), ElementsAre(kEuWest));
  };
  ask_both();
  [[maybe_unused]] const std::size_t before = world.rhumb().resident_size();
  std::list<TcpClient> idle;
  for (int i = 0; i < 1'000; ++i) {
    idle.emplace_back(world.server());
    if (i % 100 == 0) ask_both();
  }
  ask_both();
#ifndef RHUMB_IS_SANITIZED
  EXPECT_LT(world.rhumb().resident_size(), before + (2 << 20)) << "2 KB for each, sockets apart";
#endif
  idle.front().send_raw(with_length(to_query({.name = "static.example.com"})));
  EXPECT_TRUE(idle.front().receive()) << "the first is still open";
}

}  // namespace
}  // namespace rhumb::test

// Stopping: at once, with status 0, whatever is going on.
#include <atomic>
#include <csignal>
#include <list>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/wait_until.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::HasSubstr;

// Half of the time after which idle TCP connections are closed: a stop must not wait for them.
constexpr std::chrono::seconds kPromptly{5};

// Sends queries as fast as it can, and reads none of the answers.
class UdpFlood {
 public:
  explicit UdpFlood(const Endpoint& server) : thread_([this, server] { run(server); }) {}
  ~UdpFlood() {
    stop_ = true;
    thread_.join();
  }
  UdpFlood(const UdpFlood&) = delete;
  UdpFlood& operator=(const UdpFlood&) = delete;

  [[nodiscard]] int sent() const noexcept { return sent_; }

 private:
  void run(const Endpoint& server) {
    const UdpClient client(server);
    const auto query = to_query({.name = "www.example.com", .client = kParis});
    while (!stop_) {
      client.send(query);
      ++sent_;
    }
  }

  std::atomic<bool> stop_ = false;
  std::atomic<int> sent_ = 0;
  std::thread thread_;
};

void expect_prompt_end(RhumbProcess& rhumb, int signal) {
  const auto start = std::chrono::steady_clock::now();
  rhumb.signal(signal);
  EXPECT_EQ(rhumb.wait_for_exit(), "status 0") << rhumb.log();
  EXPECT_LT(std::chrono::steady_clock::now() - start, kPromptly);
}

TEST(Stop, SigtermAndSigintEndTheServerWithStatusZeroAndSayWhich) {
  for (const auto& [signal, name] : {std::pair{SIGTERM, "SIGTERM"}, std::pair{SIGINT, "SIGINT"}}) {
    World world;
    RhumbProcess& rhumb = world.serve();
    expect_prompt_end(rhumb, signal);
    EXPECT_THAT(rhumb.log(), HasSubstr(std::string("stopping on ") + name));
  }
}

TEST(Stop, OpenTcpConnectionsAreClosed) {
  World world;
  RhumbProcess& rhumb = world.serve();
  std::list<TcpClient> clients;
  for (int i = 0; i < 20; ++i) {
    const TcpClient& client = clients.emplace_back(world.server());
    client.send_raw(with_length(to_query({.name = "www.example.com"})));
    ASSERT_TRUE(client.receive());
    if (i % 2 == 0) client.send_raw(Octets{0, 40, 1});  // half a query
  }
  expect_prompt_end(rhumb, SIGTERM);
  for (const TcpClient& client : clients)
    EXPECT_TRUE(client.is_closed_by_server());
}

TEST(Stop, UnderLoadOverUdp) {
  World world;
  RhumbProcess& rhumb = world.serve();
  const UdpFlood flood(world.server());
  while (flood.sent() < 10'000)
    std::this_thread::yield();
  expect_prompt_end(rhumb, SIGTERM);
}

TEST(Stop, TheAddressCanBeUsedAgainAtOnce) {
  World world;
  RhumbProcess& rhumb = world.serve();
  const TcpClient client(world.server());
  client.send_raw(with_length(to_query({.name = "www.example.com"})));
  ASSERT_TRUE(client.receive());
  expect_prompt_end(rhumb, SIGTERM);
  // The server closed first, so the connection lingers in TIME_WAIT on its side.
  RhumbProcess again(world.path(), {"serve", "--config", "rhumb.json"});
  EXPECT_TRUE(wait_until([&] { return world.is_answering(); })) << again.log();
  again.signal(SIGTERM);
  EXPECT_EQ(again.wait_for_exit(), "status 0");
}

}  // namespace
}  // namespace rhumb::test

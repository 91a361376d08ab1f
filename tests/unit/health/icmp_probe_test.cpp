#include "health/icmp_probe.hpp"

#include <sys/socket.h>

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/backend.hpp"
#include "support/probe_run.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
using Kind = Outcome::Kind;

Target icmp_target() {
  Target target = tcp_target(1);
  target.check.type = Check::Type::icmp;
  target.check.port = 0;
  return target;
}

// Where the tests may not ping, that is what the probe must say.
bool is_forbidden(const Outcome& outcome) {
  if (outcome.kind != Kind::inconclusive) return false;
  EXPECT_THAT(outcome.evidence, StartsWith("socket: "));
  EXPECT_THAT(outcome.evidence, testing::HasSubstr("net.ipv4.ping_group_range"));
  return true;
}

TEST(IcmpProbe, IsAnsweredByTheKernel) {
  const Outcome outcome = probe_now(icmp_target()).outcome;
  if (is_forbidden(outcome)) GTEST_SKIP() << outcome.evidence;
  EXPECT_EQ(outcome.kind, Kind::success);
  EXPECT_THAT(outcome.evidence, MatchesRegex("echo reply in [0-9.]+m?s"));
}

TEST(IcmpProbe, WorksOverIpv6) {
  Target target = icmp_target();
  target.address = *IpAddress::parse("::1");
  const Outcome outcome = probe_now(target).outcome;
  if (outcome.kind == Kind::inconclusive) GTEST_SKIP() << outcome.evidence;
  EXPECT_THAT(outcome.evidence, MatchesRegex("echo reply in [0-9.]+m?s"));
}

TEST(IcmpProbe, LeavesFromItsSourceAddress) {
  Target target = icmp_target();
  target.check.source_address = test::loopback(2);
  const Outcome outcome = probe_now(target).outcome;
  if (is_forbidden(outcome)) GTEST_SKIP() << outcome.evidence;
  EXPECT_EQ(outcome.kind, Kind::success) << outcome.evidence;
  target.check.source_address = *IpAddress::parse("192.0.2.9");
  EXPECT_EQ(probe_now(target).outcome.evidence, "bind 192.0.2.9: Cannot assign requested address");
}

// A peer that answers what it likes, which no kernel does.
class EchoExchange : public testing::Test {
 protected:
  EchoExchange() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const asio::generic::datagram_protocol protocol(AF_UNIX, 0);
    ours_.socket.assign(protocol, ends[0]);
    peer_.assign(protocol, ends[1]);
    echo_.token.fill(0x5A);
  }

  void reply(const Echo& echo) {
    EchoMessage message = write_echo_request(Family::v4, echo);
    message[0] = 0;  // the type of replies
    peer_.send(asio::buffer(message));
  }

  Outcome exchange(std::chrono::milliseconds timeout, const std::function<void()>& then = {}) {
    std::optional<Outcome> outcome;
    Target target = icmp_target();
    target.check.timeout_ms = static_cast<std::uint32_t>(timeout.count());
    const Cutoff cutoff(abort_, context_.get_executor(), std::chrono::steady_clock::now() + timeout, [this] {
      boost::system::error_code ignored;
      ours_.socket.close(ignored);
    });
    asio::co_spawn(context_, exchange_echo(ours_, cutoff, target, echo_),
                   [&outcome](const std::exception_ptr& error, Outcome result) {
                     if (error) std::rethrow_exception(error);
                     outcome = std::move(result);
                   });
    if (then) asio::post(context_, then);
    while (!outcome && context_.run_one_for(test::kPatience) > 0) {
    }
    return outcome.value();
  }

  asio::io_context context_{1};
  Abort abort_;
  EchoSocket ours_{asio::generic::datagram_protocol::socket(context_), false};
  asio::generic::datagram_protocol::socket peer_{context_};
  Echo echo_{7, 8, {}};
};

TEST_F(EchoExchange, DoesNotTakeTheRepliesOfOthers) {
  for (const auto& edit : std::vector<std::function<void(Echo&)>>{
           [](Echo& echo) { ++echo.identifier; },
           [](Echo& echo) { ++echo.sequence; },
           [](Echo& echo) { ++echo.token.back(); },
       }) {
    Echo other = echo_;
    edit(other);
    reply(other);
  }
  peer_.send(asio::buffer("what is this?"));
  reply(echo_);
  EXPECT_EQ(exchange(test::kPatience).evidence, "echo reply");
}

TEST_F(EchoExchange, EndsAtTheTimeoutIfOnlyOthersReply) {
  Echo other = echo_;
  ++other.sequence;
  reply(other);
  const Outcome outcome = exchange(std::chrono::milliseconds(20));
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "timeout after 20ms waiting for the echo reply");
}

TEST_F(EchoExchange, EndsInconclusiveWhenItIsAborted) {
  const Outcome outcome = exchange(test::kPatience, [this] { abort_.abort(); });
  EXPECT_EQ(outcome.kind, Kind::inconclusive);
  EXPECT_EQ(outcome.evidence, "cancelled");
}

TEST_F(EchoExchange, FailsWithAnErrorThatIsDelivered) {
  peer_.close();
  const Outcome outcome = exchange(test::kPatience);
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "sending the echo request: Connection refused");
}

}  // namespace
}  // namespace rhumb::health

#include "health/probe.hpp"

#include <atomic>

#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/backend.hpp"
#include "support/probe_run.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using ::testing::AnyOf;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
using Kind = Outcome::Kind;

// A probe takes about ten steps plus a few for each read; this is far from both that and a spin.
constexpr std::size_t kStepsMax = 200;

TEST(Probe, SucceedsForEveryStatusFrom200To399) {
  for (const int status : {200, 204, 299, 301, 302, 304, 399}) {
    const Backend backend(scripts::status(status));
    const Outcome outcome = probe_now(http_target(backend.port())).outcome;
    EXPECT_EQ(outcome.kind, Kind::success) << outcome.evidence;
    EXPECT_THAT(outcome.evidence, MatchesRegex("HTTP " + std::to_string(status) + " in [0-9.]+m?s"));
  }
}

TEST(Probe, FailsForEveryOtherStatus) {
  for (const int status : {101, 400, 404, 500, 503, 999}) {
    const Backend backend(scripts::status(status));
    const Outcome outcome = probe_now(http_target(backend.port())).outcome;
    EXPECT_EQ(outcome.kind, Kind::failure);
    EXPECT_EQ(outcome.evidence, "HTTP " + std::to_string(status));
  }
}

TEST(Probe, SkipsInterimResponses) {
  const Backend backend(scripts::answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_THAT(probe_now(http_target(backend.port())).outcome.evidence, StartsWith("HTTP 200 in "));
}

TEST(Probe, DoesNotWaitForTheBodyNorForTheEnd) {
  const Backend backend(scripts::send_and_hold("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"));
  EXPECT_EQ(probe_now(http_target(backend.port())).outcome.kind, Kind::success);
}

TEST(Probe, IsSatisfiedWithAConnectionIfItIsTcp) {
  const Backend backend(scripts::silent());
  const Outcome outcome = probe_now(tcp_target(backend.port())).outcome;
  EXPECT_EQ(outcome.kind, Kind::success);
  EXPECT_THAT(outcome.evidence, MatchesRegex("connected in [0-9.]+m?s"));
}

TEST(Probe, FailsAtAClosedPort) {
  for (const Target& target : {http_target(closed_port()), tcp_target(closed_port())}) {
    const Outcome outcome = probe_now(target).outcome;
    EXPECT_EQ(outcome.kind, Kind::failure);
    EXPECT_EQ(outcome.evidence, "connect: Connection refused");
  }
}

TEST(Probe, WorksOverIpv6) {
  Target target = tcp_target(closed_port());
  target.address = *IpAddress::parse("::1");
  target.check.port = 1;
  const Outcome outcome = probe_now(target).outcome;
  if (outcome.kind == Kind::inconclusive) GTEST_SKIP() << "no IPv6 here: " << outcome.evidence;
  EXPECT_EQ(outcome.evidence, "connect: Connection refused");
}

Target named(Target target, const std::string& name) {
  target.address = {};
  target.resolved_name = name;
  return target;
}

TEST(Probe, ResolvesANameAndProbesItsAddress) {
  const Backend backend(scripts::status(200), 0, localhost());
  const Outcome outcome = probe_now(named(http_target(backend.port()), "localhost")).outcome;
  EXPECT_EQ(outcome.kind, Kind::success) << outcome.evidence;
  EXPECT_EQ(backend.accepted(), 1);
}

// A label of more than 63 octets, about which no server could be asked.
TEST(Probe, FailsIfTheNameHasNoAddress) {
  const Outcome outcome = probe_now(named(http_target(1), std::string(64, 'x') + ".example")).outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_THAT(outcome.evidence, StartsWith("resolving " + std::string(64, 'x') + ".example: "));
}

TEST(Probe, GivesUpOnAServerThatStaysSilent) {
  const Backend backend(scripts::silent());
  const Probed probed = probe_now(impatient(http_target(backend.port())));
  EXPECT_EQ(probed.outcome.kind, Kind::failure);
  EXPECT_EQ(probed.outcome.evidence, "timeout after 150ms waiting for the response");
  EXPECT_LT(probed.steps, kStepsMax);
}

// The timeout is for the whole head, not for each octet.
TEST(Probe, GivesUpOnAServerThatTrickles) {
  std::atomic<int> sent = 0;
  const Backend backend(scripts::trickle(sent));
  const Probed probed = probe_now(impatient(http_target(backend.port())));
  EXPECT_EQ(probed.outcome.kind, Kind::failure);
  EXPECT_EQ(probed.outcome.evidence, "timeout after 150ms waiting for the response");
  EXPECT_LT(probed.steps, kStepsMax + 10 * static_cast<std::size_t>(sent));
}

TEST(Probe, FailsIfTheConnectionIsClosedEarly) {
  for (const auto& script : {scripts::close_at_once(), scripts::answer(""), scripts::answer("HTTP/1.1 200 OK\r\n")}) {
    const Backend backend(script);
    const Probed probed = probe_now(http_target(backend.port()));
    EXPECT_EQ(probed.outcome.kind, Kind::failure);
    EXPECT_THAT(probed.outcome.evidence, StartsWith("closed before the response head was whole"));
    EXPECT_LT(probed.steps, kStepsMax);
  }
}

TEST(Probe, ReadsNoMoreOfAnEndlessHeadThanTheLimit) {
  const Backend backend(scripts::send_and_hold("HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'x')));
  const Probed probed = probe_now(http_target(backend.port()));
  EXPECT_EQ(probed.outcome.kind, Kind::failure);
  EXPECT_EQ(probed.outcome.evidence, "response head over 16 KiB");
  EXPECT_LT(probed.steps, kStepsMax);
}

TEST(Probe, SaysThatAResponseIsMalformed) {
  const Backend backend(scripts::send_and_hold("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"));
  const Probed probed = probe_now(http_target(backend.port()));
  EXPECT_EQ(probed.outcome.kind, Kind::failure);
  EXPECT_EQ(probed.outcome.evidence, "malformed response: bad version");
  EXPECT_LT(probed.steps, kStepsMax);
}

Target with_body(std::uint16_t port, const std::string& text) {
  Target target = http_target(port);
  target.check.body_contains = text;
  return target;
}

TEST(Probe, WantsOneOfTheExpectedStatuses) {
  for (const auto& [status, kind] : {std::pair(204, Kind::success),
                                     {205, Kind::failure},
                                     {404, Kind::success},
                                     {403, Kind::failure},
                                     {200, Kind::success},
                                     {199, Kind::failure}}) {
    const Backend backend(scripts::status(status));
    Target target = impatient(http_target(backend.port()));
    target.check.expected_status = {{200, 204}, {404, 404}};
    EXPECT_EQ(probe_now(target).outcome.kind, kind) << status;
  }
}

TEST(Probe, DoesNotFollowARedirect) {
  const Backend backend(scripts::answer("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n"));
  Target target = http_target(backend.port());
  target.check.expected_status = {{200, 299}};
  EXPECT_EQ(probe_now(target).outcome.evidence, "HTTP 302");
  EXPECT_EQ(backend.accepted(), 1);
}

TEST(Probe, LooksForATextInTheBody) {
  const Backend backend(
      scripts::answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nwe\r\n2\r\nll\r\n0\r\n\r\n"));
  EXPECT_THAT(probe_now(with_body(backend.port(), "well")).outcome.evidence, MatchesRegex("HTTP 200 in [0-9.]+m?s"));
  const Outcome absent = probe_now(with_body(backend.port(), "wells")).outcome;
  EXPECT_EQ(absent.kind, Kind::failure);
  EXPECT_EQ(absent.evidence, "HTTP 200, but the body does not contain \"wells\"");
}

TEST(Probe, DoesNotReadTheBodyOfAnUnexpectedStatus) {
  const Backend backend(scripts::send_and_hold("HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\n\r\n"));
  EXPECT_EQ(probe_now(with_body(backend.port(), "well")).outcome.evidence, "HTTP 500");
}

TEST(Probe, TakesABodyThatIsCutOffForWhole) {
  const Backend backend(scripts::answer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome"));
  EXPECT_EQ(probe_now(with_body(backend.port(), "well")).outcome.evidence,
            "HTTP 200, but the body does not contain \"well\"");
}

TEST(Probe, ReadsNoMoreOfAnEndlessBodyThanTheLimit) {
  const Backend backend(scripts::send_and_hold("HTTP/1.1 200 OK\r\n\r\n" + std::string(10'000'000, 'x')));
  const Probed probed = probe_now(with_body(backend.port(), "well"));
  EXPECT_EQ(probed.outcome.evidence, "HTTP 200, but the first 64 KiB of the body do not contain \"well\"");
  EXPECT_LT(probed.steps, 5 * kStepsMax);
}

TEST(Probe, GivesUpOnABodyThatDoesNotCome) {
  const Backend backend(scripts::send_and_hold("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome"));
  EXPECT_EQ(probe_now(impatient(with_body(backend.port(), "well"))).outcome.evidence,
            "timeout after 150ms reading the body");
}

// 127.0.0.2 is an address of every machine, and none that would be chosen.
TEST(Probe, LeavesFromItsSourceAddress) {
  std::string peer;
  const Backend backend([&peer](asio::ip::tcp::socket& socket) -> asio::awaitable<void> {
    peer = socket.remote_endpoint().address().to_string();
    co_await scripts::status(200)(socket);
  });
  Target target = http_target(backend.port());
  target.check.source_address = *IpAddress::parse("127.0.0.2");
  ASSERT_EQ(probe_now(target).outcome.kind, Kind::success);
  EXPECT_EQ(peer, "127.0.0.2");
  target.check.source_address = *IpAddress::parse("::2");
  EXPECT_EQ(probe_now(target).outcome.kind, Kind::success) << "of the other family";
  EXPECT_NE(peer, "127.0.0.2");
}

TEST(Probe, SaysNothingOfTheTargetIfTheSourceAddressIsNotOurs) {
  Target target = http_target(closed_port());
  target.check.source_address = *IpAddress::parse("192.0.2.9");
  const Outcome outcome = probe_now(target).outcome;
  EXPECT_EQ(outcome.kind, Kind::inconclusive);
  EXPECT_EQ(outcome.evidence, "bind 192.0.2.9: Cannot assign requested address");
}

TEST(Probe, FailsIfItsSuccessTookTooLong) {
  const Backend backend([](asio::ip::tcp::socket& socket) -> asio::awaitable<void> {
    asio::steady_timer timer(socket.get_executor(), std::chrono::milliseconds(50));
    co_await timer.async_wait(asio::use_awaitable);
    co_await scripts::status(200)(socket);
  });
  Target target = http_target(backend.port());
  target.check.max_response_ms = 20;
  const Outcome outcome = probe_now(target).outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_THAT(outcome.evidence, MatchesRegex("HTTP 200 in [0-9.]+m?s, longer than 20ms"));
  target.check.max_response_ms = 60'000;
  EXPECT_EQ(probe_now(target).outcome.kind, Kind::success);
}

// Reads a line, and answers in two pieces.
Backend::Script parrot(const std::string& first, const std::string& second) {
  return [first, second](asio::ip::tcp::socket& socket) -> asio::awaitable<void> {
    std::string line;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(line), "\r\n", asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(first), asio::use_awaitable);
    asio::steady_timer timer(socket.get_executor(), std::chrono::milliseconds(5));
    co_await timer.async_wait(asio::use_awaitable);
    if (line == "PING\r\n") co_await asio::async_write(socket, asio::buffer(second), asio::use_awaitable);
  };
}

Target talking(std::uint16_t port) {
  Target target = impatient(tcp_target(port));
  target.check.send = "PING\r\n";
  target.check.expect = "+PONG";
  return target;
}

TEST(Probe, SendsATextAndExpectsOneHoweverItIsCut) {
  for (const auto& [first, second] :
       {std::pair("+PON", "G\r\n"), {"", "+PONG"}, {"hello +", "PONG"}, {"+P", "+PONG"}}) {
    const Backend backend(parrot(first, second));
    EXPECT_THAT(probe_now(talking(backend.port())).outcome.evidence,
                MatchesRegex("connected, and the expected text came in [0-9.]+m?s"));
  }
}

TEST(Probe, FailsIfTheExpectedTextDoesNotCome) {
  const Backend closing(parrot("-ERR", "\r\n"));
  EXPECT_EQ(probe_now(talking(closing.port())).outcome.evidence, "closed before the expected text came");
  const Backend silent(scripts::silent());
  EXPECT_EQ(probe_now(talking(silent.port())).outcome.evidence, "timeout after 150ms waiting for the expected text");
  const Backend endless(scripts::send_and_hold(std::string(10'000'000, '+')));
  const Probed probed = probe_now(talking(endless.port()));
  EXPECT_EQ(probed.outcome.evidence, "the first 4 KiB that came have not the expected text");
  EXPECT_LT(probed.steps, kStepsMax);
}

TEST(Probe, SaysWhatItTook) {
  const Backend backend(scripts::silent());
  EXPECT_GE(probe_now(impatient(http_target(backend.port()))).outcome.taken_ms, 150U);
}

TEST(Probe, EndsInconclusiveWhenItIsAborted) {
  for (const bool is_begun : {false, true}) {
    const Backend backend(scripts::silent());
    ProbeRun run(patient(http_target(backend.port())));
    const auto outcome = run.abort_when([&] { return !is_begun || backend.open() == 1; });
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->kind, Kind::inconclusive);
    EXPECT_EQ(outcome->evidence, "cancelled");
  }
}

}  // namespace
}  // namespace rhumb::health

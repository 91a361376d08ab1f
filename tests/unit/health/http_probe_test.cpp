// What http checks do beyond one request on a connection of its own; probe_test.cpp has that.
#include "health/http_probe.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health/body_pattern.hpp"
#include "support/backend.hpp"
#include "support/probe_run.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Kind = Outcome::Kind;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

std::string with_length(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string to(const std::string& location) {
  return "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + "\r\n\r\n";
}

// Answers up to `count` requests of a connection, and closes it then. An empty answer closes it at once.
using Answer = std::function<std::string(const std::string& request)>;
Backend::Script answers(const Answer& answer, int count = 1'000) {
  return [answer, count](tcp::socket& socket) -> asio::awaitable<void> {
    std::string received;
    for (int i = 0; i < count; ++i) {
      const auto [error, size] =
          co_await asio::async_read_until(socket, asio::dynamic_buffer(received, 65'536), "\r\n\r\n", kAwait);
      if (error) co_return;
      const std::string response = answer(received.substr(0, size));
      received.erase(0, size);
      if (response.empty()) co_return;
      const auto [write_error, written] = co_await asio::async_write(socket, asio::buffer(response), kAwait);
      if (write_error) co_return;
    }
  };
}

Backend::Script answers(const std::string& response, int count = 1'000) {
  return answers([response](const std::string&) { return response; }, count);
}

// By the path that is asked for.
Backend::Script site(const std::map<std::string, std::string>& pages) {
  return answers([pages](const std::string& request) {
    const std::size_t begin = request.find(' ') + 1;
    const auto found = pages.find(request.substr(begin, request.find(' ', begin) - begin));
    return found == pages.end() ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" : found->second;
  });
}

Target keeping(std::uint16_t port) {
  Target target = http_target(port);
  target.check.keeps_connection = true;
  return target;
}

TEST(HttpProbe, ClosesItsConnectionUnlessItKeepsIt) {
  std::string request;
  const Backend backend(answers([&](const std::string& received) {
    request = received;
    return with_length("well");
  }));
  ProbeRun closing(http_target(backend.port()));
  EXPECT_EQ(closing.finish().outcome.kind, Kind::success);
  EXPECT_THAT(request, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(closing.carried().connection, nullptr);
  ProbeRun keeps(keeping(backend.port()));
  EXPECT_EQ(keeps.finish().outcome.kind, Kind::success);
  EXPECT_THAT(request, Not(HasSubstr("Connection:")));
  EXPECT_NE(keeps.carried().connection, nullptr);
}

TEST(HttpProbe, UsesAConnectionThatItKeepsAgain) {
  for (const std::string& response :
       {with_length("well"), with_length(""), std::string("HTTP/1.1 204 No Content\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwell\r\n0\r\n\r\n")}) {
    const Backend backend(answers(response));
    ProbeRun run(keeping(backend.port()));
    EXPECT_EQ(run.finish().outcome.kind, Kind::success) << response;
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(run.again().outcome.kind, Kind::success) << response;
    EXPECT_EQ(backend.accepted(), 1) << response;
  }
}

TEST(HttpProbe, KeepsTheConnectionOfAHeadRequest) {
  const Backend backend(answers("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
  Target target = keeping(backend.port());
  target.check.method = Check::Method::head;
  ProbeRun run(target);
  EXPECT_EQ(run.finish().outcome.kind, Kind::success);
  EXPECT_EQ(run.again().outcome.kind, Kind::success);
  EXPECT_EQ(backend.accepted(), 1);
}

// Servers close connections that rest; whether that is seen before the next request or only after it is a matter of
// luck.
TEST(HttpProbe, MakesAnotherConnectionIfTheKeptOneIsClosed) {
  const Backend after_each(answers(with_length("well"), 1));
  ProbeRun run(keeping(after_each.port()));
  EXPECT_EQ(run.finish().outcome.kind, Kind::success);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(run.again().outcome.kind, Kind::success);
  EXPECT_EQ(after_each.accepted(), 6);

  std::atomic<int> requests = 0;
  const Backend at_the_second(answers([&](const std::string&) {
    return ++requests % 2 == 0 ? "" : with_length("well");  // takes the second of a connection, and closes it
  }));
  ProbeRun other(keeping(at_the_second.port()));
  EXPECT_EQ(other.finish().outcome.kind, Kind::success);
  EXPECT_EQ(other.again().outcome.kind, Kind::success);
  EXPECT_EQ(at_the_second.accepted(), 2);
  EXPECT_EQ(requests, 3);
}

TEST(HttpProbe, FailsIfTheOtherConnectionIsClosedToo) {
  std::atomic<int> requests = 0;
  const Backend backend(answers([&](const std::string&) { return ++requests == 1 ? with_length("well") : ""; }));
  ProbeRun run(keeping(backend.port()));
  EXPECT_EQ(run.finish().outcome.kind, Kind::success);
  const Outcome outcome = run.again().outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "closed before the response head was whole");
  EXPECT_EQ(requests, 3);
}

TEST(HttpProbe, FailsIfAKeptConnectionIsClosedWithinTheResponse) {
  std::atomic<int> requests = 0;
  const Backend backend([&](tcp::socket& socket) -> asio::awaitable<void> {
    co_await answers(with_length("well"), 1)(socket);
    co_await scripts::answer("HTTP/1.1 2")(socket);
    ++requests;
  });
  ProbeRun run(keeping(backend.port()));
  EXPECT_EQ(run.finish().outcome.kind, Kind::success);
  EXPECT_EQ(run.again().outcome.evidence, "closed before the response head was whole");
  EXPECT_EQ(backend.accepted(), 1);
}

// It would be taken for the answer to the next request.
TEST(HttpProbe, KeepsNoConnectionOnWhichMoreCameThanTheResponse) {
  for (const std::string& more : {with_length("well"), std::string("x")}) {
    const Backend backend(answers(with_length("well") + more));
    ProbeRun run(keeping(backend.port()));
    EXPECT_EQ(run.finish().outcome.kind, Kind::success);
    EXPECT_EQ(run.again().outcome.kind, Kind::success);
    EXPECT_EQ(backend.accepted(), 2);
  }
}

TEST(HttpProbe, UsesNoConnectionOnWhichSomethingCameUnasked) {
  std::atomic<bool> is_sent = false;
  const Backend backend([&](tcp::socket& socket) -> asio::awaitable<void> {
    co_await answers(with_length("well"), 1)(socket);
    while (!is_sent) {
      asio::steady_timer timer(socket.get_executor(), std::chrono::milliseconds(1));
      co_await timer.async_wait(kAwait);
    }
    co_await scripts::send_and_hold("HTTP/1.1 503 Old\r\nContent-Length: 0\r\n\r\n")(socket);
  });
  ProbeRun run(keeping(backend.port()));
  EXPECT_EQ(run.finish().outcome.kind, Kind::success);
  ASSERT_TRUE(run.carried().connection->is_quiet());
  is_sent = true;
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  while (run.carried().connection->is_quiet() && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(run.again().outcome.kind, Kind::success) << "the 503 answers nothing";
  EXPECT_EQ(backend.accepted(), 2);
}

TEST(HttpProbe, KeepsNoConnectionThatTheServerWillClose) {
  for (const std::string& response :
       {with_length("well", "Connection: close\r\n"), std::string("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")}) {
    const Backend backend(answers(response));
    ProbeRun run(keeping(backend.port()));
    EXPECT_EQ(run.finish().outcome.kind, Kind::success);
    EXPECT_EQ(run.carried().connection, nullptr) << response;
  }
}

TEST(HttpProbe, KeepsNoConnectionAfterAFailure) {
  const Backend backend(answers("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
  ProbeRun run(keeping(backend.port()));
  EXPECT_EQ(run.finish().outcome.evidence, "HTTP 503");
  EXPECT_EQ(run.carried().connection, nullptr);
}

TEST(HttpProbe, KeepsNoConnectionWhoseBodyIsLongerThanTheLimit) {
  const Backend backend(answers(with_length(std::string(5'000, 'x'))));
  Target target = keeping(backend.port());
  target.check.body_limit = 1'000;
  ProbeRun run(target);
  EXPECT_EQ(run.finish().outcome.kind, Kind::success);
  EXPECT_EQ(run.carried().connection, nullptr);
}

TEST(HttpProbe, UsesNoConnectionThatIsOldOrOfAnotherAddress) {
  const Backend backend(answers(with_length("well")));
  ProbeRun run(keeping(backend.port()));
  EXPECT_EQ(run.finish().outcome.kind, Kind::success);
  run.carried().connection->opened -= kKeptFor + std::chrono::seconds(1);
  EXPECT_EQ(run.again().outcome.kind, Kind::success);
  EXPECT_EQ(backend.accepted(), 2);
  Target moved = keeping(backend.port());
  moved.address = *IpAddress::parse("192.0.2.1");
  EXPECT_EQ(take_kept(run.carried().connection, moved, std::chrono::steady_clock::now()), nullptr);
  EXPECT_EQ(run.again().outcome.kind, Kind::success);
  EXPECT_EQ(backend.accepted(), 3);
}

// A probe of a kept connection still has its timeout.
TEST(HttpProbe, GivesUpOnAKeptConnectionThatStaysSilent) {
  const Backend backend([](tcp::socket& socket) -> asio::awaitable<void> {
    co_await answers(with_length("well"), 1)(socket);
    co_await scripts::silent()(socket);
  });
  ProbeRun run(impatient(keeping(backend.port())));
  EXPECT_EQ(run.finish().outcome.kind, Kind::success);
  EXPECT_EQ(run.again().outcome.evidence, "timeout after 150ms waiting for the response");
  EXPECT_EQ(backend.accepted(), 1);
}

Target following(std::uint16_t port, int redirects) {
  Target target = http_target(port);
  target.check.path = "/start";
  target.check.follow_redirects = redirects;
  target.check.expected_status = {{200, 299}};
  return target;
}

TEST(HttpProbe, FollowsRedirectsWithinTheServer) {
  const Backend backend(site({{"/start", to("/a/b?x=1")}, {"/a/b?x=1", to("c")}, {"/a/c", with_length("well")}}));
  Target target = following(backend.port(), 2);
  target.check.body_contains = "well";
  EXPECT_THAT(probe_now(target).outcome.evidence, MatchesRegex("HTTP 200 after 2 redirects in [0-9.]+m?s"));
  EXPECT_EQ(backend.accepted(), 3);
  target.check.keeps_connection = true;
  EXPECT_THAT(probe_now(target).outcome.evidence, MatchesRegex("HTTP 200 after 2 redirects in [0-9.]+m?s"));
  EXPECT_EQ(backend.accepted(), 4) << "all over the one that it keeps";
}

TEST(HttpProbe, FollowsARedirectThatIsAnExpectedStatusToo) {
  const Backend backend(site({{"/start", to("/end")}}));
  Target target = following(backend.port(), 1);
  target.check.expected_status = {{200, 399}};
  EXPECT_EQ(probe_now(target).outcome.evidence, "HTTP 404");
}

TEST(HttpProbe, FollowsNoMoreRedirectsThanItMay) {
  const Backend loop(site({{"/start", to("/a")}, {"/a", to("/start")}}));
  const Outcome outcome = probe_now(following(loop.port(), 3)).outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "HTTP 302 to \"/start\", after 3 redirects already");
  EXPECT_EQ(loop.accepted(), 4);
}

TEST(HttpProbe, FollowsNoRedirectElsewhere) {
  const Backend other(scripts::status(200));
  const std::string elsewhere = "http://" + backend_address().to_string() + ':' + std::to_string(other.port()) + "/";
  const Backend backend(site({{"/start", to(elsewhere)}}));
  const Outcome outcome = probe_now(following(backend.port(), 3)).outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "HTTP 302 to \"" + elsewhere + "\", which is not followed");
  EXPECT_EQ(other.accepted(), 0);
  const Backend odd(site({{"/start", to("http://x/\xc3\xa4" + std::string(1'000, 'x'))}}));
  EXPECT_EQ(probe_now(following(odd.port(), 1)).outcome.evidence,
            "HTTP 302 to \"http://x/??" + std::string(117, 'x') + "…\", which is not followed");
}

TEST(HttpProbe, JudgesARedirectWithoutALocationByItsStatus) {
  const Backend backend(answers("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(probe_now(following(backend.port(), 3)).outcome.evidence, "HTTP 302");
  const Backend unchanged(answers("HTTP/1.1 304 Not Modified\r\nLocation: /x\r\n\r\n"));
  EXPECT_EQ(probe_now(following(unchanged.port(), 3)).outcome.evidence, "HTTP 304");
}

// The timeout is for all of them, not each.
TEST(HttpProbe, SharesItsTimeoutAmongRedirects) {
  const Backend backend([](tcp::socket& socket) -> asio::awaitable<void> {
    asio::steady_timer timer(socket.get_executor(), std::chrono::milliseconds(50));
    co_await timer.async_wait(kAwait);
    co_await answers(to("/start"), 1)(socket);
  });
  EXPECT_EQ(probe_now(impatient(following(backend.port(), 10))).outcome.evidence,
            "timeout after 150ms waiting for the response");
}

Target matching(std::uint16_t port, const std::string& pattern) {
  Target target = http_target(port);
  target.check.body_matches = std::make_shared<BodyPattern>(pattern);
  return target;
}

TEST(HttpProbe, WantsTheBodyToMatch) {
  const Backend backend(
      scripts::answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nwe\r\n2\r\nll\r\n0\r\n\r\n"));
  EXPECT_THAT(probe_now(matching(backend.port(), "^w.l+$")).outcome.evidence, MatchesRegex("HTTP 200 in [0-9.]+m?s"));
  const Outcome outcome = probe_now(matching(backend.port(), "^e")).outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "HTTP 200, but the body does not match /^e/");
}

TEST(HttpProbe, WantsBothATextAndAMatch) {
  const Backend backend(answers(with_length("all is well")));
  for (const auto& [text, pattern, kind] :
       {std::tuple("all", "w.ll", Kind::success), {"none", "w.ll", Kind::failure}, {"all", "w.l$", Kind::failure}}) {
    Target target = matching(backend.port(), pattern);
    target.check.body_contains = text;
    EXPECT_EQ(probe_now(target).outcome.kind, kind) << text << pattern;
  }
}

TEST(HttpProbe, LooksAtNoMoreOfTheBodyThanTheLimit) {
  const Backend backend(answers(with_length(std::string(1'000, 'x') + "well")));
  Target target = matching(backend.port(), "well");
  target.check.body_limit = 1'000;
  EXPECT_EQ(probe_now(target).outcome.evidence, "HTTP 200, but the first 1000 octets of the body do not match /well/");
  target.check.body_limit = 1'024;
  EXPECT_EQ(probe_now(target).outcome.kind, Kind::success);
  target.check.body_matches.reset();
  target.check.body_contains = "well";
  target.check.body_limit = 1'003;
  EXPECT_EQ(probe_now(target).outcome.evidence,
            "HTTP 200, but the first 1003 octets of the body do not contain \"well\"");
}

TEST(HttpProbe, ReadsTheLoadFromAHeader) {
  const Backend backend(answers(with_length("well", "x-load: 730/1000\r\n")));
  Target target = http_target(backend.port());
  EXPECT_EQ(probe_now(target).outcome.load, std::nullopt);
  target.check.load_header = "X-Load";
  const Outcome outcome = probe_now(target).outcome;
  EXPECT_EQ(outcome.kind, Kind::success);
  EXPECT_EQ(outcome.load, 0.73);
  EXPECT_EQ(outcome.warning, "");
}

TEST(HttpProbe, ReadsTheLoadFromJson) {
  const Backend backend(answers(with_length(R"({"state": {"load": "73%"}, "well": true})")));
  Target target = http_target(backend.port());
  target.check.load_pointer = "/state/load";
  target.check.body_contains = "state";
  const Outcome outcome = probe_now(target).outcome;
  EXPECT_EQ(outcome.load, 0.73);
  EXPECT_EQ(outcome.warning, "");
  target.check.body_contains = "absent";
  EXPECT_EQ(probe_now(target).outcome.kind, Kind::failure);
}

TEST(HttpProbe, SucceedsWithoutALoadAndWarns) {
  const Backend backend(answers(with_length("well", "X-Load: busy\r\n")));
  Target target = http_target(backend.port());
  target.check.load_header = "X-Load";
  Outcome outcome = probe_now(target).outcome;
  EXPECT_EQ(outcome.kind, Kind::success);
  EXPECT_EQ(outcome.load, std::nullopt);
  EXPECT_EQ(outcome.warning, "it tells no load: \"busy\" is not a load such as 0.73, 73% or 730/1000");
  target.check.load_header = "X-Other";
  EXPECT_EQ(probe_now(target).outcome.warning, "it tells no load: the response has no header \"X-Other\"");
  target.check.load_header.clear();
  target.check.load_pointer = "/load";
  outcome = probe_now(target).outcome;
  EXPECT_EQ(outcome.kind, Kind::success);
  EXPECT_EQ(outcome.warning, "it tells no load: the body is not JSON");
}

}  // namespace
}  // namespace rhumb::health

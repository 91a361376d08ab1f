// Backends that fail, in every way that they can, and come back.
#include <chrono>
#include <functional>

#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/edns.hpp"
#include "health_world.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"

namespace rhumb::test {
namespace {

namespace scripts = health::scripts;
using health::Backend;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::IsEmpty;

struct Fault {
  const char* name;
  std::function<Backend::Script()> script;  // null: nobody listens
  const char* evidence;                     // a regular expression
};

void PrintTo(const Fault& fault, std::ostream* stream) {
  *stream << fault.name;
}

class HealthFault : public testing::TestWithParam<Fault> {
 protected:
  void break_down() {
    if (GetParam().script) {
      world_.play(kInEuWest, GetParam().script());
    } else {
      world_.close(kInEuWest);
    }
  }

  HealthWorld world_;
};

TEST_P(HealthFault, TakesTheRegionOutOfTheAnswersUntilItRecovers) {
  world_.play_well_everywhere();
  RhumbProcess& rhumb = world_.serve();
  ASSERT_TRUE(world_.logs("www.example.com eu-west " + world_.address(kInEuWest) + ": unknown → up: HTTP 200 in "));
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));

  const std::size_t before_fault = rhumb.log().size();
  break_down();
  ASSERT_TRUE(world_.comes_to(kParis, kInUsEast)) << "the next nearest";
  ASSERT_TRUE(world_.logs(world_.address(kInEuWest) + ": up → down", before_fault));
  EXPECT_THAT(rhumb.log().substr(before_fault),
              ContainsRegex("warning: www.example.com eu-west " + world_.address(kInEuWest) +
                            ": up → down: " + GetParam().evidence));
  if (GetParam().script) {
    EXPECT_GE(world_.backend(kInEuWest).accepted(), HealthWorld::kFall);
  }

  const std::size_t before_recovery = rhumb.log().size();
  const Backend& recovered = world_.play(kInEuWest, scripts::status(204));
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  EXPECT_GE(recovered.accepted(), HealthWorld::kRise);
  ASSERT_TRUE(world_.logs(world_.address(kInEuWest) + ": down → up", before_recovery));
  EXPECT_THAT(rhumb.log().substr(before_recovery),
              ContainsRegex("info: www.example.com eu-west " + world_.address(kInEuWest) +
                            ": down → up: HTTP 204 in [0-9]+ms"));
}

// A broken backend must not cost more than its probes do: a loop that never waits would take a whole core.
TEST_P(HealthFault, LeavesTheServerIdle) {
  world_.play_well_everywhere();
  break_down();
  RhumbProcess& rhumb = world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInUsEast));

  const auto start = std::chrono::steady_clock::now();
  const auto cpu_before = rhumb.cpu_time();
  for (int i = 0; i < 5; ++i) {
    world_.wait_for_probes(kInUsEast, 1);
    EXPECT_THAT(world_.addresses({.name = "static.example.com"}), ElementsAre("192.0.2.80"));
  }
  const auto taken = std::chrono::steady_clock::now() - start;
  EXPECT_LT(rhumb.cpu_time() - cpu_before, taken / 4);
}

const std::string kMegabyte(1 << 20, 'x');

INSTANTIATE_TEST_SUITE_P(
    , HealthFault,
    testing::Values(
        Fault{"Status503", [] { return scripts::status(503); }, "HTTP 503"},
        Fault{"Refuses", nullptr, "connect: Connection refused"},
        Fault{"StaysSilent", [] { return scripts::silent(); }, "timeout after 100ms waiting for the response"},
        Fault{"ClosesAtOnce", [] { return scripts::close_at_once(); }, "closed before the response head was whole"},
        Fault{"SendsAMegabyteOfHeader", [] { return scripts::send_and_hold("HTTP/1.1 200 OK\r\nX: " + kMegabyte); },
              "response head over 16 KiB"},
        Fault{"SendsGarbage", [] { return scripts::send_and_hold("220 mail.example.com ESMTP\r\n\r\n"); },
              "malformed response: "}),
    [](const auto& tested) { return tested.param.name; });

TEST(Health, AnInstanceThatFailsLeavesTheOthersOfItsRegionAlone) {
  HealthWorld world;
  world.config["services"]["www.example.com"]["instances"][0]["region"] = "eu-west";
  world.play_well_everywhere();
  world.serve();
  EXPECT_TRUE(wait_until([&] { return world.addresses({.name = "www.example.com", .client = kParis}).size() == 2; }));
  world.close(kInUsEast);
  EXPECT_TRUE(world.comes_to(kParis, kInEuWest));
}

// The request that the configuration describes, word for word.
TEST(Health, AProbeAsksForWhatTheCheckSays) {
  HealthWorld world;
  Json& check = world.config["checks"]["web"];
  check["host"] = "internal.example";
  check["headers"] = {{"X-Probe", "rhumb"}};
  check["expected_status"] = {418};
  check["body_contains"] = "teapot";
  check["fast_interval"] = "100ms";
  world.play(kInEuWest, [](boost::asio::ip::tcp::socket& socket) -> boost::asio::awaitable<void> {
    std::string request;
    co_await boost::asio::async_read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n",
                                           boost::asio::use_awaitable);
    const bool is_right = request ==
                          "GET /health HTTP/1.1\r\nHost: internal.example\r\nUser-Agent: rhumb\r\nAccept: */*\r\n"
                          "X-Probe: rhumb\r\nConnection: close\r\n\r\n";
    const std::string response = std::string("HTTP/1.1 ") + (is_right ? "418" : "400") +
                                 " \r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n3\r\npot\r\n0\r\n\r\n";
    co_await boost::asio::async_write(socket, boost::asio::buffer(response), boost::asio::use_awaitable);
  });
  world.play(kInUsEast, scripts::status(418));
  world.serve();
  EXPECT_TRUE(world.logs(world.address(kInEuWest) + ": unknown → up: HTTP 418 in "));
  EXPECT_TRUE(
      world.logs(world.address(kInUsEast) + ": unknown → down: HTTP 418, but the body does not contain \"teapot\""));
}

TEST(Health, ACheckOfTypeTcpIsContentWithAConnection) {
  HealthWorld world;
  world.config["checks"]["web"].erase("path");
  world.config["checks"]["web"]["type"] = "tcp";
  world.play(kInEuWest, scripts::silent());
  world.serve();
  EXPECT_TRUE(world.logs("eu-west " + world.address(kInEuWest) + ": unknown → up: connected in "));
  EXPECT_TRUE(world.comes_to(kParis, kInEuWest));
}

TEST(Health, ACheckOfTypeTcpMayExpectAText) {
  HealthWorld world;
  world.config["checks"]["web"].erase("path");
  world.config["checks"]["web"].update({{"type", "tcp"}, {"expect", "220 "}});
  world.play(kInEuWest, scripts::send_and_hold("220 mail.example.com ESMTP\r\n"));
  world.play(kInUsEast, scripts::send_and_hold("421 too busy\r\n"));
  world.serve();
  EXPECT_TRUE(world.logs(world.address(kInEuWest) + ": unknown → up: connected, and the expected text came in "));
  EXPECT_TRUE(world.logs(world.address(kInUsEast) + ": unknown → down: timeout after 100ms waiting for the expected"));
}

TEST(Health, ATargetIsProbedWhereItsNameLeadsOrAtItsCheckAddress) {
  World world;
  auto backend = std::make_unique<Backend>(scripts::status(200), std::uint16_t{0}, health::localhost());
  world.config["checks"]["web"] = {
      {"type", "http"}, {"port", backend->port()}, {"interval", "200ms"}, {"timeout", "200ms"}};
  world.config["services"]["app.example.com"] = {
      {"check", "web"},
      {"steering", {{"when_all_down", {"198.51.100.99"}}}},
      {"instances",
       {{{"region", "eu-west"}, {"target", "localhost"}},
        {{"region", "us-east"}, {"target", "lb.example.org"}, {"check_address", loopback(1).to_string()}}}}};
  world.serve();
  ASSERT_TRUE(world.logs("app.example.com eu-west localhost: unknown → up: HTTP 200 in "));
  ASSERT_TRUE(world.logs("app.example.com us-east lb.example.org: unknown → down: connect: Connection refused"));
  EXPECT_THAT(world.ask({.name = "app.example.com", .client = kAshburn}).answer,
              ElementsAre("app.example.com. 5 IN CNAME localhost."));
  backend.reset();
  ASSERT_TRUE(world.logs("app.example.com eu-west localhost: up → down: connect: Connection refused"));
  EXPECT_THAT(world.ask({.name = "app.example.com", .client = kAshburn}).answer,
              ElementsAre("app.example.com. 5 IN A 198.51.100.99"));
}

class WhenAllDown : public testing::Test {
 protected:
  // What a client in Paris gets when every probe is refused.
  Response answer_with(const Json& when_all_down) {
    world_.config["services"]["www.example.com"]["steering"]["when_all_down"] = when_all_down;
    world_.serve();
    for (const Region region : {kInUsEast, kInEuWest, kInApSoutheast}) {
      EXPECT_TRUE(world_.logs(world_.address(region) + ": unknown → down: connect: Connection refused"));
    }
    return world_.ask({.name = "www.example.com", .client = kParis});
  }

  HealthWorld world_;
};

TEST_F(WhenAllDown, NearestAnswersAsIfAllWereUp) {
  const Response response = answer_with("nearest");
  EXPECT_THAT(response.answer, ElementsAre("www.example.com. 5 IN A " + world_.address(kInEuWest)));
  EXPECT_EQ(response.scope_bits, 24);
}

TEST_F(WhenAllDown, FallbackGivesTheZonesOwnRecords) {
  EXPECT_THAT(answer_with("fallback").answer, ElementsAre("www.example.com. 5 IN A 192.0.2.1"));
}

TEST_F(WhenAllDown, AddressesGivesThose) {
  const Response response = answer_with({"198.51.100.98", "2001:db8::99", "198.51.100.99"});
  EXPECT_THAT(response.answer,
              ElementsAre("www.example.com. 5 IN A 198.51.100.98", "www.example.com. 5 IN A 198.51.100.99"));
  EXPECT_EQ(response.scope_bits, 24);
  ASSERT_TRUE(response.options.contains(dns::option::kExtendedError));
  EXPECT_THAT(response.options.at(dns::option::kExtendedError), ElementsAre(0, 22));
}

TEST_F(WhenAllDown, NodataGivesNone) {
  const Response response = answer_with("nodata");
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_THAT(response.answer, IsEmpty());
  EXPECT_THAT(response.authority, ElementsAre(testing::HasSubstr(" IN SOA ")));
}

}  // namespace
}  // namespace rhumb::test

#include "health/check.hpp"

#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "health/body_pattern.hpp"
#include "health/tls_client.hpp"

namespace rhumb::health {
namespace {

Target sample() {
  return {"www.example.com eu-west 192.0.2.20", *IpAddress::parse("192.0.2.20"), "www.example.com", Check{}};
}

bool is_before_or_after(const Target& a, const Target& b) {
  return ProbeOrder()(a, b) != ProbeOrder()(b, a);
}

TEST(Target, IsTheSameProbeUnderAnotherName) {
  Target renamed = sample();
  renamed.name = "api.example.com eu-west 192.0.2.20";
  EXPECT_TRUE(is_same_probe(sample(), renamed));
  EXPECT_FALSE(is_before_or_after(sample(), renamed));
}

TEST(Target, IsTheSameProbeIfTheSettingsOfTlsAreTheSame) {
  Target one = sample();
  Target other = sample();
  one.check.tls = std::make_shared<TlsClient>(TlsSettings{.server_name = "a"});
  other.check.tls = std::make_shared<TlsClient>(TlsSettings{.server_name = "a"});
  EXPECT_TRUE(is_same_probe(one, other));
  EXPECT_FALSE(is_before_or_after(one, other));
}

TEST(Target, IsTheSameProbeIfThePatternsAreTheSame) {
  Target one = sample();
  Target other = sample();
  one.check.body_matches = std::make_shared<BodyPattern>("o[k]");
  other.check.body_matches = std::make_shared<BodyPattern>("o[k]");
  EXPECT_TRUE(is_same_probe(one, other));
  EXPECT_FALSE(is_before_or_after(one, other));
}

TEST(Target, IsAnotherProbeIfAnythingElseDiffers) {
  const std::vector<std::function<void(Target&)>> edits = {
      [](Target& target) { target.address = *IpAddress::parse("192.0.2.21"); },
      [](Target& target) { target.address = IpAddress::v6(target.address.bits); },
      [](Target& target) { target.host = "api.example.com"; },
      [](Target& target) { target.resolved_name = "lb.example.net"; },
      [](Target& target) { target.check.type = Check::Type::tcp; },
      [](Target& target) { target.check.port = 81; },
      [](Target& target) { target.check.path = "/health"; },
      [](Target& target) { ++target.check.interval_ms; },
      [](Target& target) { ++target.check.timeout_ms; },
      [](Target& target) { ++target.check.rise; },
      [](Target& target) { ++target.check.fall; },
      [](Target& target) { target.check.method = Check::Method::head; },
      [](Target& target) { target.check.host = "api.example.com"; },
      [](Target& target) {
        target.check.headers = {{"X-Probe", "1"}};
      },
      [](Target& target) {
        target.check.expected_status = {{200, 200}};
      },
      [](Target& target) { target.check.body_contains = "ok"; },
      [](Target& target) { target.check.body_matches = std::make_shared<BodyPattern>("ok"); },
      [](Target& target) { ++target.check.body_limit; },
      [](Target& target) { target.check.follow_redirects = 1; },
      [](Target& target) { target.check.keeps_connection = true; },
      [](Target& target) { target.check.load_header = "X-Load"; },
      [](Target& target) { target.check.load_pointer = "/load"; },
      [](Target& target) { target.check.load_pointer = ""; },
      [](Target& target) { target.check.service = "mail"; },
      [](Target& target) { target.check.source_address = *IpAddress::parse("192.0.2.9"); },
      [](Target& target) { target.check.source_address = *IpAddress::parse("::"); },
      [](Target& target) { target.check.tls = std::make_shared<TlsClient>(TlsSettings{.server_name = "a"}); },
      [](Target& target) { target.check.tls = std::make_shared<TlsClient>(TlsSettings{.is_verified = false}); },
      [](Target& target) { target.check.tls = std::make_shared<TlsClient>(TlsSettings{.expiry_warning_days = 0}); },
      [](Target& target) { target.check.send = "PING"; },
      [](Target& target) { target.check.expect = "PONG"; },
      [](Target& target) { target.check.window = 5; },
      [](Target& target) { target.check.query = *dns::Name::from_text("www.example.com"); },
      [](Target& target) { target.check.query_type = dns::type::kAaaa; },
      [](Target& target) { target.check.is_over_tcp = true; },
      [](Target& target) { target.check.expected_rcodes = {dns::Rcode::refused}; },
      [](Target& target) { target.check.expected_answer = "192.0.2.1"; },
      [](Target& target) { target.check.command = {"/bin/true"}; },
      [](Target& target) { target.check.ttl_ms = 1'000; },
      [](Target& target) { target.check.is_down_on_expiry = false; },
      [](Target& target) { target.check.report_file = "/run/web"; },
      [](Target& target) { target.check.address = *IpAddress::parse("192.0.2.9"); },
      [](Target& target) { target.check.address = *IpAddress::parse("::"); },
      [](Target& target) { target.check.max_response_ms = 100; },
      [](Target& target) { target.check.fast_interval_ms = 100; },
  };
  for (std::size_t i = 0; i < edits.size(); ++i) {
    Target edited = sample();
    edits[i](edited);
    EXPECT_FALSE(is_same_probe(sample(), edited)) << i;
    EXPECT_TRUE(is_before_or_after(sample(), edited)) << i;
  }
}

}  // namespace
}  // namespace rhumb::health

#include "health/check.hpp"

#include <tuple>

#include <fmt/format.h>

#include "health/body_pattern.hpp"
#include "health/tls_client.hpp"

namespace rhumb::health {
namespace {

const TlsSettings& tls_of(const Check& check) noexcept {
  static const TlsSettings kNone;
  return check.tls ? check.tls->settings() : kNone;
}

const std::string& pattern_of(const Check& check) noexcept {
  static const std::string kNone;
  return check.body_matches ? check.body_matches->text() : kNone;
}

auto identity(const Target& target) noexcept {
  const Check& check = target.check;
  return std::tie(target.address.family, target.address.bits, target.resolved_name, target.host, check.type, check.port,
                  check.path, check.interval_ms, check.timeout_ms, check.rise, check.fall, check.window, check.method,
                  check.host, check.headers, check.expected_status, check.body_contains, check.address.family,
                  check.address.bits, check.source_address.family, check.source_address.bits, check.max_response_ms,
                  check.fast_interval_ms, check.send, check.expect, check.query, check.query_type, check.is_over_tcp,
                  check.expected_rcodes, check.expected_answer, check.command, check.ttl_ms, check.is_down_on_expiry,
                  check.report_file, pattern_of(check), check.body_limit, check.follow_redirects,
                  check.keeps_connection, check.load_header, check.load_pointer, check.service, tls_of(check));
}

}  // namespace

bool is_same_probe(const Target& a, const Target& b) noexcept {
  return identity(a) == identity(b);
}

Thresholds thresholds(const Check& check) noexcept {
  return {check.rise, check.fall, check.window};
}

std::string probed_text(const Target& target) {
  const bool is_named = !target.resolved_name.empty();
  if (target.check.port == 0) return is_named ? target.resolved_name : target.address.to_string();
  return is_named ? fmt::format("{}:{}", target.resolved_name, target.check.port)
                  : Endpoint{target.address, target.check.port}.to_string();
}

std::string memory_key(const Target& target) {
  return fmt::format("{} {} {}", target.check_name, probed_text(target), target.host);
}

bool ProbeOrder::operator()(const Target& a, const Target& b) const noexcept {
  return identity(a) < identity(b);
}

}  // namespace rhumb::health

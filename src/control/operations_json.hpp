// What operators say and are told of health, as JSON: bodies of the API (docs/api.md).
//
//   an override  {"region": "eu-west", "service": …, "instance": …, "action": "drain", "over": 600, "force": false, …}
//   a scope      {"region": "eu-west", "service": "www.example.com", "instance": "192.0.2.20"}
//   a latency    {"network": "192.0.2.0/24", "region": "eu-west", "ms": 23.5}, or {"samples": [several]}
//   a report     {"region": …, "service": …, "instance": …, "check": …, "state": "up", "reason": …}
//   a status     what `rhumb status --json` prints
//
// Reading takes any octets and never throws. What is asked is read strictly: a key that is not known is refused, for
// what it asks would not be done. Of a status unknown keys are passed over, so that a command understands a newer
// server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/administration.hpp"
#include "health/operations.hpp"

namespace rhumb::control {

// Octets of what is asked: the texts of an override are a few hundred.
inline constexpr std::size_t kRequestMax = 64 * 1'024;
// Octets of an answer: the status of 100,000 instances with a probe each is half of it.
inline constexpr std::size_t kResponseMax = 128 * 1'024 * 1'024;
// Octets of a region's, service's, instance's or check's name in a request. Domain names are the longest: 255 octets,
// four times as much when all are escaped.
inline constexpr std::size_t kNameMax = 1'100;
// A packet is not under way for longer, in milliseconds.
inline constexpr double kToldRttMaxMs = 60'000;
// The longest time that a drain may take: more than a year is a mistake.
inline constexpr health::Duration kOverMax = std::chrono::hours(24 * 366);

struct GivenOverride {
  health::Override word;  // without `since`
  bool force = false;     // also if a safety rule would be broken

  friend bool operator==(const GivenOverride&, const GivenOverride&) = default;
};

// What was read, or why nothing could be.
template <typename T>
struct Decoded {
  std::optional<T> value = {};
  std::string error = {};  // for people: "override: \"reason\" is longer than 500 octets"
};

enum class Layout : std::uint8_t { line, indented };  // for machines, for people

// All write octets that are no UTF-8 as U+FFFD.
[[nodiscard]] std::string to_json(const health::Status& status, Layout layout);
[[nodiscard]] std::string to_json(const GivenOverride& given);
[[nodiscard]] std::string to_json(const health::Scope& scope);
[[nodiscard]] std::string to_json(const health::PushReport& report);
// {"now": …, "instances": […]}: those that are of `service` and in `region`, where these are not empty. In place of the
// numbers of probes each has the probes themselves.
[[nodiscard]] std::string instances_to_json(const health::Status& status, std::string_view service,
                                            std::string_view region);
// {"now": …, "overrides": […]}
[[nodiscard]] std::string overrides_to_json(const health::Status& status);

// Texts of what is asked have no control characters: they are shown on terminals and stand in logs.
[[nodiscard]] Decoded<GivenOverride> read_override(std::string_view body);
[[nodiscard]] Decoded<health::Scope> read_scope(std::string_view body);
[[nodiscard]] Decoded<health::PushReport> read_report(std::string_view body);
[[nodiscard]] Decoded<std::vector<MeasuredLatency>> read_latencies(std::string_view body);
// The numbers of an instance's probes are sure to be of probes.
[[nodiscard]] Decoded<health::Status> read_status(std::string_view body);

}  // namespace rhumb::control

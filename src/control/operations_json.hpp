// What goes over the control channel, as JSON: one request a line, one response a line.
//
//   {"call": "status"}
//   {"call": "set_override", "override": {"region": "eu-west", "action": "drain", "over": 600}, "force": false}
//   {"call": "clear_override", "scope": {"region": "eu-west"}}
//   {"call": "resume", "scope": {"region": "eu-west", "service": "www.example.com", "instance": "192.0.2.20"}}
//   {"call": "report", "report": {"region": …, "service": …, "instance": …, "check": …, "state": "up", "reason": …}}
//
//   {"ok": true}, {"ok": true, "status": {…}} or {"error": "why"}
//
// Reading takes any octets and never throws. Requests are read strictly: a key that is not known is refused, for what
// it asks would not be done. Of responses unknown keys are passed over, so that a command understands a newer server.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "health/operations.hpp"

namespace rhumb::control {

// Octets of a request, without the end of the line: the texts of an override are a few hundred.
inline constexpr std::size_t kRequestMax = 64 * 1'024;
// Octets of a response: the status of 100,000 instances with a probe each is half of it.
inline constexpr std::size_t kResponseMax = 128 * 1'024 * 1'024;
// Octets of a region's, service's, instance's or check's name in a request. Domain names are the longest: 255 octets,
// four times as much when all are escaped.
inline constexpr std::size_t kNameMax = 1'100;
// The longest time that a drain may take: more than a year is a mistake.
inline constexpr health::Duration kOverMax = std::chrono::hours(24 * 366);

struct StatusCall {
  friend bool operator==(const StatusCall&, const StatusCall&) = default;
};
struct SetOverrideCall {
  health::Override word;  // without `since`
  bool force = false;
  friend bool operator==(const SetOverrideCall&, const SetOverrideCall&) = default;
};
struct ClearOverrideCall {
  health::Scope scope;
  friend bool operator==(const ClearOverrideCall&, const ClearOverrideCall&) = default;
};
struct ResumeCall {
  health::Scope scope;
  friend bool operator==(const ResumeCall&, const ResumeCall&) = default;
};
struct ReportCall {
  health::PushReport report;
};
using Request = std::variant<StatusCall, SetOverrideCall, ClearOverrideCall, ResumeCall, ReportCall>;

struct Response {
  std::string error = {};                     // empty: it is done
  std::optional<health::Status> status = {};  // of a StatusCall
};

// What was read, or why nothing could be.
template <typename T>
struct Decoded {
  std::optional<T> value = {};
  std::string error = {};  // for people: "override: \"reason\" is longer than 500 octets"
};

// In one line, without its end. Octets that are no UTF-8 are replaced.
[[nodiscard]] std::string to_json(const Request& request);
[[nodiscard]] std::string to_json(const Response& response);
// In many lines, for people and scripts: what `rhumb status --json` prints (docs/operations.md has the keys).
[[nodiscard]] std::string to_json(const health::Status& status);

// Texts of a request have no control characters: they are shown on terminals and stand in logs.
[[nodiscard]] Decoded<Request> read_request(std::string_view line);
// The numbers of an instance's probes are sure to be of probes.
[[nodiscard]] Decoded<Response> read_response(std::string_view line);

}  // namespace rhumb::control

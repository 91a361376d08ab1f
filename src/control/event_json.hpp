// Events as JSON, one object a line: for the log, hooks and webhooks.
#pragma once

#include <string>
#include <string_view>

#include "control/notice.hpp"
#include "health/event.hpp"

namespace rhumb::control {

// The kind as one word, as JSON and the configuration have it: "state", "override_set".
[[nodiscard]] std::string kind_word(health::Event::Kind kind);

// {"time": "2026-11-25T22:00:00.000Z", "event": "state", "severity": "warning", "service": …, "region": …,
// "instance": …, "from": …, "to": …, "evidence": …, "suppressed": 5, "server": "ns1"} without the end of the line.
// Members that have nothing to say are left out. `server` is who tells it. Octets that are not UTF-8, which evidence
// from outside may have, become U+FFFD.
[[nodiscard]] std::string to_json(const Notice& notice, std::string_view server);

}  // namespace rhumb::control

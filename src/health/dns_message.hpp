// What a check of type dns asks, and what it makes of the response: octets in, octets out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "health/check.hpp"
#include "health/outcome.hpp"

namespace rhumb::health {

// The question of `check` under the identifier `id`, without recursion and without EDNS, which old servers do not know.
[[nodiscard]] std::vector<std::uint8_t> write_query(const Check& check, std::uint16_t id);

// What a message that came says of the instance.
struct DnsVerdict {
  bool is_truncated;  // then the response over TCP decides
  Outcome outcome;
};

// Nothing if `message` is no response to that query: not DNS, another identifier or another question. Some of those are
// strays; others are sent to deceive, and must not decide.
[[nodiscard]] std::optional<DnsVerdict> judge_response(const Check& check, std::uint16_t id, Bytes message);

}  // namespace rhumb::health

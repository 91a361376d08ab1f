// The responder: a query's octets in, the response's octets out.
//
// No socket, no clock, no global: every transport, every test, the fuzzer and `explain` call this one function.
#pragma once

#include <cstdint>

#include "answer/decision.hpp"
#include "answer/snapshot.hpp"
#include "answer/summary.hpp"
#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "base/random.hpp"

namespace rhumb::answer {

// What rate limiting has in store for a client that has no valid cookie (RFC 7873 §1.2: who has one is who he says).
enum class Limit : std::uint8_t { none, truncate, drop };

// Who asks, how and when.
struct Client {
  IpAddress address;
  Transport transport = Transport::udp;
  std::uint32_t now_s = 0;  // Unix time modulo 2^32, for cookies
  Limit limit = Limit::none;
};

// A chain of CNAMEs and DNAMEs longer than this is a loop or a mistake; NSD stops at 8, Knot at 20.
inline constexpr int kChainMax = 16;

// Writes the response to `query` into `response` and returns its size; 0 means: do not answer.
//
// `response` needs dns::kUdpPayloadMax octets for UDP, dns::kMessageMax for TCP. It may begin where `query` does.
// Any octets may come in. Safe from any thread, with a `random` of its own; `snapshot` must outlive the call. Without a
// `trace` it neither allocates nor locks; with one, what led to the answer is written down there. `summary` is for
// those who count.
[[nodiscard]] std::size_t answer(const Snapshot& snapshot, const Client& client, Bytes query, MutableBytes response,
                                 Random& random, Summary& summary, Decision* trace = nullptr) noexcept;

[[nodiscard]] inline std::size_t answer(const Snapshot& snapshot, const Client& client, Bytes query,
                                        MutableBytes response, Random& random, Decision* trace = nullptr) noexcept {
  Summary summary;
  return answer(snapshot, client, query, response, random, summary, trace);
}

}  // namespace rhumb::answer

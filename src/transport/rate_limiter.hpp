// Response rate limiting: how often a client network may be answered over UDP, so that the server is of no use to those
// who send queries under a victim's address.
//
// A leaky bucket a network, kept as one 64-bit word (the generic cell rate algorithm): the time at which the network
// will have paid for all its answers. Eight words are a cache line, and a network lies in the one line that its hash
// names; when that is full, the network that has paid most is forgotten. So memory is bounded, and an answer costs one
// line. All threads share the table without locks: when two of them update a word at once, one answer goes uncounted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "base/ip_address.hpp"

namespace rhumb::transport {

struct RateLimits {
  std::uint32_t responses_per_second = 0;  // to one network; a burst of a second's worth is free. 0: no limit
  // Of the responses over the limit every `slip`-th is sent truncated, so that a client that is there can come back
  // over TCP; the others are not sent. 1: all of them; 0: none.
  std::uint32_t slip = 2;
  bool log_only = false;  // count, but answer
  std::uint8_t v4_bits = 24;
  std::uint8_t v6_bits = 56;

  static constexpr std::uint32_t kResponsesMax = 1'000'000;

  friend bool operator==(const RateLimits&, const RateLimits&) = default;
};

class RateLimiter {
 public:
  // `limits.responses_per_second` is from 1 to kResponsesMax. `seed` should be random: who knows it can choose networks
  // that push each other out.
  RateLimiter(const RateLimits& limits, std::uint64_t seed);

  // Counts one response to `client` at `now_us`, a clock that does not go back. True when it is over the limit; then it
  // is not charged for. From any thread.
  [[nodiscard]] bool is_over(const IpAddress& client, std::uint64_t now_us) noexcept;

  [[nodiscard]] const RateLimits& limits() const noexcept { return limits_; }

  // Networks that are remembered at once; 8 octets each.
  static constexpr std::size_t kNetworks = 131'072;

 private:
  // Upper 20 bits: of the network's hash, so that two networks in one line are told apart (all but one in a million).
  // Lower 44: when it will have paid, in 1/16 µs modulo 2^44 (12 days).
  using Word = std::uint64_t;
  static constexpr std::size_t kWays = 8;
  struct alignas(64) Line {
    std::array<std::atomic<Word>, kWays> words;
  };

  RateLimits limits_;
  std::uint64_t seed_;
  std::uint64_t interval_;  // between answers, in 1/16 µs
  std::vector<Line> lines_;
};

}  // namespace rhumb::transport

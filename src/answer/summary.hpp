// What an answer was, in sixteen octets: for those who count answers and log them.
//
// The responder fills one for every answer, in a dozen instructions; Decision says more, to those who have time.
// Numbers are of the snapshot that answered, and mean nothing without it.
#pragma once

#include <bit>
#include <cstdint>

#include "base/ip_address.hpp"
#include "dns/codes.hpp"
#include "steering/expectation.hpp"
#include "steering/region.hpp"
#include "zone/zones.hpp"

namespace rhumb::answer {

enum class Transport : std::uint8_t { udp, tcp };

// What became of a query.
enum class Fate : std::uint8_t {
  answered,
  slipped,    // over the rate limit: the answer says no more than that it is truncated
  limited,    // over the rate limit: no answer
  malformed,  // not a query: no answer
};

// The family of EDNS Client Subnet, if the query had it.
enum class Subnet : std::uint8_t { none, v4, v6 };

struct Summary {
  // What most answers of most servers are without: no bit is set then, which is one comparison.
  struct Marks {
    Fate fate = Fate::answered;
    Subnet subnet = Subnet::none;
    bool is_truncated = false;
    std::uint8_t steered = 0;  // 0: not; else the outcome, plus one
  };

  dns::Type type = 0;                          // 0: no question that could be read
  std::uint16_t zone = zone::Lookup::kNoZone;  // Lookup::zone_number of the question's name
  std::uint32_t service = 0;                   // in Snapshot::services, if is_steered(); of several on the way the last
  dns::Rcode rcode = dns::Rcode::no_error;
  std::uint8_t region = 0;  // 0: the service had none for the client; else its place in the service's list, plus one
  std::uint8_t scope_bits = 0;  // of the subnet's family
  Marks marks = {};

  [[nodiscard]] bool is_plain() const noexcept { return std::bit_cast<std::uint32_t>(marks) == 0; }
  // Answered, whole, and if it was steered, to who is healthy. One comparison too.
  [[nodiscard]] bool is_usual() const noexcept {
    constexpr Marks kUnusual{Fate{0xFF}, Subnet::none, true, 0xFE};
    return (std::bit_cast<std::uint32_t>(marks) & std::bit_cast<std::uint32_t>(kUnusual)) == 0;
  }
  [[nodiscard]] bool is_steered() const noexcept { return marks.steered != 0; }
  // If is_steered().
  [[nodiscard]] steering::Outcome outcome() const noexcept { return static_cast<steering::Outcome>(marks.steered - 1); }
  void set_outcome(steering::Outcome outcome, steering::RegionIndex picked) noexcept {
    marks.steered = static_cast<std::uint8_t>(static_cast<std::uint8_t>(outcome) + 1);
    const bool has_region = outcome <= steering::Outcome::all_down;
    region = static_cast<std::uint8_t>(picked + (has_region ? 1 : 0));
  }
};
static_assert(static_cast<int>(steering::Outcome::healthy) == 0 && static_cast<int>(steering::Outcome::all_down) == 1);
static_assert(sizeof(Summary) == 16, "it is written for every answer");

}  // namespace rhumb::answer

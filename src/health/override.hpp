// An operator's word on health: it goes before whatever probes and safety rules say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "health/time.hpp"

namespace rhumb::health {

// What an override is on: a region, a service's instances there, or one of those.
struct Scope {
  std::string region;
  std::string service = {};   // empty: every service
  std::string instance = {};  // its address or target, as status shows it; only with a service. Empty: all of them

  friend bool operator==(const Scope&, const Scope&) = default;
};

// "eu-west", "www.example.com eu-west", "www.example.com eu-west 192.0.2.20".
[[nodiscard]] std::string to_text(const Scope& scope);

struct Override {
  enum class Action : std::uint8_t {
    drain,       // clients are sent elsewhere, bit by bit
    force_up,    // served whatever probes say
    force_down,  // not served whatever probes say
  };

  Scope scope;
  Action action = Action::drain;
  std::string reason = {};  // for people; at most kReasonMax octets
  std::string owner = {};   // who gave it; at most kOwnerMax octets
  Time since = {};
  std::optional<Time> until = {};  // ends by itself then
  Duration over{0};                // of a drain: how long it takes until nobody is sent there; 0: at once

  friend bool operator==(const Override&, const Override&) = default;
};

inline constexpr std::size_t kReasonMax = 500;
inline constexpr std::size_t kOwnerMax = 100;
// One for each scope. Bounds the state file and what one change has to look at.
inline constexpr std::size_t kOverridesMax = 10'000;

// "drain", "up", "down".
[[nodiscard]] std::string_view to_text(Override::Action action) noexcept;

}  // namespace rhumb::health

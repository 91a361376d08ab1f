// What there is to say about health at one moment, as plain values: for the control channel and those who show it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "health/override.hpp"
#include "health/state.hpp"
#include "health/time.hpp"

namespace rhumb::health {

// One probe, whichever instances it speaks for.
struct ProbeStatus {
  std::string check;   // its name in the configuration
  std::string target;  // what is probed: "192.0.2.20:443", "lb.example.net"
  State state = State::unknown;
  bool is_stale = false;             // from before the start, and not yet verified
  bool is_held = false;              // the guard holds back that it is down
  std::optional<Time> since = {};    // the state; none while unknown
  std::optional<Time> last_at = {};  // the last result
  bool last_success = false;
  std::string evidence = {};    // of the last result
  std::string warning = {};     // "its certificate expires in 5 days"
  std::uint64_t successes = 0;  // since the start
  std::uint64_t failures = 0;
  int results_needed = 0;            // until the state can change
  std::optional<Time> next_at = {};  // the next probe
  // Response times in milliseconds; none until there was a success.
  std::optional<double> average_ms = {};  // exponentially weighted
  std::optional<double> median_ms = {};
  std::optional<double> p95_ms = {};
  std::optional<double> load = {};  // as the instance tells it; 1 is its limit
};

// Why an instance gets fewer clients than its share, or more than its checks would give it.
enum class Standing : std::uint8_t {
  serving,      // as its checks say
  down,         // as its checks say
  held_down,    // up again, but not for long enough
  damped,       // up again, but it has flapped too much
  awaits_word,  // up again, and waits for an operator: `resume` is manual
  ramping,      // up again, with a share that grows
  shedding,     // its load is high: a part of its clients goes elsewhere
  panic,        // served though it may be down: too few instances of the service are up
  kept,         // served though it is down: the service would have too few regions
  draining,     // an operator's word, its share shrinks
  drained,
  forced_up,
  forced_down,
};

// "serving", "down", "held down", "damped", "awaits word", …
[[nodiscard]] std::string_view to_text(Standing standing) noexcept;

// Whether the instance waits although it is up.
[[nodiscard]] constexpr bool is_waiting(Standing standing) noexcept {
  return standing == Standing::held_down || standing == Standing::damped || standing == Standing::awaits_word;
}

struct InstanceStatus {
  std::string service;
  std::string region;
  std::string instance;  // address or target
  State state = State::unknown;
  bool is_checked = false;  // whether it has checks at all
  bool is_stale = false;
  Standing standing = Standing::serving;
  double share = 1;                      // of the clients that it would have otherwise; 0 to 1
  std::optional<Time> since = {};        // the state
  std::optional<Time> until = {};        // when the standing ends by itself, if that is known
  double flap_penalty = 0;               // in flaps, decayed
  std::string evidence = {};             // why the state is what it is
  std::vector<std::size_t> probes = {};  // in Status::probes
};

struct Status {
  Time now = {};
  std::string guard = {};          // why verdicts are held back everywhere; empty: they are not
  std::vector<std::string> notes;  // of services: "www.example.com: panic: 1 of 4 instances is up"
  std::vector<ProbeStatus> probes;
  std::vector<InstanceStatus> instances;  // in the order of the configuration
  std::vector<Override> overrides;        // oldest first
};

// Whether the instance is one of those that the scope is on.
[[nodiscard]] bool covers(const Scope& scope, const InstanceStatus& instance) noexcept;

// Why no instance of `status` is in the scope, for people: with the name that was probably meant, or with the places
// where the service is. Nothing when there is one.
[[nodiscard]] std::optional<std::string> check_scope(const Scope& scope, const Status& status);

}  // namespace rhumb::health

// Something that changed, with the evidence: what the log, hooks and webhooks tell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "health/time.hpp"

namespace rhumb::health {

struct Event {
  enum class Kind : std::uint8_t {
    state,             // of an instance: up, down, as its checks say
    serving,           // an instance that is up is held back, ramped up, or serves again
    override_set,      // by an operator
    override_cleared,  // by an operator
    override_ended,    // its time is over
    panic,             // a service treats all instances as up, or no longer does
    min_regions,       // a service keeps regions that are down, or no longer does
    guard,             // verdicts are held back everywhere, or no longer are
    load,              // an instance sheds clients, or no longer does
  };
  enum class Severity : std::uint8_t { info, warning, error };

  Kind kind = Kind::state;
  Severity severity = Severity::info;
  Time at = {};
  // What it is about; each may be empty: a guard is about everything, a drain may be about a region.
  std::string service = {};
  std::string region = {};
  std::string instance = {};  // address or target
  std::string from = {};      // "unknown", "up", "serving", …; may be empty
  std::string to = {};        // "down", "held", "panic", …
  std::string evidence = {};  // "HTTP 503", "hold-down for 30s", "2 of 5 instances are up, fewer than 50 %"
};

// "state", "serving", "override set", …
[[nodiscard]] std::string_view to_text(Event::Kind kind) noexcept;
// "info", "warning", "error".
[[nodiscard]] std::string_view to_text(Event::Severity severity) noexcept;

// What it is about: "www.example.com eu-west 192.0.2.20"; empty if it is about everything. Events of one subject are of
// one target, for who limits their rate.
[[nodiscard]] std::string subject(const Event& event);

// For the log: "www.example.com eu-west 192.0.2.20: up → down: HTTP 503".
[[nodiscard]] std::string to_text(const Event& event);

}  // namespace rhumb::health

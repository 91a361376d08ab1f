// What is checked, for whom, and by which rules: the part of a configuration that is about health, as plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "health/check.hpp"
#include "health/failback.hpp"
#include "health/load_shedding.hpp"
#include "health/mass_guard.hpp"
#include "health/state.hpp"

namespace rhumb::health {

// What the states of probes come to. Unknown has no opinion: it counts neither as up nor as down.
struct Condition {
  enum class Kind : std::uint8_t {
    probe,     // as that probe
    at_least,  // up if so many of the parts are, down if that cannot be any more, otherwise unknown
    invert,    // up if its one part is down, down if it is up
  };

  Kind kind = Kind::probe;
  std::uint32_t probe = 0;     // in Plan::probes
  std::uint32_t at_least = 0;  // 1 to the number of parts
  std::vector<Condition> parts = {};

  friend bool operator==(const Condition&, const Condition&) = default;
};

// `state_of(probe) -> State`.
template <typename StateOf>
[[nodiscard]] State evaluate(const Condition& condition, const StateOf& state_of) {
  if (condition.kind == Condition::Kind::probe) return state_of(condition.probe);
  std::size_t up = 0;
  std::size_t down = 0;
  for (const Condition& part : condition.parts) {
    const State state = evaluate(part, state_of);
    up += state == State::up ? 1 : 0;
    down += state == State::down ? 1 : 0;
  }
  if (condition.kind == Condition::Kind::invert) return up > 0 ? State::down : down > 0 ? State::up : State::unknown;
  if (up >= condition.at_least) return State::up;
  return condition.parts.size() - down < condition.at_least ? State::down : State::unknown;
}

struct ServicePlan {
  std::string name;
  int panic_percent = 0;          // fewer than so many of its instances up: all count as up. 0: never
  std::uint32_t regions_min = 0;  // so many regions are kept, whatever their checks say
  FailbackSettings failback = {};
  LoadSettings load = {};
};

// What is steered to. The places of these in Plan::instances are those on the board.
struct InstancePlan {
  std::uint32_t service;                    // in Plan::services
  std::uint32_t region;                     // in Plan::regions
  std::string shown;                        // its address or target
  std::optional<Condition> condition = {};  // none: it has no checks, and stays unknown
};

struct Plan {
  std::vector<std::string> regions;
  std::vector<ServicePlan> services;
  std::vector<InstancePlan> instances;  // those of one service stand together, in the order of the services
  std::vector<Target> probes;           // no two of them the same (is_same_probe)
  GuardSettings guard = {};
  std::vector<std::uint32_t> canaries = {};  // probes that tell whether our own network works
};

}  // namespace rhumb::health

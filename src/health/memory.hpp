// What a monitor knows, by the names of things, so that another one can go on from there: after a reload, or after a
// restart from the state file (state_file.hpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "health/failback.hpp"
#include "health/override.hpp"
#include "health/state.hpp"
#include "health/state_machine.hpp"
#include "health/time.hpp"

namespace rhumb::health {

struct ProbeMemory {
  StateMachine::Memory machine = {};
  Time since = {};
  std::string evidence = {};
  bool is_stale = false;

  friend bool operator==(const ProbeMemory&, const ProbeMemory&) = default;
};

struct InstanceMemory {
  State state = State::unknown;
  Time since = {};
  std::string evidence = {};
  Failback::Memory failback = {};
  double shed_share = 1;

  friend bool operator==(const InstanceMemory&, const InstanceMemory&) = default;
};

struct Memory {
  std::map<std::string, ProbeMemory> probes;        // by memory_key(Target)
  std::map<std::string, InstanceMemory> instances;  // by service, region and address or target
  std::vector<Override> overrides;

  friend bool operator==(const Memory&, const Memory&) = default;
};

}  // namespace rhumb::health

// The plan of a test that cares for probes only: an instance for each target, of a service with the target's name.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "health/plan.hpp"

namespace rhumb::health {

// The i-th instance is that of the i-th target; targets of the same probe share it.
[[nodiscard]] inline Plan plan_of(const std::vector<Target>& targets) {
  Plan plan;
  plan.regions = {"here"};
  for (const Target& target : targets) {
    const auto same =
        std::ranges::find_if(plan.probes, [&](const Target& probe) { return is_same_probe(probe, target); });
    const auto probe = static_cast<std::uint32_t>(same - plan.probes.begin());
    if (same == plan.probes.end()) plan.probes.push_back(target);
    const auto service = static_cast<std::uint32_t>(plan.services.size());
    plan.services.push_back({target.name});
    plan.instances.push_back({service, 0, target.name, Condition{Condition::Kind::probe, probe}});
  }
  return plan;
}

}  // namespace rhumb::health

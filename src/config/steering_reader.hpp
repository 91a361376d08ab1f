// The member "steering" of a service.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "config/json_place.hpp"
#include "config/rule_sets.hpp"
#include "config/service_steering.hpp"
#include "steering/region.hpp"
#include "steering/rule_set.hpp"

namespace rhumb::config {

// `place` is nothing where the service has no such member. `regions` are all there are; the service has instances in
// those that `used` has the places of. Rules that expired before `today` are left out, with a warning. Its rules may
// stand in `rule_sets`.
[[nodiscard]] ServiceSteering read_steering(const std::optional<JsonPlace>& place,
                                            std::span<const steering::Region> regions,
                                            const std::set<std::size_t>& used, std::chrono::sys_days today,
                                            RuleSets& rule_sets);

// A list of rules that services share.
[[nodiscard]] steering::RuleSet read_rule_set(std::string name, const JsonPlace& place,
                                              std::span<const steering::Region> regions, std::chrono::sys_days today);

// The place in `regions` of the one with this name; reports any other.
[[nodiscard]] std::optional<std::size_t> read_region_name(const JsonPlace& place,
                                                          std::span<const steering::Region> regions);

}  // namespace rhumb::config

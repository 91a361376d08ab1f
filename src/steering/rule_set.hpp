// Rules that stand in the lists of several services: read once, however many services there are.
//
// They name regions of the whole configuration. To each service they come without the regions that it has no instance
// in, and a rule to which no region is left does not apply to it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "steering/rule.hpp"

namespace rhumb::steering {

struct RuleSet {
  std::string name;
  std::vector<Rule> rules;                            // regions: places in the configuration's list
  std::shared_ptr<const RuleMap> networks = nullptr;  // of a set from a file: to places in `rules`
};

// A set's place in a list of rules.
struct RuleSetUse {
  std::size_t at;  // it stands before the list's own rule with this number
  std::shared_ptr<const RuleSet> set;

  friend bool operator==(const RuleSetUse&, const RuleSetUse&) = default;
};

// For a service with instances in `regions`, places in the configuration's list in rising order: `configured`, whose
// regions are such places too, with the rules of the sets at theirs, and all regions as places in `regions`.
[[nodiscard]] Steering localize(const Steering& configured, std::span<const RuleSetUse> sets,
                                std::span<const std::size_t> regions);

}  // namespace rhumb::steering

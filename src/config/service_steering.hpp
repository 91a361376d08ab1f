// How a service is steered, as it is configured.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ip_address.hpp"
#include "steering/rule.hpp"
#include "steering/rule_set.hpp"
#include "steering/service.hpp"

namespace rhumb::config {

struct ServiceSteering {
  steering::Steering steering;  // regions are places in Config::regions; `rules` are its own
  std::vector<steering::RuleSetUse> rule_sets = {};
  steering::Policy policy = steering::Policy::rotate;
  std::uint8_t answers = 0;
  steering::StickyPrefix sticky_prefix = {};
  steering::Spread spread = steering::Spread::weights;
  bool families_together = true;
  steering::WhenAllDown when_all_down = steering::WhenAllDown::nearest;
  std::vector<IpAddress> last_resort;
};

}  // namespace rhumb::config

#include "steering/rule.hpp"

#include <algorithm>

namespace rhumb::steering {

bool uses_latency(const Steering& steering) noexcept {
  const auto is_by_latency = [](const Preference& preference) { return preference.order == Order::latency; };
  return is_by_latency(steering.preference) || std::ranges::any_of(steering.rules, is_by_latency, &Rule::preference);
}

}  // namespace rhumb::steering

#include "health/status.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/suggestion.hpp"

namespace rhumb::health {
namespace {

// Where a service is told to be: more would not be read.
constexpr std::size_t kPlacesShownMax = 10;

using Member = std::string InstanceStatus::*;

bool has(const Status& status, Member member, std::string_view name) {
  return std::ranges::any_of(status.instances, [&](const InstanceStatus& one) { return one.*member == name; });
}

// What `member` is of the instances that `filter` takes, each once.
template <typename Filter>
std::vector<std::string_view> names_of(const Status& status, Member member, Filter filter) {
  std::set<std::string_view> names;
  for (const InstanceStatus& instance : status.instances) {
    if (filter(instance)) names.insert(instance.*member);
  }
  return {names.begin(), names.end()};
}

std::string joined(std::vector<std::string_view> names) {
  const bool has_more = names.size() > kPlacesShownMax;
  if (has_more) names.resize(kPlacesShownMax);
  return fmt::format("{}{}", fmt::join(names, ", "), has_more ? ", …" : "");
}

const auto kAny = [](const InstanceStatus&) { return true; };

}  // namespace

std::string_view to_text(Standing standing) noexcept {
  switch (standing) {
    case Standing::serving:
      break;
    case Standing::down:
      return "down";
    case Standing::held_down:
      return "held down";
    case Standing::damped:
      return "damped";
    case Standing::awaits_word:
      return "awaits word";
    case Standing::ramping:
      return "ramping";
    case Standing::shedding:
      return "shedding";
    case Standing::panic:
      return "panic";
    case Standing::kept:
      return "kept";
    case Standing::draining:
      return "draining";
    case Standing::drained:
      return "drained";
    case Standing::forced_up:
      return "forced up";
    case Standing::forced_down:
      return "forced down";
  }
  return "serving";
}

bool covers(const Scope& scope, const InstanceStatus& instance) noexcept {
  return scope.region == instance.region && (scope.service.empty() || scope.service == instance.service) &&
         (scope.instance.empty() || scope.instance == instance.instance);
}

std::optional<std::string> check_scope(const Scope& scope, const Status& status) {
  if (scope.region.empty()) return "a region is needed";
  if (scope.service.empty() && !scope.instance.empty()) return "an instance is named without its service";
  if (std::ranges::any_of(status.instances, [&](const InstanceStatus& one) { return covers(scope, one); })) return {};

  if (!has(status, &InstanceStatus::region, scope.region)) {
    return fmt::format("no service has an instance in a region \"{}\"{}", scope.region,
                       suggestion(scope.region, names_of(status, &InstanceStatus::region, kAny)));
  }
  if (!has(status, &InstanceStatus::service, scope.service)) {
    return fmt::format("\"{}\" is not a service{}", scope.service,
                       suggestion(scope.service, names_of(status, &InstanceStatus::service, kAny)));
  }
  const auto is_of_service = [&](const InstanceStatus& one) { return one.service == scope.service; };
  const auto is_there = [&](const InstanceStatus& one) { return is_of_service(one) && one.region == scope.region; };
  if (std::ranges::none_of(status.instances, is_there)) {
    return fmt::format("{} has no instance in {}; it is in {}", scope.service, scope.region,
                       joined(names_of(status, &InstanceStatus::region, is_of_service)));
  }
  return fmt::format("{} has no instance \"{}\" in {}; it has {} there", scope.service, scope.instance, scope.region,
                     joined(names_of(status, &InstanceStatus::instance, is_there)));
}

}  // namespace rhumb::health

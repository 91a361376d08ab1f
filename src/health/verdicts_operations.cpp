// Verdicts: the operator's word, and what it is refused for.
#include <algorithm>

#include <fmt/format.h>

#include "base/suggestion.hpp"
#include "health/verdicts.hpp"

namespace rhumb::health {

std::optional<std::string> Verdicts::set_override(Override word, bool force, Time now) {
  if (auto refused = refuse_scope(word.scope)) return refused;
  if (word.until && *word.until <= now) return "its time is over before it begins";
  if (word.reason.size() > kReasonMax) return fmt::format("the reason is longer than {} octets", kReasonMax);
  if (word.owner.size() > kOwnerMax) return fmt::format("the owner is longer than {} octets", kOwnerMax);
  if (!force) {
    if (auto refused = refuse_loss(word)) return refused;
  }
  word.since = now;
  if (!overrides_.set(word)) return fmt::format("there are {} overrides already", kOverridesMax);
  tell_override(word, Event::Kind::override_set, now);
  settle_scope(word.scope, now);
  return std::nullopt;
}

std::optional<std::string> Verdicts::clear_override(const Scope& scope, Time now) {
  // Not refuse_scope(): what is overridden may be in the configuration no more.
  const auto word = overrides_.clear(scope);
  if (!word) {
    if (auto refused = refuse_scope(scope)) return refused;
    return fmt::format("there is no override on {}", to_text(scope));
  }
  tell_override(*word, Event::Kind::override_cleared, now);
  settle_scope(scope, now);
  return std::nullopt;
}

std::optional<std::string> Verdicts::resume(const Scope& scope, Time now) {
  if (auto refused = refuse_scope(scope)) return refused;
  bool has_waited = false;
  for (std::uint32_t i = 0; i < seats_.size(); ++i) {
    const InstancePlan& plan = plan_.instances[i];
    if (!covers(scope, plan_.regions[plan.region], plan_.services[plan.service].name, plan.shown)) continue;
    if (!is_waiting(seats_[i].failback.at(now, plan_.services[plan.service].failback).standing)) continue;
    seats_[i].failback.resume(now);
    has_waited = true;
  }
  if (!has_waited) return fmt::format("no instance of {} waits", to_text(scope));
  ++revision_;
  settle_scope(scope, now);
  return std::nullopt;
}

std::optional<std::string> Verdicts::refuse_scope(const Scope& scope) const {
  const auto region = std::ranges::find(plan_.regions, scope.region);
  if (region == plan_.regions.end()) {
    return fmt::format("\"{}\" is not a region{}", scope.region,
                       suggestion(scope.region, {plan_.regions.begin(), plan_.regions.end()}));
  }
  const auto service = std::ranges::find(plan_.services, scope.service, &ServicePlan::name);
  if (!scope.service.empty() && service == plan_.services.end()) {
    std::vector<std::string_view> names;
    for (const ServicePlan& known : plan_.services)
      names.push_back(known.name);
    return fmt::format("\"{}\" is not a service{}", scope.service, suggestion(scope.service, names));
  }
  if (scope.service.empty() && !scope.instance.empty()) return "an instance is one of a service: which?";
  std::vector<std::string_view> instances;
  for (const InstancePlan& plan : plan_.instances) {
    if (!covers({scope.region, scope.service}, plan_.regions[plan.region], plan_.services[plan.service].name, {})) {
      continue;
    }
    if (scope.instance.empty() || plan.shown == scope.instance) return std::nullopt;
    instances.push_back(plan.shown);
  }
  if (instances.empty()) {
    return scope.service.empty() ? fmt::format("no service has an instance in {}", scope.region)
                                 : fmt::format("{} has no instance in {}", scope.service, scope.region);
  }
  return fmt::format("\"{}\" is not an instance of {} in {}{}", scope.instance, scope.service, scope.region,
                     suggestion(scope.instance, instances));
}

// Whether clients would be left with too few regions. Those that an operator takes out already count as gone.
std::optional<std::string> Verdicts::refuse_loss(const Override& word) const {
  if (word.action == Override::Action::force_up) return std::nullopt;
  for (std::uint32_t service = 0; service < services_.size(); ++service) {
    const ServiceRange& range = services_[service];
    const ServicePlan& plan = plan_.services[service];
    std::vector<Judged> before;
    std::vector<Judged> after;
    for (std::uint32_t i = range.first; i < range.end; ++i) {
      Judged judged = seats_[i].judged;
      if (judged.standing == Standing::draining) judged.share = 0;
      before.push_back(judged);
      if (covers(word.scope, plan_.regions[judged.region], plan.name, plan_.instances[i].shown)) judged.share = 0;
      after.push_back(judged);
    }
    const std::size_t left = count_served_regions(after);
    if (left >= std::max<std::size_t>(1, plan.regions_min) || left >= count_served_regions(before)) continue;
    return left == 0 ? fmt::format("{} would have no region left that serves", plan.name)
                     : fmt::format("{} would have {} region{} left that serve{}, and needs {}", plan.name, left,
                                   left == 1 ? "" : "s", left == 1 ? "s" : "", plan.regions_min);
  }
  return std::nullopt;
}

}  // namespace rhumb::health

#include "daemon/health_plan.hpp"

#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "health/push_probe.hpp"

namespace rhumb::daemon {
namespace {

using health::Condition;

// A wildcard is no host that a web server would know: then the probe names the address it goes to.
std::string host_of(const config::Service& service) {
  return service.name.is_wildcard() ? std::string() : service.name.to_text();
}

// Whether a probe names the service that it is made for: then it is not one for several.
bool names_service(const health::Check& check) {
  using Type = health::Check::Type;
  switch (check.type) {
    case Type::http:
    case Type::https:
    case Type::tls:
    case Type::grpc:
      return check.host.empty();
    case Type::exec:  // in its environment
    case Type::push:  // reports are on a service's instance
      return true;
    case Type::tcp:
    case Type::icmp:
    case Type::dns:
    case Type::none:
      break;
  }
  return false;
}

std::string shown(const config::Instance& instance) {
  return instance.target ? instance.target->to_text() : instance.address.to_string();
}

health::Target target_of(const config::Config& config, const config::Service& service, const config::Instance& instance,
                         std::size_t check) {
  const std::string name =
      fmt::format("{} {} {}", service.name.to_text(), config.regions[instance.region].name, shown(instance));
  health::Target target{name, instance.address, {}, config.checks[check].check};
  if (names_service(target.check)) target.host = host_of(service);
  target.check_name = config.checks[check].name;
  if (instance.target && instance.check_address) target.address = *instance.check_address;
  if (instance.target && !instance.check_address) target.resolved_name = shown(instance);
  if (target.check.address.bits != 0) {
    target.address = target.check.address;
    target.resolved_name.clear();
  }
  target.check.report_file = health::report_file_of(target.check.report_file, shown(instance),
                                                    config.regions[instance.region].name, service.name.to_text());
  return target;
}

}  // namespace

HealthPlanner::HealthPlanner(const config::Config& config) : config_(config) {
  for (const steering::Region& region : config.regions)
    plan_.regions.push_back(region.name);
  plan_.guard = config.health.guard;
  for (const config::Canary& canary : config.health.canaries) {
    health::Target target{
        "canary " + canary.address.to_string(), canary.address, {}, config.checks[canary.check].check};
    target.check_name = config.checks[canary.check].name;
    plan_.canaries.push_back(probe_of(std::move(target)));
  }
}

void HealthPlanner::add(const config::Service& service) {
  service_ = &service;
  const config::ServiceHealth& health = service.health;
  plan_.services.push_back(
      {service.name.to_text(), health.panic_percent, health.regions_min, health.failback, health.load});
}

std::uint32_t HealthPlanner::add(const config::Instance& instance) {
  assert(service_ != nullptr);
  plan_.instances.push_back({static_cast<std::uint32_t>(plan_.services.size() - 1),
                             static_cast<std::uint32_t>(instance.region), shown(instance), condition_of(instance)});
  return static_cast<std::uint32_t>(plan_.instances.size() - 1);
}

health::Plan HealthPlanner::take() {
  probes_.clear();
  return std::move(plan_);
}

std::optional<Condition> HealthPlanner::condition_of(const config::Instance& instance) {
  if (service_->checks.empty()) return std::nullopt;
  std::vector<Condition> conditions;
  for (const std::size_t check : service_->checks)
    conditions.push_back(resolve(config_.checks[check].condition, instance));
  if (conditions.size() == 1) return std::move(conditions.front());
  const auto all = static_cast<std::uint32_t>(conditions.size());
  return Condition{Condition::Kind::at_least, 0, all, std::move(conditions)};
}

// From places in Config::checks to places in Plan::probes.
Condition HealthPlanner::resolve(const Condition& of_checks, const config::Instance& instance) {
  Condition condition{of_checks.kind, 0, of_checks.at_least, {}};
  if (of_checks.kind == Condition::Kind::probe) {
    condition.probe = probe_of(target_of(config_, *service_, instance, of_checks.probe));
  }
  for (const Condition& part : of_checks.parts)
    condition.parts.push_back(resolve(part, instance));
  return condition;
}

std::uint32_t HealthPlanner::probe_of(health::Target target) {
  const auto place = probes_.lower_bound(target);
  if (place != probes_.end() && !probes_.key_comp()(target, *place)) return *place;
  const auto number = static_cast<std::uint32_t>(plan_.probes.size());
  plan_.probes.push_back(std::move(target));
  probes_.insert(place, number);
  return number;
}

}  // namespace rhumb::daemon

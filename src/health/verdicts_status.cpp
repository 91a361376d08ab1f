// Verdicts: what there is to say about them.
#include <algorithm>

#include <fmt/format.h>

#include "health/verdicts.hpp"

namespace rhumb::health {

Status Verdicts::status(Time now) const {
  Status status;
  status.now = now;
  if (guard_.is_up()) {
    status.guard = fmt::format("{}: verdicts are held back for {} at most", guard_.reason(),
                               duration_text(guard_.until(plan_.guard) - now));
  }
  for (std::uint32_t service = 0; service < services_.size(); ++service) {
    const Safety& safety = services_[service].safety;
    const std::string& name = plan_.services[service].name;
    if (!safety.panic.empty()) status.notes.push_back(fmt::format("{}: panic: {}", name, safety.panic));
    if (!safety.regions.empty()) status.notes.push_back(fmt::format("{}: {}", name, safety.regions));
  }
  for (std::uint32_t probe = 0; probe < observed_.size(); ++probe)
    status.probes.push_back(probe_status(probe));
  for (std::uint32_t instance = 0; instance < seats_.size(); ++instance)
    status.instances.push_back(instance_status(instance, now));
  status.overrides = overrides_.all();
  return status;
}

ProbeStatus Verdicts::probe_status(std::uint32_t probe) const {
  const Observed& observed = observed_[probe];
  const Target& target = plan_.probes[probe];
  ProbeStatus status;
  status.check = target.check_name;
  status.target = probed_text(target);
  status.state = observed.shown;
  status.is_stale = observed.is_stale;
  status.is_held = is_held(probe);
  if (observed.shown != State::unknown) status.since = observed.shown_since;
  status.last_at = observed.last_at;
  status.last_success = observed.last_success;
  status.evidence = observed.evidence;
  status.warning = observed.warning;
  status.successes = observed.successes;
  status.failures = observed.failures;
  status.results_needed = observed.machine.results_needed();
  status.load = observed.load;
  return status;
}

InstanceStatus Verdicts::instance_status(std::uint32_t instance, Time now) const {
  const InstancePlan& plan = plan_.instances[instance];
  const ServicePlan& service = plan_.services[plan.service];
  const Seat& seat = seats_[instance];
  InstanceStatus status;
  status.service = service.name;
  status.region = plan_.regions[plan.region];
  status.instance = plan.shown;
  status.state = seat.state;
  status.is_checked = plan.condition.has_value();
  status.is_stale = std::ranges::any_of(seat.probes, [&](std::uint32_t probe) { return observed_[probe].is_stale; });
  status.standing = seat.judged.standing;
  status.share = to_share(seat.judged) <= kLeastShare ? 0 : seat.judged.share;
  if (seat.state != State::unknown) status.since = seat.since;
  if (seat.until != kNever) status.until = seat.until;
  status.flap_penalty = seat.failback.penalty(now, service.failback.damping);
  status.evidence = seat.evidence;
  status.probes.assign(seat.probes.begin(), seat.probes.end());
  return status;
}

}  // namespace rhumb::health

#include "health/verdicts.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace rhumb::health {
namespace {

void collect_probes(const Condition& condition, std::vector<std::uint32_t>& probes) {
  if (condition.kind == Condition::Kind::probe) probes.push_back(condition.probe);
  for (const Condition& part : condition.parts)
    collect_probes(part, probes);
}

}  // namespace

// ---------------------------------------------------------------------------------------------- from plan and memory

Verdicts::Verdicts(Plan plan, const Memory& memory, Time now)
    : plan_(std::move(plan)),
      board_(std::make_shared<Board>(plan_.instances.size())),
      observed_(plan_.probes.size()),
      seats_(plan_.instances.size()),
      services_(plan_.services.size()),
      canaries_(plan_.probes.size()),
      overrides_(memory.overrides, now) {
  for (std::size_t i = 0; i < plan_.probes.size(); ++i)
    observed_[i].machine = StateMachine(thresholds(plan_.probes[i].check));
  for (const std::uint32_t canary : plan_.canaries)
    canaries_[canary] = true;
  for (std::uint32_t i = 0; i < seats_.size(); ++i) {
    const InstancePlan& instance = plan_.instances[i];
    ServiceRange& range = services_[instance.service];
    if (range.end == 0) range.first = i;
    assert(range.end == 0 || range.end == i);
    range.end = i + 1;
    seats_[i].judged.region = instance.region;
    index_probes(i);
  }
  restore(memory, now);
  for (std::uint32_t service = 0; service < services_.size(); ++service)
    settle(service, now);
  events_.clear();
}

void Verdicts::index_probes(std::uint32_t instance) {
  const auto& condition = plan_.instances[instance].condition;
  if (!condition) return;
  std::vector<std::uint32_t>& probes = seats_[instance].probes;
  collect_probes(*condition, probes);
  std::ranges::sort(probes);
  probes.erase(std::unique(probes.begin(), probes.end()), probes.end());
  for (const std::uint32_t probe : probes)
    observed_[probe].instances.push_back(instance);
}

// What lies in the future was written before the clock was set back: without care, a hold-down would last that long.
void Verdicts::restore(const Memory& memory, Time now) {
  for (std::size_t i = 0; i < observed_.size() && !memory.probes.empty(); ++i) {
    const auto known = memory.probes.find(memory_key(plan_.probes[i]));
    if (known == memory.probes.end() || plan_.probes[i].check.type == Check::Type::none) continue;
    Observed& observed = observed_[i];
    observed.machine.restore(known->second.machine);
    observed.shown = observed.machine.state();
    observed.shown_since = std::min(known->second.since, now);
    observed.evidence = known->second.evidence;
    observed.is_stale = known->second.is_stale;
  }
  for (std::size_t i = 0; i < seats_.size() && !memory.instances.empty(); ++i) {
    const auto known = memory.instances.find(key(plan_.instances[i]));
    if (known == memory.instances.end() || !plan_.instances[i].condition) continue;
    Seat& seat = seats_[i];
    seat.state = known->second.state;
    seat.since = std::min(known->second.since, now);
    seat.evidence = known->second.evidence;
    seat.failback.restore(known->second.failback, now);
    if (plan_.services[plan_.instances[i].service].load.high > 0) seat.shedding.restore(known->second.shed_share);
  }
}

std::string Verdicts::key(const InstancePlan& instance) const {
  return fmt::format("{} {} {}", plan_.services[instance.service].name, plan_.regions[instance.region], instance.shown);
}

Memory Verdicts::memory() const {
  Memory memory;
  for (std::uint32_t i = 0; i < observed_.size(); ++i) {
    const Observed& observed = observed_[i];
    if (observed.machine.state() == State::unknown) continue;
    // What is held back is remembered as what it counts as: it has to be shown again that it is down.
    const StateMachine::Memory machine = is_held(i) ? StateMachine::Memory{observed.shown} : observed.machine.memory();
    memory.probes.emplace(memory_key(plan_.probes[i]),
                          ProbeMemory{machine, observed.shown_since, observed.evidence, observed.is_stale});
  }
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    const Seat& seat = seats_[i];
    InstanceMemory known{seat.state, seat.since, seat.evidence, seat.failback.memory(), seat.shedding.share()};
    if (known.state == State::unknown && known.failback == Failback::Memory{} && known.shed_share >= 1) continue;
    memory.instances.emplace(key(plan_.instances[i]), std::move(known));
  }
  memory.overrides = overrides_.all();
  return memory;
}

// ------------------------------------------------------------------------------------------------- results of probes

void Verdicts::record(std::uint32_t probe, const Outcome& outcome, Time now) {
  if (outcome.kind == Outcome::Kind::inconclusive) return;
  Observed& observed = observed_[probe];
  const State from = observed.machine.state();
  const int needed = observed.machine.results_needed();
  const Duration left = time_to_change(probe);
  const bool was_stale = std::exchange(observed.is_stale, false);
  const bool had_load = observed.load.has_value();
  take(observed, outcome, now);
  if (observed.machine.state() != from) turn(probe, now);
  const bool is_changed = show(probe, now);
  const bool is_nearer = observed.machine.results_needed() != needed;
  const bool is_told = outcome.kind != Outcome::Kind::failure && (had_load || observed.load);
  const bool has_moved = report_load(probe, is_told);
  if (is_nearer || was_stale || has_moved) ++revision_;
  if (is_changed || is_nearer || has_moved || time_to_change(probe) != left) settle_probe(probe, now);
}

void Verdicts::take(Observed& observed, const Outcome& outcome, Time now) {
  const bool is_success = outcome.kind == Outcome::Kind::success;
  observed.last_at = now;
  observed.last_success = is_success;
  observed.evidence = outcome.evidence;
  observed.warning = outcome.warning;
  if (outcome.kind != Outcome::Kind::failure) observed.load = outcome.load;
  if (outcome.kind == Outcome::Kind::no_opinion) return observed.machine.forget();
  ++(is_success ? observed.successes : observed.failures);
  observed.machine.record(is_success);
}

// The machine's state has changed.
void Verdicts::turn(std::uint32_t probe, Time now) {
  ++revision_;
  if (!canaries_[probe]) {
    discount_fall(observed_[probe]);
    if (observed_[probe].machine.state() == State::down) count_fall(probe, now);
  }
  look_at_guard(now);
}

void Verdicts::count_fall(std::uint32_t probe, Time now) {
  Observed& observed = observed_[probe];
  observed.before = observed.shown;
  observed.fallen_at = now;
  observed.is_fallen_lately = true;
  ++fallen_lately_;
  falls_.emplace_back(now, probe);
  if (!guard_.is_up()) return;
  observed.is_doubted = true;
  ++doubted_;
}

void Verdicts::discount_fall(Observed& observed) {
  fallen_lately_ -= std::exchange(observed.is_fallen_lately, false) ? 1 : 0;
  doubted_ -= std::exchange(observed.is_doubted, false) ? 1 : 0;
}

void Verdicts::forget_old_falls(Time now) {
  while (!falls_.empty() && falls_.front().first + plan_.guard.within <= now) {
    const auto& [at, probe] = falls_.front();
    Observed& observed = observed_[probe];
    if (observed.fallen_at == at && std::exchange(observed.is_fallen_lately, false)) --fallen_lately_;
    falls_.pop_front();
  }
}

void Verdicts::look_at_guard(Time now) {
  forget_old_falls(now);
  const MassGuard::Sight sight{plan_.probes.size() - plan_.canaries.size(), fallen_lately_, doubted_,
                               are_canaries_down()};
  if (!guard_.look(sight, now, plan_.guard)) return;
  ++revision_;
  if (guard_.is_up()) {
    doubt_late_falls();
  } else {
    end_doubts();
  }
  Event event{Event::Kind::guard, guard_.is_up() ? Event::Severity::error : Event::Severity::warning, now};
  event.from = guard_.is_up() ? "open" : "holding";
  event.to = guard_.is_up() ? "holding" : "open";
  event.evidence = guard_.is_up() ? fmt::format("{}: our own network is suspect, verdicts are held back for up to {}",
                                                guard_.reason(), duration_text(plan_.guard.hold_at_most))
                                  : "verdicts count again";
  events_.push_back(std::move(event));
  show_all(now);
}

// The guard has risen.
void Verdicts::doubt_late_falls() {
  doubted_ = fallen_lately_;
  for (Observed& observed : observed_)
    observed.is_doubted = observed.is_fallen_lately;
}

// The guard has fallen.
void Verdicts::end_doubts() {
  for (Observed& observed : observed_) {
    if (!std::exchange(observed.is_doubted, false)) continue;
    if (guard_.has_given_up()) continue;
    discount_fall(observed);
    observed.machine.restore({observed.before});
  }
  doubted_ = 0;
}

bool Verdicts::are_canaries_down() const {
  const auto is_down = [&](std::uint32_t probe) { return observed_[probe].machine.state() == State::down; };
  return !plan_.canaries.empty() && std::ranges::all_of(plan_.canaries, is_down);
}

// All probes first: what depends on several must not be seen half way.
void Verdicts::show_all(Time now) {
  for (std::uint32_t probe = 0; probe < observed_.size(); ++probe)
    show(probe, now);
  for (std::uint32_t service = 0; service < services_.size(); ++service)
    settle(service, now);
}

// What a probe counts as. True if that changed.
bool Verdicts::show(std::uint32_t probe, Time now) {
  Observed& observed = observed_[probe];
  const State state = is_held(probe) ? observed.before : observed.machine.state();
  if (state == observed.shown) return false;
  observed.shown = state;
  observed.shown_since = now;
  ++revision_;
  return true;
}

bool Verdicts::is_hurried(std::uint32_t probe) const {
  const Observed& observed = observed_[probe];
  return observed.machine.is_contradicted() || observed.is_stale;
}

}  // namespace rhumb::health

#include "health/verdicts.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include <fmt/format.h>

#include "base/suggestion.hpp"

namespace rhumb::health {
namespace {

// A share that moves is moved in so many steps, each so long at the least: 10 minutes in steps of 0.6 s.
constexpr int kSteps = 1'000;
constexpr Duration kStepMin{100};
// How often the TTL of an answer follows a time that approaches, and from when on: before that the limit is the
// greatest that can be shown.
constexpr Duration kTtlStep{1'000};
constexpr Duration kTtlHorizon = std::chrono::seconds(Shown::kNoLimit);

Duration step_of(Duration whole) {
  return std::max(whole / kSteps, kStepMin);
}

std::string in_words(Duration duration) {
  return duration_text(static_cast<std::uint64_t>(std::max(duration, Duration(0)).count()));
}

bool has_check(const Target& target) {
  return target.check.type != Check::Type::none;
}

// Whether the instance waits although it is up.
bool is_waiting(Standing standing) {
  return standing == Standing::held_down || standing == Standing::damped || standing == Standing::awaits_word;
}

// Whether a change to or from this is worth an event of its own: others are told as a state, an override or a rule.
bool is_told(Standing standing) {
  return is_waiting(standing) || standing == Standing::ramping || standing == Standing::shedding ||
         standing == Standing::drained;
}

// The instance's part of its clients in whole numbers.
Share to_share(const Judged& judged) {
  switch (judged.standing) {
    case Standing::down:
    case Standing::awaits_word:
    case Standing::drained:
    case Standing::forced_down:
      return 0;
    case Standing::held_down:
    case Standing::damped:
      return kLeastShare;  // up, if doubtfully: better than anything that is down
    case Standing::draining:
      if (judged.share <= 0) return 0;
      break;
    case Standing::serving:
    case Standing::ramping:
    case Standing::shedding:
    case Standing::panic:
    case Standing::kept:
    case Standing::forced_up:
      break;
  }
  return std::max(static_cast<Share>(std::lround(judged.share * kFullShare)), kLeastShare);
}

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
  const auto repeated = std::ranges::unique(probes);
  probes.erase(repeated.begin(), repeated.end());
  for (const std::uint32_t probe : probes)
    observed_[probe].instances.push_back(instance);
}

// What lies in the future was written before the clock was set back: without care, a hold-down would last that long.
void Verdicts::restore(const Memory& memory, Time now) {
  for (std::size_t i = 0; i < observed_.size() && !memory.probes.empty(); ++i) {
    const auto known = memory.probes.find(memory_key(plan_.probes[i]));
    if (known == memory.probes.end() || !has_check(plan_.probes[i])) continue;
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
                                                guard_.reason(), in_words(plan_.guard.hold_at_most))
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

// ------------------------------------------------------------------------------------------ instances and services

void Verdicts::settle_probe(std::uint32_t probe, Time now) {
  const Observed& observed = observed_[probe];
  std::uint32_t settled = static_cast<std::uint32_t>(services_.size());
  for (const std::uint32_t instance : observed.instances) {
    const std::uint32_t service = plan_.instances[instance].service;
    // Instances are in order, so the last one of a service comes right before the first one of the next.
    if (settled != service && settled < services_.size()) settle(settled, now);
    settled = service;
  }
  if (settled < services_.size()) settle(settled, now);
}

// To be called for each result; `is_told`: it tells of the load, if only that there is nothing to tell any more. True
// if a share moved.
bool Verdicts::report_load(std::uint32_t probe, bool is_told) {
  bool has_moved = false;
  for (const std::uint32_t instance : observed_[probe].instances) {
    const LoadSettings& settings = plan_.services[plan_.instances[instance].service].load;
    if (settings.high <= 0) continue;
    Seat& seat = seats_[instance];
    const std::optional<double> load = load_of(seat);
    // After a restart a share stays until it is known whether somebody tells the load.
    if (load ? !is_told : !is_heard(seat)) continue;
    const double before = seat.shedding.share();
    seat.shedding.report(load, settings);
    has_moved = has_moved || seat.shedding.share() != before;
  }
  return has_moved;
}

// The greatest that its probes tell.
std::optional<double> Verdicts::load_of(const Seat& seat) const {
  std::optional<double> load;
  for (const std::uint32_t probe : seat.probes)
    load = std::max(load, observed_[probe].load);
  return load;
}

// Whether each of its probes has had a result.
bool Verdicts::is_heard(const Seat& seat) const {
  return std::ranges::all_of(seat.probes, [&](std::uint32_t probe) {
    return observed_[probe].last_at.has_value() || !has_check(plan_.probes[probe]);
  });
}

void Verdicts::settle_scope(const Scope& scope, Time now) {
  for (std::uint32_t service = 0; service < services_.size(); ++service) {
    const ServiceRange& range = services_[service];
    for (std::uint32_t i = range.first; i < range.end; ++i) {
      if (covers(scope, plan_.regions[plan_.instances[i].region], plan_.services[service].name,
                 plan_.instances[i].shown)) {
        settle(service, now);
        break;
      }
    }
  }
}

// Works out what becomes of each of the service's instances, tells what is new, and shows it.
void Verdicts::settle(std::uint32_t service, Time now) {
  ServiceRange& range = services_[service];
  std::vector<Judged> judged;
  judged.reserve(range.end - range.first);
  for (std::uint32_t i = range.first; i < range.end; ++i) {
    judge_state(i, now);
    judged.push_back(judge(i, now));
  }
  const Safety before = std::exchange(range.safety, apply_safety(plan_.services[service], judged));
  tell_safety(service, before, now);

  Time due = kNever;
  for (std::uint32_t i = range.first; i < range.end; ++i) {
    const Judged old = std::exchange(seats_[i].judged, judged[i - range.first]);
    tell_standing(i, old, now);
    show_instance(i, now);
    due = std::min(due, due_of(i, now));
  }
  set_due(service, due);
}

void Verdicts::judge_state(std::uint32_t instance, Time now) {
  const InstancePlan& plan = plan_.instances[instance];
  if (!plan.condition) return;
  Seat& seat = seats_[instance];
  const State state = evaluate(*plan.condition, [&](std::uint32_t probe) { return observed_[probe].shown; });
  if (state == seat.state) return;
  const State from = std::exchange(seat.state, state);
  seat.since = now;
  seat.evidence = evidence_of(instance);
  seat.failback.turn(state, now, plan_.services[plan.service].failback);
  ++revision_;
  Event event = event_of(instance, Event::Kind::state, now);
  event.severity = state == State::down ? Event::Severity::warning : Event::Severity::info;
  event.from = to_text(from);
  event.to = to_text(state);
  event.evidence = seat.evidence;
  events_.push_back(std::move(event));
}

// What its checks, its failback, its load and the operator make of it.
Judged Verdicts::judge(std::uint32_t instance, Time now) {
  const InstancePlan& plan = plan_.instances[instance];
  const ServicePlan& service = plan_.services[plan.service];
  Seat& seat = seats_[instance];
  const Failback::Verdict verdict = seat.failback.at(now, service.failback);
  Judged judged{plan.region, false, verdict.standing, verdict.share, seat.since};
  seat.until = verdict.until;
  if (seat.shedding.share() < 1 && verdict.share > 0) {
    judged.share *= seat.shedding.share();
    if (judged.standing == Standing::serving) judged.standing = Standing::shedding;
  }
  const Override* word =
      overrides_.all().empty() ? nullptr : overrides_.find(plan_.regions[plan.region], service.name, plan.shown);
  if (word != nullptr) overrule(judged, seat, *word, now);
  return judged;
}

void Verdicts::overrule(Judged& judged, Seat& seat, const Override& word, Time now) {
  judged.is_overridden = true;
  seat.until = word.until.value_or(kNever);
  switch (word.action) {
    case Override::Action::force_up:
      judged.standing = Standing::forced_up;
      judged.share = 1;
      return;
    case Override::Action::force_down:
      judged.standing = Standing::forced_down;
      judged.share = 0;
      return;
    case Override::Action::drain: {
      const double left = share_left(word, now);
      judged.share *= left;
      judged.standing = left > 0 ? Standing::draining : Standing::drained;
      if (left > 0) seat.until = std::min(seat.until, word.since + word.over);
      return;
    }
  }
}

// When its service is to be looked at again.
Time Verdicts::due_of(std::uint32_t instance, Time now) const {
  const Seat& seat = seats_[instance];
  const ServicePlan& service = plan_.services[plan_.instances[instance].service];
  if (seat.judged.standing == Standing::ramping) {
    return std::min(seat.until, now + step_of(service.failback.slow_start));
  }
  if (seat.judged.standing == Standing::draining) {
    const Override* word =
        overrides_.find(plan_.regions[seat.judged.region], service.name, plan_.instances[instance].shown);
    // What there is to drain may come only now, when a hold-down ends.
    return std::min({seat.until, now + step_of(word->over), seat.failback.at(now, service.failback).until});
  }
  if (seat.until == kNever) return kNever;
  return std::min(seat.until, std::max(seat.until - kTtlHorizon, now + kTtlStep));
}

void Verdicts::show_instance(std::uint32_t instance, Time now) {
  const Seat& seat = seats_[instance];
  board_->write(instance, Shown{seat.state, to_share(seat.judged), ttl_limit(instance, now)});
}

// In seconds, until it can become something else.
std::uint16_t Verdicts::ttl_limit(std::uint32_t instance, Time now) const {
  const Seat& seat = seats_[instance];
  // Less what goes by until this is looked at again.
  Duration left = seat.until == kNever ? Duration::max() : std::max(seat.until - now - kTtlStep, Duration(0));
  switch (seat.judged.standing) {
    case Standing::ramping:
    case Standing::draining:
    case Standing::panic:
    case Standing::kept:
    case Standing::shedding:
      return 0;  // at any time
    case Standing::forced_up:
    case Standing::forced_down:
    case Standing::drained:
      break;
    case Standing::serving:
    case Standing::down:
    case Standing::held_down:
    case Standing::damped:
    case Standing::awaits_word:
      for (const std::uint32_t probe : seat.probes)
        left = std::min(left, time_to_change(probe));
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left).count();
  return left == Duration::max() ? Shown::kNoLimit
                                 : static_cast<std::uint16_t>(std::min<std::int64_t>(seconds, Shown::kNoLimit - 1));
}

// The interval times the results that are still needed, as gdnsd reckons; what is reported may be so at any time.
Duration Verdicts::time_to_change(std::uint32_t probe) const {
  const Check& check = plan_.probes[probe].check;
  if (is_held(probe) || !is_probed(check)) return Duration(0);
  const Duration interval(check.interval_ms);
  const Duration hurried = check.fast_interval_ms > 0 ? Duration(check.fast_interval_ms) : interval;
  const StateMachine& machine = observed_[probe].machine;
  const int needed = machine.results_needed();
  return machine.is_contradicted() ? needed * hurried : interval + (needed - 1) * hurried;
}

void Verdicts::set_due(std::uint32_t service, Time due) {
  ServiceRange& range = services_[service];
  if (range.due == due) return;
  if (range.due != kNever) due_.erase({range.due, service});
  range.due = due;
  if (due != kNever) due_.emplace(due, service);
}

void Verdicts::advance(Time now) {
  for (const Override& ended : overrides_.expire(now)) {
    tell_override(ended, Event::Kind::override_ended, now);
    settle_scope(ended.scope, now);
  }
  look_at_guard(now);
  while (!due_.empty() && due_.begin()->first <= now) {
    const std::uint32_t service = due_.begin()->second;
    set_due(service, kNever);
    settle(service, now);
  }
}

Time Verdicts::next() const {
  Time next = overrides_.next_end();
  if (!due_.empty()) next = std::min(next, due_.begin()->first);
  if (guard_.is_up()) next = std::min(next, guard_.until(plan_.guard));
  if (!falls_.empty()) next = std::min(next, falls_.front().first + plan_.guard.within);
  return next;
}

// ---------------------------------------------------------------------------------------------------------- events

Event Verdicts::event_of(std::uint32_t instance, Event::Kind kind, Time now) const {
  const InstancePlan& plan = plan_.instances[instance];
  Event event{kind, Event::Severity::info, now};
  event.service = plan_.services[plan.service].name;
  event.region = plan_.regions[plan.region];
  event.instance = plan.shown;
  return event;
}

// Of its probes, one that shows what the instance shows; with the name of its check where there are several.
std::string Verdicts::evidence_of(std::uint32_t instance) const {
  const Seat& seat = seats_[instance];
  const auto shows_it = [&](std::uint32_t probe) { return observed_[probe].shown == seat.state; };
  const auto shown = std::ranges::find_if(seat.probes, shows_it);
  const std::uint32_t probe = shown == seat.probes.end() ? seat.probes.front() : *shown;
  const std::string& evidence = observed_[probe].evidence;
  return seat.probes.size() == 1 ? evidence : fmt::format("{}: {}", plan_.probes[probe].check_name, evidence);
}

void Verdicts::tell_standing(std::uint32_t instance, const Judged& before, Time now) {
  const Seat& seat = seats_[instance];
  const Standing standing = seat.judged.standing;
  if (standing == before.standing) return;
  const bool has_come_back = standing == Standing::serving && is_told(before.standing);
  const bool is_drained_at_once = standing == Standing::drained && before.standing != Standing::draining;
  if ((!is_told(standing) && !has_come_back) || is_drained_at_once) return;
  const bool is_load = standing == Standing::shedding || before.standing == Standing::shedding;
  Event event = event_of(instance, is_load ? Event::Kind::load : Event::Kind::serving, now);
  event.from = to_text(before.standing);
  event.to = to_text(standing);
  if (standing == Standing::shedding) event.evidence = fmt::format("its share is {:.0f} %", seat.judged.share * 100);
  if (standing == Standing::awaits_word) event.evidence = "until an operator lets it serve (rhumb resume)";
  if (seat.until != kNever) event.evidence = "for " + in_words(seat.until - now);
  events_.push_back(std::move(event));
}

void Verdicts::tell_safety(std::uint32_t service, const Safety& before, Time now) {
  const Safety& after = services_[service].safety;
  const auto tell = [&](Event::Kind kind, const std::string& old_reason, const std::string& reason) {
    if (old_reason.empty() == reason.empty()) return;
    Event event{kind, reason.empty() ? Event::Severity::info : Event::Severity::error, now};
    event.service = plan_.services[service].name;
    event.from = reason.empty() ? to_text(kind) : "verdicts";
    event.to = reason.empty() ? "verdicts" : to_text(kind);
    event.evidence = reason;
    events_.push_back(std::move(event));
  };
  tell(Event::Kind::panic, before.panic, after.panic);
  tell(Event::Kind::min_regions, before.regions, after.regions);
}

void Verdicts::tell_override(const Override& word, Event::Kind kind, Time now) {
  ++revision_;
  Event event{kind, Event::Severity::warning, now};
  event.service = word.scope.service;
  event.region = word.scope.region;
  event.instance = word.scope.instance;
  (kind == Event::Kind::override_set ? event.to : event.from) = to_text(word.action);
  event.evidence = word.reason;
  if (!word.owner.empty()) event.evidence += fmt::format("{}by {}", word.reason.empty() ? "" : ", ", word.owner);
  events_.push_back(std::move(event));
}

// ------------------------------------------------------------------------------------------------- the operator's word

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

// ------------------------------------------------------------------------------------------------------------ status

Status Verdicts::status(Time now) const {
  Status status;
  status.now = now;
  if (guard_.is_up()) {
    status.guard = fmt::format("{}: verdicts are held back for {} at most", guard_.reason(),
                               in_words(guard_.until(plan_.guard) - now));
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

// Verdicts: what becomes of instances and services, and what is told of it.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "health/verdicts.hpp"

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

// Whether a change to or from this is worth an event of its own: others are told as a state, an override or a rule.
bool is_told(Standing standing) {
  return is_waiting(standing) || standing == Standing::ramping || standing == Standing::shedding ||
         standing == Standing::drained;
}

}  // namespace

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
    return observed_[probe].last_at.has_value() || plan_.probes[probe].check.type == Check::Type::none;
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
  if (seat.until != kNever) event.evidence = "for " + duration_text(seat.until - now);
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

}  // namespace rhumb::health

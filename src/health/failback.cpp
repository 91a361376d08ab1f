#include "health/failback.hpp"

#include <algorithm>
#include <cmath>

namespace rhumb::health {
namespace {

double in_ms(Duration duration) {
  return static_cast<double>(duration.count());
}

// The time in which `from` decays to `to`.
Duration decay_time(double from, double to, Duration half_life) {
  if (from <= to) return Duration(0);
  return Duration(static_cast<Duration::rep>(std::ceil(in_ms(half_life) * std::log2(from / to))));
}

}  // namespace

double FlapDamping::ceiling() const {
  return reuse * std::exp2(in_ms(suppressed_at_most) / in_ms(half_life));
}

void Failback::turn(State state, Time now, const FailbackSettings& settings) {
  const bool is_down = state == State::down;
  if (is_down == memory_.is_down) return;
  memory_.is_down = is_down;
  memory_.resumed_at.reset();
  if (is_down) {
    add_flap(now, settings.damping);
  } else {
    memory_.recovered_at = now;
  }
}

void Failback::resume(Time now) {
  if (memory_.is_down || !memory_.recovered_at) return;
  memory_.resumed_at = now;
  memory_.suppressed_at.reset();
}

void Failback::restore(const Memory& memory, Time now) noexcept {
  memory_ = memory;
  for (std::optional<Time>* time : {&memory_.recovered_at, &memory_.resumed_at, &memory_.suppressed_at}) {
    if (*time) *time = std::min(**time, now);
  }
  memory_.penalty_at = std::min(memory_.penalty_at, now);
}

Failback::Verdict Failback::at(Time now, const FailbackSettings& settings) const {
  if (memory_.is_down) return {Standing::down, 0, kNever};
  if (!memory_.recovered_at) return {};
  const Time held_until = *memory_.recovered_at + settings.hold_down;
  const Time damped = damped_until(settings.damping);
  if (!memory_.resumed_at && settings.is_manual) return {Standing::awaits_word, 0, kNever};
  const Time released = memory_.resumed_at.value_or(std::max(held_until, damped));
  if (now < released) return {released == held_until ? Standing::held_down : Standing::damped, 0, released};
  const Time ramped = released + settings.slow_start;
  if (now >= ramped) return {};
  return {Standing::ramping, std::max(kFirstShare, in_ms(now - released) / in_ms(settings.slow_start)), ramped};
}

double Failback::penalty(Time now, const FlapDamping& damping) const {
  if (damping.suppress <= 0) return 0;
  return memory_.penalty * std::exp2(-in_ms(now - memory_.penalty_at) / in_ms(damping.half_life));
}

void Failback::add_flap(Time now, const FlapDamping& damping) {
  if (damping.suppress <= 0) return;
  if (memory_.suppressed_at && now >= damped_until(damping)) memory_.suppressed_at.reset();
  memory_.penalty = std::min(penalty(now, damping) + 1, damping.ceiling());
  memory_.penalty_at = now;
  if (memory_.penalty >= damping.suppress && !memory_.suppressed_at) memory_.suppressed_at = now;
}

// From the last flap on, which the ceiling bounds by `suppressed_at_most`.
Time Failback::damped_until(const FlapDamping& damping) const {
  if (!memory_.suppressed_at || damping.suppress <= 0) return Time::min();
  return memory_.penalty_at + decay_time(memory_.penalty, damping.reuse, damping.half_life);
}

}  // namespace rhumb::health

#include "health/mass_guard.hpp"

#include <fmt/format.h>

#include "health/outcome.hpp"

namespace rhumb::health {
namespace {

bool is_over(std::size_t part, std::size_t whole, int percent) {
  return part * 100 > whole * static_cast<std::size_t>(percent);
}

}  // namespace

bool MassGuard::look(const Sight& sight, Time now, const GuardSettings& settings) {
  if (is_up_) {
    // Half of what raised it must have come back, so that it does not rise and fall with every probe.
    const bool is_mass = settings.percent > 0 && is_over(2 * sight.fallen_since, sight.probes, settings.percent);
    const bool has_cause = is_mass || sight.are_canaries_down;
    if (has_cause && now < until(settings)) return false;
    is_up_ = false;
    is_spent_ = has_cause;
    return true;
  }
  std::string found = cause(sight, settings);
  if (found.empty()) is_spent_ = false;
  if (found.empty() || is_spent_) return false;
  is_up_ = true;
  since_ = now;
  reason_ = std::move(found);
  return true;
}

// Empty: there is none.
std::string MassGuard::cause(const Sight& sight, const GuardSettings& settings) const {
  if (sight.are_canaries_down) return "no canary answers";
  const bool is_mass = settings.percent > 0 && sight.fallen_lately >= kLeast &&
                       is_over(sight.fallen_lately, sight.probes, settings.percent);
  if (!is_mass) return {};
  return fmt::format("{} of {} targets went down within {}", sight.fallen_lately, sight.probes,
                     duration_text(settings.within));
}

}  // namespace rhumb::health

#include "config/health_reader.hpp"

#include <fmt/format.h>

#include "config/calculated_check.hpp"
#include "config/duration.hpp"
#include "steering/region.hpp"

namespace rhumb::config {
namespace {

using health::Duration;

constexpr std::uint32_t kTimeMax = 86'400'000;  // ms: a day; who wants more wants a person to decide
constexpr std::uint32_t kHalfLifeMin = 1'000;
constexpr double kFlapsMax = 1'000;
constexpr double kReuseMin = 0.01;
constexpr double kLoadMax = 1'000;
constexpr double kLoadHighMin = 0.01;
constexpr std::size_t kCanariesMax = 16;

void read_duration(const JsonPlace& parent, std::string_view key, Duration& into, std::uint32_t least = 0) {
  const auto place = parent.member(key);
  const auto ms = place ? place->duration_ms(least, kTimeMax) : std::nullopt;
  if (ms) into = Duration(*ms);
}

void read_damping(const JsonPlace& place, health::FlapDamping& damping) {
  if (!place.has_only({"suppress", "reuse", "half_life", "suppressed_at_most"})) return;
  // RFC 2439's figures, in flaps, at a pace that suits probes that come every few seconds.
  damping = {2, 0.75, std::chrono::minutes(5), std::chrono::minutes(30)};
  if (const auto suppress = place.member("suppress")) {
    damping.suppress = suppress->number(1, kFlapsMax).value_or(damping.suppress);
  }
  if (const auto reuse = place.member("reuse"))
    damping.reuse = reuse->number(kReuseMin, kFlapsMax - 1).value_or(damping.reuse);
  read_duration(place, "half_life", damping.half_life, kHalfLifeMin);
  read_duration(place, "suppressed_at_most", damping.suppressed_at_most, kHalfLifeMin);
  if (damping.reuse >= damping.suppress) {
    place.error(fmt::format("reuse {} is not less than suppress {}: an instance would never be damped", damping.reuse,
                            damping.suppress));
  } else if (!damping.can_suppress()) {
    place.error(fmt::format(
        "suppressed_at_most {} is too short: a penalty that decays to reuse {} by then never reaches suppress {}",
        duration_to_text(static_cast<std::uint32_t>(damping.suppressed_at_most.count())), damping.reuse,
        damping.suppress));
  }
}

void read_failback(const JsonPlace& place, health::FailbackSettings& failback) {
  if (!place.has_only({"hold_down", "slow_start", "resume", "flap_damping"})) return;
  read_duration(place, "hold_down", failback.hold_down);
  read_duration(place, "slow_start", failback.slow_start);
  if (const auto resume = place.member("resume")) {
    failback.is_manual = resume->choice<bool>({{"automatic", false}, {"manual", true}}).value_or(failback.is_manual);
  }
  if (const auto damping = place.member("flap_damping")) read_damping(*damping, failback.damping);
}

void read_load(const JsonPlace& place, health::LoadSettings& load) {
  const auto low = place.member("load_low");
  const auto high = place.member("load_high");
  if (!low && !high) return;
  if (low.has_value() != high.has_value()) return place.error("\"load_low\" and \"load_high\" go together");
  load.low = low->number(0, kLoadMax - 1).value_or(0);
  load.high = high->number(kLoadHighMin, kLoadMax).value_or(load.low + 1);
  if (load.low >= load.high) {
    high->error(fmt::format("load_high {} is not more than load_low {}", load.high, load.low));
  }
}

// What stands on both levels.
void read_rules(const JsonPlace& place, ServiceHealth& health) {
  if (const auto failback = place.member("failback")) read_failback(*failback, health.failback);
  if (const auto panic = place.member("panic_threshold")) {
    health.panic_percent = static_cast<int>(panic->integer(0, 100).value_or(0));
  }
  if (const auto regions = place.member("min_regions")) {
    health.regions_min =
        static_cast<std::uint32_t>(regions->integer(0, static_cast<std::int64_t>(steering::kRegionsMax)).value_or(0));
  }
  read_load(place, health.load);
}

void read_guard(const JsonPlace& place, health::GuardSettings& guard) {
  if (!place.has_only({"max_down", "within", "hold_at_most"})) return;
  if (const auto max_down = place.member("max_down")) {
    guard.percent = static_cast<int>(max_down->integer(1, 100).value_or(0));
  }
  read_duration(place, "within", guard.within, 1'000);
  read_duration(place, "hold_at_most", guard.hold_at_most, 1'000);
}

std::optional<Canary> read_canary(const JsonPlace& place, std::span<const std::string> checks) {
  if (!place.has_only({"check", "address"})) return std::nullopt;
  const auto check_place = place.required("check");
  const auto address_place = place.required("address");
  if (!check_place || !address_place) return std::nullopt;
  const auto check = find_check(*check_place, checks);
  const auto address = address_place->address();
  if (!check || !address) return std::nullopt;
  return Canary{*check, *address};
}

}  // namespace

Health read_health(const JsonPlace& place, std::span<const std::string> checks,
                   const std::filesystem::path& directory) {
  Health health;
  if (!place.has_only(
          {"state_file", "guard", "canaries", "failback", "panic_threshold", "min_regions", "load_low", "load_high"})) {
    return health;
  }
  if (const auto file = place.member("state_file")) {
    const auto path = file->text();
    if (path && path->empty()) file->error("must name a file");
    if (path) health.state_file = (directory / *path).lexically_normal();
  }
  if (const auto guard = place.member("guard")) read_guard(*guard, health.guard);
  if (const auto canaries = place.member("canaries")) {
    for (const JsonPlace& element : canaries->elements()) {
      if (const auto canary = read_canary(element, checks)) health.canaries.push_back(*canary);
    }
    if (health.canaries.size() > kCanariesMax) canaries->error(fmt::format("more than {}", kCanariesMax));
  }
  read_rules(place, health.service);
  return health;
}

ServiceHealth read_service_health(const JsonPlace& place, const ServiceHealth& otherwise) {
  ServiceHealth health = otherwise;
  if (place.has_only({"failback", "panic_threshold", "min_regions", "load_low", "load_high"})) {
    read_rules(place, health);
  }
  return health;
}

}  // namespace rhumb::config

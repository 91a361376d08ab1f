#include "import/draft.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

namespace rhumb::importing {
namespace {

constexpr std::uint32_t kTtlMax = 604'800;  // a week, as the configuration has it

// A service has names or addresses: where there are both, addresses stay.
void settle_kind(DraftService& service, Report& report) {
  const auto has_target = [](const DraftInstance& instance) { return !instance.target.empty(); };
  const auto names = std::ranges::count_if(service.instances, has_target);
  if (names == 0 || names == std::ranges::ssize(service.instances)) return;
  for (const DraftInstance& instance : service.instances) {
    if (!has_target(instance)) continue;
    report.missing(service.place,
                   fmt::format("{}: the CNAME to {} is left out: a service leads to addresses or to names, not to both",
                               service.name, instance.target));
  }
  std::erase_if(service.instances, has_target);
}

void remove_repetitions(DraftService& service, Report& report) {
  std::map<std::string, std::string> seen;  // what an instance is → its region
  std::vector<DraftInstance> kept;
  for (DraftInstance& instance : service.instances) {
    const std::string what = instance.address + instance.target;
    const auto [other, is_new] = seen.try_emplace(what, instance.region);
    if (!is_new && other->second != instance.region) {
      report.missing(service.place, fmt::format("{}: {} is in {} and not in {} too: an instance has one region",
                                                service.name, what, other->second, instance.region));
    }
    if (is_new) kept.push_back(std::move(instance));
  }
  service.instances = std::move(kept);
}

void fit_weights(DraftService& service, Report& report) {
  constexpr std::uint32_t kWeightMax = std::numeric_limits<steering::Weight>::max();
  std::uint32_t most = 0;
  for (const DraftInstance& instance : service.instances)
    most = std::max(most, instance.weight);
  if (most <= kWeightMax) return;
  for (DraftInstance& instance : service.instances) {
    const std::uint64_t scaled = std::uint64_t{instance.weight} * kWeightMax / most;
    instance.weight = std::max<std::uint32_t>(static_cast<std::uint32_t>(scaled), instance.weight > 0 ? 1 : 0);
  }
  report.changed(service.place,
                 fmt::format("{}: weights are scaled down, the greatest to {}", service.name, kWeightMax));
}

// Too many of one region and family are cut.
void fit_pools(DraftService& service, Report& report) {
  std::map<std::pair<std::string, bool>, std::size_t> sizes;
  const auto is_too_much = [&](const DraftInstance& instance) {
    const bool is_v6 = instance.address.find(':') != std::string::npos;
    return ++sizes[{instance.region, is_v6}] > steering::kPoolMax;
  };
  const auto cut = std::erase_if(service.instances, is_too_much);
  if (cut == 0) return;
  report.missing(service.place, fmt::format("{}: {} instances are left out: a region has at most {} of a family",
                                            service.name, cut, steering::kPoolMax));
}

void keep_used(DraftPreference& preference, const std::set<std::string>& used) {
  std::set<std::string> seen;
  std::erase_if(preference.regions,
                [&](const std::string& region) { return !used.contains(region) || !seen.insert(region).second; });
  std::erase_if(preference.biases, [&](const auto& bias) { return !seen.contains(bias.first); });
}

// A rule to which no region is left gives no data: that is what its clients get where it comes from.
void keep_used(DraftRule& rule, const std::set<std::string>& used) {
  if (!rule.preference) return;
  keep_used(*rule.preference, used);
  if (rule.preference->regions.empty()) rule.preference.reset();
}

void fit_ttls(DraftService& service, Report& report) {
  if (service.ttl_s > kTtlMax) {
    report.changed(service.place, fmt::format("{}: the TTL is {} and not {}", service.name, kTtlMax, service.ttl_s));
  }
  service.ttl_s = std::min(service.ttl_s, kTtlMax);
  service.ttl_min_s = std::min(service.ttl_min_s, service.ttl_s);
}

}  // namespace

std::string Draft::add_region(const std::string& name, std::optional<geo::Coordinates> coordinates) {
  std::string unique = name.empty() ? "unnamed" : name;
  for (std::size_t number = 2;; ++number) {
    const auto same = std::ranges::find(regions, unique, &DraftRegion::name);
    if (same == regions.end()) {
      regions.push_back({unique, coordinates});
      return unique;
    }
    if (!same->coordinates) same->coordinates = coordinates;
    if (!coordinates || same->coordinates == coordinates) return unique;
    unique = fmt::format("{}-{}", name, number);
  }
}

void add_service(Draft& draft, DraftService service, Report& report) {
  settle_kind(service, report);
  remove_repetitions(service, report);
  fit_weights(service, report);
  fit_pools(service, report);
  fit_ttls(service, report);
  if (service.instances.empty()) {
    report.missing(service.place, fmt::format("{}: has no address or name that could be carried over", service.name));
    return;
  }
  const bool has_targets = !service.instances.front().target.empty();
  if (has_targets) {
    service.answers = service.policy == steering::Policy::rotate ? 0 : 1;
    service.families_together = true;
  }
  std::set<std::string> used;
  for (const DraftInstance& instance : service.instances)
    used.insert(instance.region);
  keep_used(service.preference, used);
  for (DraftRule& rule : service.rules)
    keep_used(rule, used);
  if (service.preference.regions.empty()) service.preference.regions.assign(used.begin(), used.end());
  draft.services.push_back(std::move(service));
}

}  // namespace rhumb::importing

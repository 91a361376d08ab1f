#include "health/service_safety.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include <fmt/format.h>

namespace rhumb::health {
namespace {

bool is_serving(const Judged& instance) {
  return instance.standing == Standing::serving || instance.standing == Standing::ramping ||
         instance.standing == Standing::shedding;
}

std::string panic(const ServicePlan& service, std::span<Judged> instances) {
  std::size_t all = 0;
  std::size_t serving = 0;
  for (const Judged& instance : instances) {
    all += instance.is_overridden ? 0 : 1;
    serving += !instance.is_overridden && is_serving(instance) ? 1 : 0;
  }
  if (serving * 100 >= all * static_cast<std::size_t>(service.panic_percent)) return {};
  for (Judged& instance : instances) {
    if (instance.is_overridden) continue;
    if (instance.standing != Standing::serving) instance.standing = Standing::panic;
    instance.share = 1;
  }
  return fmt::format("{} of {} instances serve, fewer than {} %", serving, all, service.panic_percent);
}

// A region that nobody is sent to, and how well it could serve: the greatest first.
struct Kept {
  bool is_up;
  Time since;
  std::uint32_t region;
};

std::vector<Kept> find_keepable(std::span<const Judged> instances) {
  std::map<std::uint32_t, Kept> regions;
  std::set<std::uint32_t> served;
  for (const Judged& instance : instances) {
    if (instance.share > 0) served.insert(instance.region);
    if (instance.is_overridden) continue;
    const Kept kept{instance.standing != Standing::down, instance.since, instance.region};
    const auto [at, is_new] = regions.try_emplace(instance.region, kept);
    if (!is_new && std::tie(kept.is_up, kept.since) > std::tie(at->second.is_up, at->second.since)) at->second = kept;
  }
  std::vector<Kept> result;
  for (const auto& [region, kept] : regions) {
    if (!served.contains(region)) result.push_back(kept);
  }
  std::ranges::stable_sort(
      result, [](const Kept& a, const Kept& b) { return std::tie(a.is_up, a.since) > std::tie(b.is_up, b.since); });
  return result;
}

std::string keep_regions(const ServicePlan& service, std::span<Judged> instances) {
  const std::size_t served = count_served_regions(instances);
  if (served >= service.regions_min) return {};
  std::vector<Kept> keepable = find_keepable(instances);
  keepable.resize(std::min<std::size_t>(keepable.size(), service.regions_min - served));
  for (Judged& instance : instances) {
    const bool is_kept =
        std::ranges::find(keepable, instance.region, &Kept::region) != keepable.end() && !instance.is_overridden;
    if (!is_kept) continue;
    instance.standing = Standing::kept;
    instance.share = 1;
  }
  if (keepable.empty()) return {};
  return fmt::format("{} of its regions can serve, fewer than {}: {} kept", served, service.regions_min,
                     keepable.size() == 1 ? "1 more is" : fmt::format("{} more are", keepable.size()));
}

}  // namespace

Share to_share(const Judged& judged) noexcept {
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

Safety apply_safety(const ServicePlan& service, std::span<Judged> instances) {
  Safety safety;
  if (service.panic_percent > 0) safety.panic = panic(service, instances);
  if (service.regions_min > 0) safety.regions = keep_regions(service, instances);
  return safety;
}

std::size_t count_served_regions(std::span<const Judged> instances) {
  std::set<std::uint32_t> served;
  for (const Judged& instance : instances) {
    if (instance.share > 0) served.insert(instance.region);
  }
  return served.size();
}

}  // namespace rhumb::health

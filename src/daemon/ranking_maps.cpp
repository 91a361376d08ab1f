#include "daemon/ranking_maps.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "steering/ranking_compiler.hpp"
#include "steering/rule_set.hpp"

namespace rhumb::daemon {
namespace {

// More threads than this gain little, and each needs room for a map that is being made.
constexpr std::size_t kCompilersMax = 4;

// The regions that the service has instances in, in the order of the configuration.
std::vector<std::size_t> regions_of(const config::Service& service) {
  std::set<std::size_t> regions;
  for (const config::Instance& instance : service.instances)
    regions.insert(instance.region);
  return {regions.begin(), regions.end()};
}

}  // namespace

RankingMaps::RankingMaps(const config::Config& config, const geo::Database& database,
                         const steering::Latencies& latencies, const answer::Snapshot* served)
    : config_(config), database_(database), latencies_(latencies), served_(served) {}

std::size_t RankingMaps::add(const config::Service& service) {
  const config::ServiceSteering& configured = service.steering;
  auto regions = regions_of(service);
  const auto is_same = [&](const Shared& shared) {
    return shared.regions == regions && shared.configured->steering == configured.steering &&
           shared.configured->rule_sets == configured.rule_sets;
  };
  const auto known = std::ranges::find_if(shared_, is_same);
  const auto number = static_cast<std::size_t>(known - shared_.begin());
  if (known == shared_.end()) {
    auto steering =
        std::make_shared<steering::Steering>(steering::localize(configured.steering, configured.rule_sets, regions));
    shared_.push_back({std::move(regions), &configured, std::move(steering), nullptr});
  }
  return number;
}

void RankingMaps::compile() {
  std::atomic<std::size_t> next = 0;
  std::vector<std::exception_ptr> errors(shared_.size());
  const auto compile_next = [&] {
    for (std::size_t i = next++; i < shared_.size(); i = next++) {
      try {
        compile(shared_[i]);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    while (helpers.size() + 1 < compiler_count())
      helpers.emplace_back(compile_next);
    compile_next();
  }
  const auto error = std::ranges::find_if(errors, [](const auto& thrown) { return thrown != nullptr; });
  if (error != errors.end()) std::rethrow_exception(*error);
}

std::size_t RankingMaps::compiler_count() const {
  return std::min({shared_.size(), std::size_t{std::thread::hardware_concurrency()}, kCompilersMax});
}

void RankingMaps::compile(Shared& shared) const {
  std::vector<geo::Coordinates> coordinates;
  std::vector<steering::RegionIndex> measured_as;
  for (const std::size_t region : shared.regions) {
    coordinates.push_back(config_.regions[region].coordinates);
    measured_as.push_back(static_cast<steering::RegionIndex>(region));
  }
  const steering::RankingMap* before = uses_latency(*shared.steering) ? find_served(shared) : nullptr;
  shared.map = steering::compile_rankings(*shared.steering, coordinates, database_, {&latencies_, measured_as, before});
}

// That of a service with equal regions, preference and rules; null when none is served. The networks of rules that come
// from a file may have changed: a client that one of them held is held a while longer.
const steering::RankingMap* RankingMaps::find_served(const Shared& shared) const {
  if (served_ == nullptr) return nullptr;
  std::vector<std::string> names;
  for (const std::size_t region : shared.regions)
    names.push_back(config_.regions[region].name);
  const auto is_same = [&](const steering::Service& service) {
    const steering::Steering& its = *service.settings().steering;
    return service.settings().regions == names && its.preference == shared.steering->preference &&
           its.rules == shared.steering->rules;
  };
  const auto found = std::ranges::find_if(served_->services, is_same);
  return found == served_->services.end() ? nullptr : &found->ranking_map();
}

}  // namespace rhumb::daemon

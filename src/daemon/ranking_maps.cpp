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

std::size_t compiler_count(std::size_t maps) {
  return std::min({maps, std::size_t{std::thread::hardware_concurrency()}, kCompilersMax});
}

}  // namespace

RankingMaps::RankingMaps(const config::Config& config, const Served* served) : config_(config), served_(served) {}

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
    Shared& added = shared_.emplace_back(Shared{std::move(regions), &configured, std::move(steering), nullptr});
    if (served_ != nullptr && served_->has_same_databases) added.map = find_equal(added);
  }
  return number;
}

std::vector<std::size_t> RankingMaps::add(const std::vector<config::Service>& services) {
  std::vector<std::size_t> shared;
  shared.reserve(services.size());
  for (const config::Service& service : services)
    shared.push_back(add(service));
  return shared;
}

bool RankingMaps::lacks_any() const {
  return std::ranges::any_of(shared_, [](const Shared& shared) { return shared.map == nullptr; });
}

void RankingMaps::compile(const geo::Database& database, const steering::Latencies& latencies) {
  std::vector<Shared*> missing;
  for (Shared& shared : shared_) {
    if (shared.map == nullptr) missing.push_back(&shared);
  }
  std::atomic<std::size_t> next = 0;
  std::vector<std::exception_ptr> errors(missing.size());
  const auto make_next = [&] {
    for (std::size_t i = next++; i < missing.size(); i = next++) {
      try {
        missing[i]->map = make(*missing[i], database, latencies);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    while (helpers.size() + 1 < compiler_count(missing.size()))
      helpers.emplace_back(make_next);
    make_next();
  }
  const auto error = std::ranges::find_if(errors, [](const auto& thrown) { return thrown != nullptr; });
  if (error != errors.end()) std::rethrow_exception(*error);
}

std::shared_ptr<const steering::RankingMap> RankingMaps::make(const Shared& shared, const geo::Database& database,
                                                              const steering::Latencies& latencies) const {
  std::vector<geo::Coordinates> coordinates;
  std::vector<steering::RegionIndex> measured_as;
  for (const std::size_t region : shared.regions) {
    coordinates.push_back(config_.regions[region].coordinates);
    measured_as.push_back(static_cast<steering::RegionIndex>(region));
  }
  const steering::RankingMap* before = uses_latency(*shared.steering) ? find_before(shared) : nullptr;
  return steering::compile_rankings(*shared.steering, coordinates, database, {&latencies, measured_as, before});
}

// What would be made now, if it is served.
std::shared_ptr<const steering::RankingMap> RankingMaps::find_equal(const Shared& shared) const {
  if (uses_latency(*shared.steering) && !served_->keeps_measured) return nullptr;
  const auto is_equal = [&](const Shared& served) {
    return *served.steering == *shared.steering && has_same_names(shared, served) && has_same_places(shared, served);
  };
  const auto found = std::ranges::find_if(served_->shared, is_equal);
  return found == served_->shared.end() ? nullptr : found->map;
}

// That of an equal preference and rules; null when none is served. The networks of rules that come from a file may have
// changed, and where the regions are: a client that one of them held is held a while longer.
const steering::RankingMap* RankingMaps::find_before(const Shared& shared) const {
  if (served_ == nullptr) return nullptr;
  const auto is_same = [&](const Shared& served) {
    return served.steering->preference == shared.steering->preference &&
           served.steering->rules == shared.steering->rules && has_same_names(shared, served);
  };
  const auto found = std::ranges::find_if(served_->shared, is_same);
  return found == served_->shared.end() ? nullptr : found->map.get();
}

// Whether the regions of `shared` have the names of those of `served`, in the same order.
bool RankingMaps::has_same_names(const Shared& shared, const Shared& served) const {
  return std::ranges::equal(shared.regions, served.regions, [this](std::size_t now, std::size_t before) {
    return config_.regions[now].name == served_->regions[before].name;
  });
}

// And lie where those do.
bool RankingMaps::has_same_places(const Shared& shared, const Shared& served) const {
  return std::ranges::equal(shared.regions, served.regions, [this](std::size_t now, std::size_t before) {
    return config_.regions[now].coordinates == served_->regions[before].coordinates;
  });
}

}  // namespace rhumb::daemon

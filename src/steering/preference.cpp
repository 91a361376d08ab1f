#include "steering/preference.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <numeric>
#include <utility>

namespace rhumb::steering {
namespace {

// What is nearer than this is all the same: a city's place is known no better.
constexpr double kNearKm = 10;

}  // namespace

Ranker::Ranker(const Preference& preference, std::span<const geo::Coordinates> coordinates) : preference_(preference) {
  assert(preference.regions.size() <= kRegionsMax);
  assert(preference.biases.empty() || preference.biases.size() == preference.regions.size());
  for (const RegionIndex region : preference.regions)
    places_.push_back(geo::unit_vector(coordinates[region]));
}

bool Ranker::depends_on_place() const noexcept {
  const bool asks_where = preference_.order == Order::nearest || preference_.order == Order::latency;
  return asks_where && preference_.regions.size() > 1;
}

bool Ranker::depends_on_latency() const noexcept {
  return preference_.order == Order::latency && preference_.regions.size() > 1;
}

Ranking Ranker::rank() const {
  Ranking ranking{preference_.regions, std::vector<std::uint8_t>(preference_.regions.size(), 0)};
  if (preference_.order != Order::equal) std::iota(ranking.tiers.begin(), ranking.tiers.end(), std::uint8_t{0});
  limit(ranking);
  return ranking;
}

Ranking Ranker::rank(geo::UnitVector place) const {
  if (!depends_on_place()) return rank();
  Costs costs;
  for (std::size_t i = 0; i < places_.size(); ++i)
    costs[i] = distance_cost(place, i);
  return rank_by(costs, preference_.tolerance_km, [&](std::uint8_t i) { return costs[i]; });
}

Ranking Ranker::rank(const Vantage& vantage) const {
  assert(vantage.rtts_ms.size() == preference_.regions.size());
  const auto& rtts = vantage.rtts_ms;
  const auto is_measured = [](float rtt_ms) { return rtt_ms > 0; };
  if (std::ranges::none_of(rtts, is_measured)) return vantage.place ? rank(*vantage.place) : rank();

  const double pace = slowest_pace(vantage);
  Costs costs;
  for (std::size_t i = 0; i < rtts.size(); ++i)
    costs[i] = is_measured(rtts[i]) ? rtts[i] : pace * km_to(vantage, i);
  hold(vantage.best_so_far, costs);
  const auto is_new = [&](std::uint8_t i) {
    return std::ranges::find(vantage.best_so_far, preference_.regions[i]) == vantage.best_so_far.end();
  };
  return rank_by(costs, preference_.tolerance_ms, [&](std::uint8_t i) { return std::pair(costs[i], is_new(i)); });
}

// In ms per km, of the regions that are measured. Infinite where the client's place is not known: then what is not
// measured comes last.
double Ranker::slowest_pace(const Vantage& vantage) const {
  if (!vantage.place) return std::numeric_limits<double>::infinity();
  double slowest = 0;
  for (std::size_t i = 0; i < places_.size(); ++i)
    slowest = std::max(slowest, vantage.rtts_ms[i] / km_to(vantage, i));
  return slowest;
}

double Ranker::km_to(const Vantage& vantage, std::size_t i) const {
  return vantage.place ? std::max(geo::distance_km(*vantage.place, places_[i]), kNearKm) : kNearKm;
}

// Makes those of the first tier until now that have not lost by enough as good as the best.
void Ranker::hold(std::span<const RegionIndex> best_so_far, Costs& costs) const {
  if (best_so_far.empty()) return;
  const std::size_t count = preference_.regions.size();
  const double best = *std::min_element(costs.begin(), costs.begin() + count);
  for (std::size_t i = 0; i < count; ++i) {
    if (std::ranges::find(best_so_far, preference_.regions[i]) == best_so_far.end()) continue;
    const double loss = costs[i] - best;
    const bool is_enough =
        loss >= preference_.hysteresis.gain_ms && loss >= costs[i] * preference_.hysteresis.gain_percent / 100;
    if (!is_enough) costs[i] = best;
  }
}

// Sorted by `order`, in tiers of what is `tolerance` from the best of them.
template <typename Order>
Ranking Ranker::rank_by(const Costs& costs, double tolerance, const Order& order) const {
  const std::size_t count = preference_.regions.size();
  std::array<std::uint8_t, kRegionsMax> places_in_order;
  const auto sorted = std::span(places_in_order).first(count);
  std::iota(sorted.begin(), sorted.end(), std::uint8_t{0});
  // Not a stable sort, which allocates: a million places are ranked for each steering.
  std::ranges::sort(sorted, {}, [&](std::uint8_t i) { return std::pair(order(i), i); });

  Ranking ranking;
  ranking.regions.reserve(count);
  ranking.tiers.reserve(count);
  double best_of_tier = costs[sorted.front()];
  std::uint8_t tier = 0;
  for (std::size_t at = 0; at < count; ++at) {
    const bool is_as_good = tolerance > 0 && costs[sorted[at]] - best_of_tier <= tolerance;
    if (at > 0 && !is_as_good) {
      best_of_tier = costs[sorted[at]];
      ++tier;
    }
    ranking.regions.push_back(preference_.regions[sorted[at]]);
    ranking.tiers.push_back(tier);
  }
  limit(ranking);
  return ranking;
}

// Kilometres as the preference sees them; where they are only compared, the chord, which needs no trigonometry.
double Ranker::distance_cost(geo::UnitVector place, std::size_t i) const {
  if (preference_.tolerance_km == 0 && preference_.biases.empty()) return chord_squared(place, places_[i]);
  const double km = geo::distance_km(place, places_[i]);
  if (preference_.biases.empty()) return km;
  const double bias = preference_.biases[i] / 100.0;
  return bias > 0 ? km * (1 - bias) : km / (1 + bias);
}

void Ranker::limit(Ranking& ranking) const {
  const auto count = std::min<std::size_t>(ranking.regions.size(), preference_.regions_max);
  ranking.regions.resize(count);
  ranking.tiers.resize(count);
}

}  // namespace rhumb::steering

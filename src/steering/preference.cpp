#include "steering/preference.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

namespace rhumb::steering {

Ranker::Ranker(const Preference& preference, std::span<const geo::Coordinates> coordinates) : preference_(preference) {
  assert(preference.regions.size() <= kRegionsMax);
  assert(preference.biases.empty() || preference.biases.size() == preference.regions.size());
  for (const RegionIndex region : preference.regions)
    places_.push_back(geo::unit_vector(coordinates[region]));
}

bool Ranker::depends_on_place() const noexcept {
  return preference_.order == Order::nearest && preference_.regions.size() > 1;
}

Ranking Ranker::rank() const {
  Ranking ranking{preference_.regions, std::vector<std::uint8_t>(preference_.regions.size(), 0)};
  if (preference_.order != Order::equal) std::iota(ranking.tiers.begin(), ranking.tiers.end(), std::uint8_t{0});
  limit(ranking);
  return ranking;
}

Ranking Ranker::rank(geo::UnitVector place) const {
  if (!depends_on_place()) return rank();
  const std::size_t count = places_.size();
  std::array<double, kRegionsMax> costs;
  for (std::size_t i = 0; i < count; ++i)
    costs[i] = cost(place, i);
  std::vector<std::uint8_t> sorted(count);
  std::iota(sorted.begin(), sorted.end(), std::uint8_t{0});
  std::ranges::stable_sort(sorted, {}, [&](std::uint8_t i) { return costs[i]; });

  Ranking ranking;
  double best_of_tier = costs[sorted.front()];
  std::uint8_t tier = 0;
  for (std::size_t at = 0; at < count; ++at) {
    const bool is_as_good =
        preference_.tolerance_km > 0 && costs[sorted[at]] <= best_of_tier + preference_.tolerance_km;
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
double Ranker::cost(geo::UnitVector place, std::size_t i) const {
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

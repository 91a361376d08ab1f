#include "steering/ranking.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

namespace rhumb::steering {
namespace {

std::vector<RegionIndex> configured_order(std::size_t region_count) {
  std::vector<RegionIndex> order(region_count);
  std::iota(order.begin(), order.end(), RegionIndex{0});
  return order;
}

// Writes the regions into `order`, the nearest to `place` first; equally near ones keep their order.
void order_by_distance(geo::UnitVector place, std::span<const geo::UnitVector> regions, std::span<RegionIndex> order) {
  std::array<double, kRegionsMax> chords;
  for (std::size_t i = 0; i < regions.size(); ++i)
    chords[i] = chord_squared(place, regions[i]);
  std::iota(order.begin(), order.end(), RegionIndex{0});
  std::ranges::sort(
      order, [&](RegionIndex a, RegionIndex b) { return chords[a] != chords[b] ? chords[a] < chords[b] : a < b; });
}

}  // namespace

Rankings::Rankings(std::size_t region_count) : region_count_(region_count) {
  assert(region_count <= kRegionsMax);
  intern(configured_order(region_count));
}

RankingId Rankings::intern(std::span<const RegionIndex> order) {
  assert(order.size() == region_count_);
  const auto [known, is_new] =
      ids_.try_emplace(std::string(order.begin(), order.end()), static_cast<RankingId>(ids_.size()));
  if (is_new) orders_.insert(orders_.end(), order.begin(), order.end());
  return known->second;
}

std::shared_ptr<const RankingMap> rank_listed(std::size_t region_count) {
  return std::make_shared<RankingMap>(region_count);
}

std::shared_ptr<const RankingMap> rank_nearest(const geo::Database& database,
                                               std::span<const geo::Coordinates> regions) {
  std::vector<geo::UnitVector> places;
  for (const geo::Coordinates& coordinates : regions)
    places.push_back(geo::unit_vector(coordinates));

  Rankings rankings(regions.size());
  std::vector<RankingId> by_location(database.locations.size(), 0);  // 0: the configured order
  std::vector<RegionIndex> order(regions.size());
  for (geo::LocationId id = 0; id < by_location.size(); ++id) {
    const geo::Location location = database.locations.get(id);
    if (!location.has_coordinates) continue;
    order_by_distance(geo::unit_vector({location.latitude, location.longitude}), places, order);
    by_location[id] = rankings.intern(order);
  }
  const auto networks = database.map.transform([&](geo::LocationId id) { return by_location[id]; });
  return std::make_shared<RankingMap>(std::move(rankings), networks);
}

}  // namespace rhumb::steering

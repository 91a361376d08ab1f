#include "steering/ranking.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

namespace rhumb::steering {
namespace {

Ranking as_configured(std::size_t region_count) {
  assert(region_count <= kRegionsMax);
  Ranking ranking{std::vector<RegionIndex>(region_count), std::vector<std::uint8_t>(region_count)};
  std::iota(ranking.regions.begin(), ranking.regions.end(), RegionIndex{0});
  ranking.tiers = ranking.regions;
  return ranking;
}

}  // namespace

Rankings::Rankings(const Ranking& of_unknown, Action action, RuleIndex rule) {
  intern(of_unknown, action, rule);
}

Rankings::Rankings(std::size_t region_count) : Rankings(as_configured(region_count)) {}

RankingId Rankings::intern(const Ranking& ranking, Action action, RuleIndex rule) {
  assert(ranking.regions.size() == ranking.tiers.size() && ranking.regions.size() <= kRegionsMax);
  key_.assign({static_cast<char>(action), static_cast<char>(rule >> 8), static_cast<char>(rule)});
  key_.resize(3 + 2 * ranking.regions.size());
  std::ranges::copy(ranking.tiers, std::ranges::copy(ranking.regions, key_.begin() + 3).out);
  const auto known = ids_.find(key_);
  if (known != ids_.end()) return known->second;

  const auto id = static_cast<RankingId>(entries_.size());
  ids_.emplace(key_, id);
  entries_.push_back(
      {static_cast<std::uint32_t>(regions_.size()), static_cast<std::uint8_t>(ranking.regions.size()), action, rule});
  regions_.insert(regions_.end(), ranking.regions.begin(), ranking.regions.end());
  tiers_.insert(tiers_.end(), ranking.tiers.begin(), ranking.tiers.end());
  return id;
}

Ranked Rankings::operator[](RankingId id) const noexcept {
  const Entry& entry = entries_[id];
  return {std::span(regions_).subspan(entry.first, entry.count), std::span(tiers_).subspan(entry.first, entry.count),
          entry.action, entry.rule, 0};
}

void RankingMap::distinguish(const geo::AddressMap<std::uint32_t>& resolvers,
                             std::vector<std::shared_ptr<const RankingMap>> maps) {
  by_resolver_ = std::make_unique<ByResolver>(ByResolver{geo::AddressTable(resolvers), std::move(maps)});
}

std::span<const std::shared_ptr<const RankingMap>> RankingMap::maps_of_resolvers() const noexcept {
  if (by_resolver_ == nullptr) return {};
  return by_resolver_->maps;
}

}  // namespace rhumb::steering

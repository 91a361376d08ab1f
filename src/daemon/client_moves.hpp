// Where clients end, and who moves from where to where: the words of simulations and of comparisons of databases.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "steering/expectation.hpp"
#include "steering/ranking.hpp"

namespace rhumb::daemon {

// Where clients can end: regions, numbered from 0, and then these outcomes without one.
using Place = std::size_t;
inline constexpr std::array<std::string_view, 5> kOutcomeNames{"no address", "the zone's own records",
                                                               "kept out by a rule", "refused by a rule",
                                                               "the addresses of when_all_down"};

// What clients of some rankings get: parts by Place, their sum is 1.
struct Distribution {
  std::vector<double> parts;
  bool is_all_down = false;

  friend bool operator<(const Distribution& a, const Distribution& b) noexcept {
    return std::tie(a.is_all_down, a.parts) < std::tie(b.is_all_down, b.parts);
  }
};

// `places` of the service's regions, by RegionIndex, among `region_count`.
[[nodiscard]] Distribution distribution_of(const steering::Expectation& expectation, std::span<const Place> places,
                                           std::size_t region_count);

// What tells the rankings of ranking maps apart, whatever rule led to them. Good as long as the maps.
struct RankingKey {
  const steering::RegionIndex* regions;
  std::size_t region_count;
  steering::Action action;

  explicit RankingKey(const steering::Ranked& ranked)
      : regions(ranked.regions.data()), region_count(ranked.regions.size()), action(ranked.action) {}

  friend bool operator==(const RankingKey&, const RankingKey&) = default;
};
struct RankingKeyHash {
  std::size_t operator()(const RankingKey& key) const noexcept {
    return std::hash<const void*>{}(key.regions) + static_cast<std::size_t>(key.action);
  }
};

// Clients that move, between regions or outcomes.
struct Flow {
  std::string from;
  std::string to;
  double share;
};

// Of one country.
struct CountryMove {
  std::string country;      // ISO 3166-1; empty when no database knows it
  double share;             // that moves
  std::vector<Flow> flows;  // greatest first
};

// Sums up who moves. It is the least that must: a client stays as far as its place's part allows.
class Moves {
 public:
  // Clients of `country`, this share of all, had `before` and have `after`: parts by Place, as many in all calls.
  void add(std::string_view country, const std::vector<double>& before, const std::vector<double>& after, double share);

  // Those that move most first; `names` of all places.
  [[nodiscard]] std::vector<CountryMove> by_country(const std::vector<std::string>& names) const;
  // Of all countries together, the greatest first.
  [[nodiscard]] std::vector<Flow> flows(const std::vector<std::string>& names) const;

 private:
  using FromTo = std::pair<Place, Place>;
  using Flows = std::map<FromTo, double>;

  std::map<std::string, Flows, std::less<>> by_country_;
};

// "12.50 %"
[[nodiscard]] std::string percent(double share);

// The names of all places: these regions, and the outcomes.
[[nodiscard]] std::vector<std::string> names_of_places(std::vector<std::string> regions);

}  // namespace rhumb::daemon

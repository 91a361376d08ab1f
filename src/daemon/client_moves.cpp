#include "daemon/client_moves.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace rhumb::daemon {
namespace {

constexpr double kRounding = 1e-12;  // less than this is none

std::size_t outcome_number(steering::Outcome outcome) noexcept {
  switch (outcome) {
    case steering::Outcome::fallback:
      return 1;
    case steering::Outcome::kept_out:
      return 2;
    case steering::Outcome::refused:
      return 3;
    case steering::Outcome::last_resort:
      return 4;
    default:
      return 0;
  }
}

std::vector<Flow> sorted(const std::map<std::pair<Place, Place>, double>& flows,
                         const std::vector<std::string>& names) {
  std::vector<Flow> result;
  result.reserve(flows.size());
  for (const auto& [from_to, share] : flows)
    result.push_back({names[from_to.first], names[from_to.second], share});
  std::ranges::stable_sort(result, std::greater{}, &Flow::share);
  return result;
}

}  // namespace

Distribution distribution_of(const steering::Expectation& expectation, std::span<const Place> places,
                             std::size_t region_count) {
  Distribution distribution{std::vector<double>(region_count + kOutcomeNames.size()),
                            expectation.outcome == steering::Outcome::all_down};
  if (expectation.outcome != steering::Outcome::healthy && !distribution.is_all_down) {
    distribution.parts[region_count + outcome_number(expectation.outcome)] = 1;
    return distribution;
  }
  for (std::size_t region = 0; region < places.size(); ++region)
    distribution.parts[places[region]] = expectation.shares[region];
  return distribution;
}

// What a place loses goes to those that gain, in proportion to what they gain.
void Moves::add(std::string_view country, const std::vector<double>& before, const std::vector<double>& after,
                double share) {
  double gained = 0;
  for (Place place = 0; place < before.size(); ++place)
    gained += std::max(0.0, after[place] - before[place]);
  if (gained < kRounding) return;
  auto known = by_country_.find(country);
  if (known == by_country_.end()) known = by_country_.emplace(country, Flows{}).first;
  for (Place from = 0; from < before.size(); ++from) {
    const double loss = before[from] - after[from];
    if (loss < kRounding) continue;
    for (Place to = 0; to < before.size(); ++to) {
      const double gain = after[to] - before[to];
      if (gain >= kRounding) known->second[{from, to}] += share * loss * gain / gained;
    }
  }
}

std::vector<CountryMove> Moves::by_country(const std::vector<std::string>& names) const {
  std::vector<CountryMove> countries;
  for (const auto& [country, flows] : by_country_) {
    CountryMove move{country, 0, sorted(flows, names)};
    for (const Flow& flow : move.flows)
      move.share += flow.share;
    if (!move.flows.empty()) countries.push_back(std::move(move));
  }
  std::ranges::stable_sort(countries, std::greater{}, &CountryMove::share);
  return countries;
}

std::vector<Flow> Moves::flows(const std::vector<std::string>& names) const {
  Flows all;
  for (const auto& [country, flows] : by_country_) {
    for (const auto& [from_to, share] : flows)
      all[from_to] += share;
  }
  return sorted(all, names);
}

std::string percent(double share) {
  return fmt::format("{:.2f} %", 100 * share);
}

std::vector<std::string> names_of_places(std::vector<std::string> regions) {
  regions.insert(regions.end(), kOutcomeNames.begin(), kOutcomeNames.end());
  return regions;
}

}  // namespace rhumb::daemon

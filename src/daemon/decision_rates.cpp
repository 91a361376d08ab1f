#include "daemon/decision_rates.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "geo/country_table.hpp"
#include "transport/answerer.hpp"

namespace rhumb::daemon {
namespace {

using Json = nlohmann::ordered_json;

// By region, the empty one for answers without one. A service and region may have several places among the counts.
using Gains = std::map<std::string, std::map<std::string, std::uint64_t>>;

// Places are never given away: what has come since `before` stands behind what there was.
Gains gains_since(const std::vector<MetricsSource::Steered>& before,
                  const std::vector<MetricsSource::Steered>& counts) {
  Gains gains;
  for (std::size_t place = 0; place < counts.size(); ++place) {
    const std::uint64_t then = place < before.size() ? before[place].answers : 0;
    const std::uint64_t gained = counts[place].answers - then;
    if (gained > 0) gains[counts[place].service][counts[place].region] += gained;
  }
  return gains;
}

// With three digits after the point.
double rate(std::uint64_t gained, double seconds) {
  constexpr double kDigits = 1'000;
  return seconds > 0 ? std::round(static_cast<double>(gained) / seconds * kDigits) / kDigits : 0;
}

using CountryCounts = std::vector<std::uint64_t>;

Json country_rates(const CountryCounts& before, const CountryCounts& counts, double seconds) {
  Json countries = Json::array();
  for (std::size_t place = 0; place < counts.size(); ++place) {
    const std::uint64_t gained = counts[place] - before[place];
    if (gained == 0) continue;
    Json one = Json::object();
    if (place != geo::kNoCountryPlace) one["country"] = geo::country_at(place);
    one["per_second"] = rate(gained * transport::Answerer::kTimedEvery, seconds);
    countries.push_back(std::move(one));
  }
  return countries;
}

}  // namespace

bool DecisionRates::is_due(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return noted_.empty() || now >= noted_.back().at + kInterval;
}

void DecisionRates::note(Counts counts, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  noted_.push_back({now, std::move(counts)});
  // The first is the one that is a whole window old.
  while (noted_.size() > 1 && noted_[1].at + kWindow <= now)
    noted_.pop_front();
}

std::string DecisionRates::to_json(const Counts& counts, Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto seconds_since = [now](const Noted& start) {
    return std::chrono::duration<double>(now - start.at).count();
  };
  const Noted start = noted_.empty() ? Noted{now, counts} : noted_.front();
  const double seconds = seconds_since(start);
  Json services = Json::array();
  for (const auto& [service, by_region] : gains_since(start.counts.steered, counts.steered)) {
    std::uint64_t all = 0;
    Json regions = Json::array();
    for (const auto& [region, gained] : by_region) {
      all += gained;
      if (!region.empty()) regions.push_back({{"region", region}, {"per_second", rate(gained, seconds)}});
    }
    Json one = Json::object();
    if (!service.empty()) one["service"] = service;
    one["per_second"] = rate(all, seconds);
    one["regions"] = std::move(regions);
    services.push_back(std::move(one));
  }
  Json told{{"seconds", seconds}, {"services", std::move(services)}};
  if (!counts.countries.empty()) {
    // Perhaps they have not been counted for as long.
    const auto first = std::ranges::find_if(noted_, [](const Noted& noted) { return !noted.counts.countries.empty(); });
    told["countries"] = first == noted_.end()
                            ? Json::array()
                            : country_rates(first->counts.countries, counts.countries, seconds_since(*first));
    told["sampled"] = transport::Answerer::kTimedEvery;
  }
  return told.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rhumb::daemon

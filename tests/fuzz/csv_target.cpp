#include <algorithm>
#include <cmath>
#include <string>

#include "config/latency_files.hpp"
#include "config/rule_file.hpp"
#include "fuzz/require.hpp"
#include "fuzz/scratch_file.hpp"
#include "fuzz/targets.hpp"
#include "geo/client_weights.hpp"
#include "geo/geofeed.hpp"

namespace rhumb::fuzz {
namespace {

const std::vector<steering::Region> kRegions = {{"us-east", {39.04, -77.49}}, {"eu-west", {53.35, -6.26}}};

void check_problems(const Problems& problems, const std::string& path) {
  for (const Problem& problem : problems.all()) {
    require(problem.place.starts_with(path), "a problem has the place of the file");
    require(!problem.message.empty(), "a problem says what is wrong");
  }
}

template <typename Map, typename IsRight>
void check_values(const Map& map, const IsRight& is_right, const char* rule) {
  for (std::size_t i = 0; i < map.v4().size(); ++i)
    require(is_right(map.v4().value(i)), rule);
  for (std::size_t i = 0; i < map.v6().size(); ++i)
    require(is_right(map.v6().value(i)), rule);
}

void check_rules(const std::string& path) {
  Problems problems;
  const steering::RuleSet set = config::read_rule_file("fuzz", path, kRegions, problems);
  check_problems(problems, path);
  if (problems.has_errors()) return;
  require(set.networks != nullptr, "rules of a file have networks");
  const auto is_rule = [&](std::uint16_t value) { return value <= set.rules.size(); };
  check_values(*set.networks, is_rule, "every network leads to a rule");
  for (const steering::Rule& rule : set.rules) {
    require(!rule.preference.regions.empty(), "a rule of a file has regions");
    for (const steering::RegionIndex region : rule.preference.regions)
      require(region < kRegions.size(), "a rule names regions that there are");
  }
}

void check_geofeed(const std::string& path) {
  Problems problems;
  const std::string paths[] = {path};
  const geo::Geofeeds feeds = geo::read_geofeeds(paths, problems);
  check_problems(problems, path);
  if (problems.has_errors()) return;
  const auto is_place = [&](std::uint32_t value) { return value <= feeds.places.size(); };
  check_values(feeds.map, is_place, "every network of a feed leads to a place");
  for (const auto& place : feeds.places) {
    require(place.country.empty() || place.country.size() == 2, "countries have two letters");
    require(!place.country.empty() || (place.subdivision.empty() && place.city.empty()), "a city lies in a country");
  }
}

void check_latencies(const std::string& path) {
  static const geo::Database kNothingKnown;
  config::Config config{};
  config.regions = kRegions;
  config.latency.files = {path};
  Problems problems;
  const auto latencies = config::read_latencies(config, kNothingKnown, problems);
  check_problems(problems, path);
  require(latencies.has_value() != problems.has_errors(), "latencies are taken when there are no errors");
  if (!latencies) return;
  const auto is_measured = [&](steering::LatencyCell cell) {
    if (cell == 0) return true;
    bool is_any = false;
    for (steering::RegionIndex region = 0; region < kRegions.size(); ++region) {
      const steering::Latency latency = latencies->find(cell, {}, region);
      if (!latency.is_measured()) continue;
      is_any = true;
      require(latency.rtt_ms > 0 && latency.rtt_ms <= config::kRttMaxMs, "a time is one that was measured");
      require(latency.samples >= config.latency.samples_min, "a median has enough samples");
    }
    return is_any;
  };
  check_values(latencies->networks(), is_measured, "a measured network has a time to some region");
}

void check_weights(const std::string& path) {
  Problems problems;
  const auto weights = geo::read_client_weights(path, problems);
  check_problems(problems, path);
  require(weights.has_value() != problems.has_errors(), "weights are taken when there are no errors");
  if (!weights) return;
  check_values(
      *weights, [](double weight) { return weight >= 0 && !std::isnan(weight); }, "a weight is 0 or more");
}

}  // namespace

void fuzz_csv(Bytes octets) {
  static const ScratchFile file("fuzz.csv");
  file.write(octets);
  const std::string path = file.path().string();
  check_rules(path);
  check_geofeed(path);
  check_latencies(path);
  check_weights(path);
}

}  // namespace rhumb::fuzz

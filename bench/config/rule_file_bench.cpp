// What a million networks in a file of rules cost: reading them, and from there to the map that answers.
//
// The networks are drawn from IPv4, of 20 to 28 bits, and lead to one of 100 lists of regions. Run from the
// repository's folder: the clients are those of geoip/country.mmdb.
#include <algorithm>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "base/network.hpp"
#include "base/random.hpp"
#include "config/rule_file.hpp"
#include "geo/database.hpp"
#include "steering/ranking_compiler.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

constexpr std::size_t kLines = 1'000'000;

std::vector<steering::Region> regions() {
  std::vector<steering::Region> result;
  for (int i = 0; i < 20; ++i)
    result.push_back({fmt::format("region-{}", i), {-60.0 + 6 * i, -170.0 + 17 * i}, 0});
  return result;
}

// Each network once. "sorted" by address, or as drawn.
std::string draw_lines(bool is_sorted) {
  Random random(7);
  std::vector<std::pair<std::uint32_t, int>> networks;
  while (networks.size() < kLines) {
    const int bits = 20 + static_cast<int>(random.below(9));
    const auto address = static_cast<std::uint32_t>(random.next());
    networks.emplace_back(network_of(IpAddress::v4(address), bits).as_v4(), bits);
  }
  std::vector<std::pair<std::uint32_t, int>> sorted = networks;
  std::ranges::sort(sorted);
  const auto repeated = std::ranges::unique(sorted);
  sorted.erase(repeated.begin(), repeated.end());
  std::string text = "network,region\n";
  for (const auto& [address, bits] : is_sorted ? sorted : networks) {
    // Repeated ones have equal regions.
    const std::uint32_t list = (address >> 4) * 2'654'435'761U % 100;
    text +=
        fmt::format("{}/{},region-{},region-{}\n", IpAddress::v4(address).to_string(), bits, list % 10, 10 + list / 10);
  }
  return text;
}

void BM_ReadRuleFile(benchmark::State& state) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("partners.csv", draw_lines(state.range(0) != 0));
  state.SetLabel(state.range(0) != 0 ? "sorted" : "as drawn");
  const auto all = regions();
  for (auto _ : state) {
    Problems problems;
    const auto set = read_rule_file("partners", path, all, problems);
    if (problems.has_errors()) return state.SkipWithError(problems.all().front().to_string().c_str());
    state.counters["rules"] = static_cast<double>(set.rules.size());
    state.counters["ranges_v4"] = static_cast<double>(set.networks->v4().size());
  }
}

void BM_CompileRuleFile(benchmark::State& state) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("partners.csv", draw_lines(true));
  const auto all = regions();
  Problems problems;
  const std::vector<std::string> databases{"geoip/country.mmdb"};
  const auto database = geo::load_databases(databases, problems);
  const auto set = std::make_shared<steering::RuleSet>(read_rule_file("partners", path, all, problems));
  if (!database || problems.has_errors()) return state.SkipWithError(problems.all().front().to_string().c_str());
  steering::Steering own;
  std::vector<std::size_t> of_service;
  std::vector<geo::Coordinates> coordinates;
  for (std::size_t region = 0; region < all.size(); ++region) {
    own.preference.regions.push_back(static_cast<steering::RegionIndex>(region));
    of_service.push_back(region);
    coordinates.push_back(all[region].coordinates);
  }
  for (auto _ : state) {
    const std::vector<steering::RuleSetUse> sets{{0, set}};
    const auto steering = steering::localize(own, sets, of_service);
    const auto map = steering::compile_rankings(steering, coordinates, *database);
    state.counters["rankings"] = static_cast<double>(map->rankings().size());
  }
}

BENCHMARK(BM_ReadRuleFile)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CompileRuleFile)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rhumb::config

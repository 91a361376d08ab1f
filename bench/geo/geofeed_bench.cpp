// What a geofeed of a million networks costs: reading it, and laying it over geoip/country.mmdb.
#include <string>
#include <unordered_set>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "base/network.hpp"
#include "base/random.hpp"
#include "geo/country_centroids.hpp"
#include "geo/database.hpp"
#include "geo/geofeed.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::geo {
namespace {

constexpr std::size_t kLines = 1'000'000;

// Drawn from IPv4, of 20 to 28 bits, in 250 countries with 40 cities each.
std::string draw_lines() {
  Random random(7);
  std::unordered_set<std::string> networks;
  std::string text;
  while (networks.size() < kLines) {
    const auto bits = static_cast<std::uint8_t>(20 + random.below(9));
    const Network network = Network{IpAddress::v4(static_cast<std::uint32_t>(random.next())), bits}.masked();
    if (!networks.insert(network.to_string()).second) continue;
    const auto country =
        country_centroids()[random.below(static_cast<std::uint32_t>(country_centroids().size()))].country;
    const auto city = random.below(40);
    text += fmt::format("{},{},{}-{:02},City {},\n", network.to_string(), country, country, city / 4, city);
  }
  return text;
}

void BM_Geofeed(benchmark::State& state) {
  const bool is_over_database = state.range(0) != 0;
  state.SetLabel(is_over_database ? "with country.mmdb, over it" : "read");
  const test::TemporaryDirectory directory;
  const std::vector<std::string> feeds{directory.write("feed.csv", draw_lines())};
  const std::vector<std::string> databases{"geoip/country.mmdb"};
  for (auto _ : state) {
    Problems problems;
    if (is_over_database) {
      benchmark::DoNotOptimize(load_databases(databases, problems, feeds));
    } else {
      benchmark::DoNotOptimize(read_geofeeds(feeds, problems));
    }
    if (problems.has_errors()) return state.SkipWithError(problems.all().front().to_string().c_str());
  }
}

BENCHMARK(BM_Geofeed)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rhumb::geo

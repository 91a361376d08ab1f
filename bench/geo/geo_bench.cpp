// What geography costs: loading a database, ranking its locations, compiling, looking up.
//
//   geo_bench [--benchmark_... options] [--whole-order] [DATABASE.mmdb]...
//
// Without databases: that of the repository, geoip/country.mmdb. Those of a city's precision tell more.
// The table is that of a service with twelve regions: each location's nearest one, or with --whole-order its order of
// all twelve. Look-ups are of addresses drawn in four ways:
//   uniformly      from the whole of IPv4, or 2000::/3
//   by size        the same, of those in the database's networks
//   evenly         a network of the database, then an address in it: favours where networks are small and many
//   from clients   again and again from 20,000 addresses, each drawn by size (IPv6: evenly): what a resolver's clients
//   do
// "latency": each look-up waits for the one before it, so that every cache miss counts in full; "throughput": the
// processor may overlap them, as it does when a batch of queries is answered.
#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <benchmark/benchmark.h>

#include "../regions.hpp"
#include "base/random.hpp"
#include "geo/address_table.hpp"
#include "geo/database.hpp"
#include "geo/distance.hpp"

namespace rhumb::geo {
namespace {

std::vector<std::string> paths;
bool whole_order = false;

constexpr auto kRegions = std::span(kBenchRegions).first<12>();

const Database& database() {
  static const Database loaded = [] {
    Problems problems;
    auto result = load_databases(paths, problems);
    for (const auto& problem : problems.all())
      std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    return result ? std::move(*result) : Database{};
  }();
  return loaded;
}

// For each location, the number of its nearest region or of its order of them (from 1; 0 is that of unknown places).
std::vector<std::uint32_t> rank(const Locations& locations) {
  std::array<UnitVector, kRegions.size()> regions;
  std::ranges::transform(kRegions, regions.begin(), unit_vector);
  std::unordered_map<std::uint64_t, std::uint32_t> rankings;
  std::vector<std::uint32_t> result(locations.size(), 0);
  for (LocationId id = 1; id < locations.size(); ++id) {
    const Location location = locations.get(id);
    if (!location.has_coordinates) continue;
    const UnitVector place = unit_vector({double{location.latitude}, double{location.longitude}});
    std::array<std::pair<double, std::uint64_t>, kRegions.size()> order;
    for (std::size_t region = 0; region < regions.size(); ++region)
      order[region] = {chord_squared(place, regions[region]), region};
    if (!whole_order) {
      result[id] = static_cast<std::uint32_t>(std::ranges::min(order).second + 1);
      continue;
    }
    std::ranges::sort(order);
    const std::uint64_t key =
        std::accumulate(order.begin(), order.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const auto& next) { return sum << 4 | next.second; });
    result[id] = rankings.try_emplace(key, static_cast<std::uint32_t>(rankings.size() + 1)).first->second;
  }
  return result;
}

const AddressMap<std::uint32_t>& ranking_map() {
  static const auto map = [] {
    const auto rankings = rank(database().locations);
    return database().map.transform([&](LocationId id) { return rankings[id]; });
  }();
  return map;
}

const AddressTable& table() {
  static const AddressTable compiled(ranking_map());
  return compiled;
}

constexpr std::size_t kAddresses = std::size_t{1} << 20;

enum class Draw { uniformly, by_size, evenly, from_clients };
constexpr std::array<const char*, 4> kDrawNames{"uniformly", "by size", "evenly", "from clients"};

// In 2000::/3, if it is of IPv6.
template <typename Key>
Key random_key(Random& random) {
  const U128 bits = U128{random.next()} << 64 | random.next();
  return sizeof(Key) == 4 ? static_cast<Key>(bits) : static_cast<Key>(bits >> 3 | U128{1} << 125);
}

template <typename Key>
Key random_address(Random& random, const RangeList<Key, LocationId>& ranges, Draw draw) {
  while (true) {
    if (draw == Draw::uniformly) return random_key<Key>(random);
    if (draw == Draw::by_size) {
      const Key address = random_key<Key>(random);
      if (ranges.value(ranges.find(address)) != kUnknownLocation) return address;
      continue;
    }
    const std::size_t drawn = random.below(static_cast<std::uint32_t>(ranges.size()));
    if (ranges.value(drawn) == kUnknownLocation) continue;
    const Key span = static_cast<Key>(ranges.last(drawn) - ranges.first(drawn));
    const Key offset = static_cast<Key>(U128{random.next()} << 64 | random.next());
    return static_cast<Key>(ranges.first(drawn) + (span == static_cast<Key>(~Key{0}) ? offset : offset % (span + 1)));
  }
}

template <typename Key>
std::vector<Key> addresses(const RangeList<Key, LocationId>& ranges, Draw draw) {
  constexpr std::size_t kClients = 20'000;
  Random random(7);
  std::vector<Key> result;
  if (draw != Draw::from_clients) {
    while (result.size() < kAddresses)
      result.push_back(random_address(random, ranges, draw));
    return result;
  }
  std::vector<Key> clients;
  while (clients.size() < kClients)
    clients.push_back(random_address(random, ranges, sizeof(Key) == 4 ? Draw::by_size : Draw::evenly));
  while (result.size() < kAddresses)
    result.push_back(clients[random.below(kClients)]);
  return result;
}

template <typename Key>
void look_up(benchmark::State& state, const RangeList<Key, LocationId>& ranges) {
  if (ranges.size() < 2) return state.SkipWithError("no networks of this family");
  const auto draw = static_cast<Draw>(state.range(0));
  const bool latency = state.range(1) != 0;
  const auto pool = addresses(ranges, draw);
  const AddressTable& compiled = table();
  state.SetLabel(std::string(kDrawNames[static_cast<std::size_t>(state.range(0))]) +
                 (latency ? ", latency" : ", throughput"));
  std::size_t i = 0;
  Key dependency = 0;
  for (auto _ : state) {
    const Key address = pool[i++ % kAddresses] ^ dependency;
    Match match;
    if constexpr (sizeof(Key) == 4) {
      match = compiled.find_v4(address);
    } else {
      match = compiled.find_v6(address);
    }
    benchmark::DoNotOptimize(match);
    if (latency) dependency = (match.scope_bits >> 7) & (match.value >> 31);  // always 0
  }
}

void BM_Load(benchmark::State& state) {
  const auto& path = paths[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(path);
  for (auto _ : state) {
    Problems problems;
    const auto loaded = load_databases({&path, 1}, problems);
    if (!loaded) return state.SkipWithError("not loaded");
    state.counters["locations"] = static_cast<double>(loaded->locations.size());
    state.counters["ranges_v4"] = static_cast<double>(loaded->map.v4().size());
    state.counters["ranges_v6"] = static_cast<double>(loaded->map.v6().size());
    state.counters["map_MB"] = static_cast<double>(loaded->map.memory_bytes()) / 1e6;
    state.counters["locations_MB"] = static_cast<double>(loaded->locations.memory_bytes()) / 1e6;
  }
}

void BM_RankLocations(benchmark::State& state) {
  for (auto _ : state) {
    const auto rankings = rank(database().locations);
    state.counters["locations"] = static_cast<double>(rankings.size());
    state.counters["rankings"] = *std::ranges::max_element(rankings);
  }
}

void BM_Transform(benchmark::State& state) {
  const auto rankings = rank(database().locations);
  for (auto _ : state) {
    const auto map = database().map.transform([&](LocationId id) { return rankings[id]; });
    state.counters["ranges_v4"] = static_cast<double>(map.v4().size());
    state.counters["ranges_v6"] = static_cast<double>(map.v6().size());
  }
}

void BM_Compile(benchmark::State& state) {
  for (auto _ : state) {
    const AddressTable compiled(ranking_map());
    state.counters["ranges_v4"] = static_cast<double>(compiled.ranges_v4());
    state.counters["ranges_v6"] = static_cast<double>(compiled.ranges_v6());
    state.counters["MB"] = static_cast<double>(compiled.memory_bytes()) / 1e6;
  }
}

void BM_FindV4(benchmark::State& state) {
  look_up(state, database().map.v4());
}
void BM_FindV6(benchmark::State& state) {
  look_up(state, database().map.v6());
}

void register_all() {
  for (std::size_t i = 0; i < paths.size(); ++i)
    benchmark::RegisterBenchmark("Load", BM_Load)
        ->Arg(static_cast<int>(i))
        ->Iterations(2)
        ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("RankLocations", BM_RankLocations)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("Transform", BM_Transform)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("Compile", BM_Compile)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("FindV4", BM_FindV4)->ArgsProduct({{0, 1, 2, 3}, {0, 1}});
  benchmark::RegisterBenchmark("FindV6", BM_FindV6)->ArgsProduct({{0, 1, 2, 3}, {0, 1}});
}

}  // namespace
}  // namespace rhumb::geo

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  rhumb::geo::paths.assign(argv + 1, argv + argc);
  rhumb::geo::whole_order = std::erase(rhumb::geo::paths, "--whole-order") > 0;
  if (rhumb::geo::paths.empty()) rhumb::geo::paths.emplace_back("geoip/country.mmdb");
  rhumb::geo::register_all();
  rhumb::geo::table();  // not in the time of the first that needs it
  benchmark::RunSpecifiedBenchmarks();
}

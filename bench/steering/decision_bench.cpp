// What a decision costs without the message around it: which regions, which instances, for which network.
//
//   steering_bench [--benchmark_... options] [DATABASE.mmdb]...
//
// Without databases: that of the repository, geoip/country.mmdb. Run in the top folder of the repository. A service
// over twelve regions with two instances each, asked by clients drawn uniformly from the networks that the databases
// know. "LookUp" is RankingMap::find() alone; "Decide" is that, Service::pick() and Service::scope_bits(), all
// instances healthy; "DecideWithADownRegion" the same where the first of the twelve is down (Virginia).
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/random.hpp"
#include "first_regions.hpp"
#include "geo/database.hpp"
#include "health/board.hpp"
#include "steering/ranking_compiler.hpp"
#include "steering/service.hpp"

namespace rhumb::steering {
namespace {

constexpr std::size_t kRegions = 12;
constexpr std::size_t kInstances = 2;  // of each region
constexpr std::size_t kClients = std::size_t{1} << 16;
constexpr std::uint32_t kSeed = 7871;

std::vector<std::string> paths;

const geo::Database& database() {
  static const geo::Database loaded = [] {
    Problems problems;
    auto result = geo::load_databases(paths, problems);
    for (const Problem& problem : problems.all())
      std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    return result ? std::move(*result) : geo::Database{};
  }();
  return loaded;
}

// Of IPv4: what most clients have.
const std::vector<IpAddress>& clients() {
  static const std::vector<IpAddress> drawn = [] {
    Random random(kSeed);
    std::vector<IpAddress> result;
    while (result.size() < kClients) {
      const auto client = IpAddress::v4(static_cast<std::uint32_t>(random.next()));
      if (database().find(client) != geo::kUnknownLocation) result.push_back(client);
    }
    return result;
  }();
  return drawn;
}

struct Kind {
  const char* name;
  Order order;
  double tolerance_km;
  Policy policy;
  std::uint8_t answers;
};
constexpr std::array kKinds{
    Kind{"nearest, rotate", Order::nearest, 0, Policy::rotate, 0},
    Kind{"nearest, weighted", Order::nearest, 0, Policy::weighted, 1},
    Kind{"nearest, sticky", Order::nearest, 0, Policy::sticky, 1},
    Kind{"nearest + tolerance, rotate", Order::nearest, 500, Policy::rotate, 0},
    Kind{"nearest + tolerance, weighted", Order::nearest, 500, Policy::weighted, 1},
    Kind{"nearest + tolerance, sticky", Order::nearest, 500, Policy::sticky, 1},
    Kind{"listed, rotate", Order::listed, 0, Policy::rotate, 0},
    Kind{"listed, weighted", Order::listed, 0, Policy::weighted, 1},
    Kind{"listed, sticky", Order::listed, 0, Policy::sticky, 1},
    Kind{"equal, rotate", Order::equal, 0, Policy::rotate, 0},
    Kind{"equal, weighted", Order::equal, 0, Policy::weighted, 1},
    Kind{"equal, sticky", Order::equal, 0, Policy::sticky, 1},
};

Service make_service(const Kind& kind) {
  Steering steering{bench_preference(kRegions), {}};
  steering.preference.order = kind.order;
  steering.preference.tolerance_km = kind.tolerance_km;
  ServiceSettings settings;
  settings.name = "www.bench.example";
  settings.ttl_s = 30;
  settings.policy = kind.policy;
  settings.answers = kind.answers;
  for (std::size_t region = 0; region < kRegions; ++region) {
    settings.regions.push_back("region-" + std::to_string(region));
    for (std::size_t i = 0; i < kInstances; ++i) {
      const auto number = static_cast<std::uint32_t>(settings.instances.size());
      settings.instances.push_back({static_cast<RegionIndex>(region), IpAddress::v4(number), number});
    }
  }
  const auto coordinates = std::span(geo::kBenchRegions).first(kRegions);
  return {std::move(settings), compile_rankings(steering, coordinates, database())};
}

void look_up(benchmark::State& state, const Kind& kind) {
  const Service service = make_service(kind);
  const auto& asking = clients();
  std::size_t next = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(service.ranking_map().find(asking[next++ % kClients]));
}

// The instances of the region `down` are down; kRegions: of none.
void decide(benchmark::State& state, const Kind& kind, std::size_t down) {
  const Service service = make_service(kind);
  const auto& asking = clients();
  health::Board board(kRegions * kInstances);
  if (down < kRegions) {
    for (std::size_t i = 0; i < kInstances; ++i)
      board.write(down * kInstances + i, health::State::down);
  }
  const auto share_of = [&](TargetIndex target) { return board.read(target).share; };
  Random random(kSeed);
  std::size_t next = 0;
  for (auto _ : state) {
    const IpAddress client = asking[next++ % kClients];
    const Ranked ranked = service.ranking_map().find(client);
    const Pick pick = service.pick(Family::v4, ranked, client, share_of, random);
    benchmark::DoNotOptimize(pick.count);
    benchmark::DoNotOptimize(pick.instances);
    benchmark::DoNotOptimize(service.scope_bits(ranked, client));
  }
}

void register_all() {
  for (const Kind& kind : kKinds) {
    const std::string name = kind.name;
    benchmark::RegisterBenchmark(("LookUp/" + name).c_str(), look_up, kind);
    benchmark::RegisterBenchmark(("Decide/" + name).c_str(), decide, kind, kRegions);
    benchmark::RegisterBenchmark(("DecideWithADownRegion/" + name).c_str(), decide, kind, 0);
  }
}

}  // namespace
}  // namespace rhumb::steering

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  rhumb::steering::paths.assign(argv + 1, argv + argc);
  if (rhumb::steering::paths.empty()) rhumb::steering::paths.emplace_back("geoip/country.mmdb");
  rhumb::steering::register_all();
  benchmark::RunSpecifiedBenchmarks();
}

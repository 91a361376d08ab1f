// What an answer costs without sockets: the responder alone, for each kind of answer.
//
// A zone of 10,000 names and a service over twelve regions, ranked over geoip/country.mmdb. Run in the top folder of
// the repository. Instructions per answer: `valgrind --tool=callgrind` around one benchmark, twice, with other counts.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "answer/responder.hpp"
#include "steering/ranking_compiler.hpp"
#include "support/message_bytes.hpp"
#include "support/temporary_directory.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::answer {
namespace {

constexpr std::uint32_t kNames = 10'000;
constexpr std::size_t kQueries = 4'096;  // of each kind; asked in turn
constexpr std::uint32_t kSeed = 1034;

constexpr std::array<geo::Coordinates, 12> kRegions{{{38.9, -77.4},
                                                     {45.8, -119.7},
                                                     {45.5, -73.6},
                                                     {-23.5, -46.6},
                                                     {53.3, -6.3},
                                                     {50.1, 8.7},
                                                     {26.1, 50.5},
                                                     {19.1, 72.9},
                                                     {1.3, 103.8},
                                                     {35.7, 139.7},
                                                     {-33.9, 151.2},
                                                     {-33.9, 18.4}}};

std::shared_ptr<const zone::Zone> make_zone() {
  std::string text =
      "$TTL 300\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\nalias CNAME host-1\n";
  for (std::uint32_t i = 0; i < kNames; ++i)
    text += "host-" + std::to_string(i) + " A " + IpAddress::v4(0x0A000000 + i).to_string() + "\n";
  const test::TemporaryDirectory directory;
  Problems problems;
  return zone::load_zone_file(directory.write("zone", text), *dns::Name::from_text("bench.example"),
                              std::vector<zone::OverlayName>{{*dns::Name::from_text("www.bench.example"), 0, "bench"}},
                              problems);
}

steering::Service make_service() {
  Problems problems;
  const auto database = geo::load_databases(std::vector<std::string>{"geoip/country.mmdb"}, problems);
  steering::ServiceSettings settings;
  settings.name = "www.bench.example";
  settings.ttl_s = 30;
  for (std::size_t region = 0; region < kRegions.size(); ++region) {
    settings.regions.push_back(std::to_string(region));
    for (std::uint32_t instance = 0; instance < 2; ++instance) {
      const auto number = static_cast<std::uint32_t>(settings.instances.size());
      settings.instances.push_back({static_cast<steering::RegionIndex>(region), IpAddress::v4(number), number});
    }
  }
  steering::Steering steering;
  for (std::size_t region = 0; region < kRegions.size(); ++region)
    steering.preference.regions.push_back(static_cast<steering::RegionIndex>(region));
  return {std::move(settings), steering::compile_rankings(steering, kRegions, database.value())};
}

const Snapshot& snapshot() {
  static const Snapshot made = [] {
    Snapshot result{zone::Zones({make_zone()}, kSeed), {}, {}, std::make_shared<health::Board>(2 * kRegions.size())};
    result.services.push_back(make_service());
    return result;
  }();
  return made;
}

void answer_in_turn(benchmark::State& state, const std::vector<dns::Message>& queries) {
  std::array<std::uint8_t, dns::kUdpPayloadMax> response;
  const Snapshot& answering = snapshot();
  const Client client{IpAddress::v4(0x51024500)};
  Random random(kSeed);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(answer(answering, client, queries[next], response, random));
    next = (next + 1) % queries.size();
  }
}

std::string random_host(Random& random) {
  return "host-" + std::to_string(random.below(kNames)) + ".bench.example";
}

template <typename Make>
std::vector<dns::Message> make_queries(Make make) {
  Random random(kSeed);
  std::vector<dns::Message> queries;
  while (queries.size() < kQueries)
    queries.push_back(make(random));
  return queries;
}

void BM_Static(benchmark::State& state) {
  answer_in_turn(state,
                 make_queries([](Random& random) { return dns::query_message(random_host(random), dns::type::kA); }));
}

void BM_StaticEdns(benchmark::State& state) {
  answer_in_turn(state, make_queries([](Random& random) {
                   auto query = dns::query_message(random_host(random), dns::type::kA);
                   dns::append_opt(query, {});
                   return query;
                 }));
}

void BM_GeoEcs(benchmark::State& state) {
  answer_in_turn(state, make_queries([](Random& random) {
                   auto query = dns::query_message("www.bench.example", dns::type::kA);
                   const std::uint32_t client = random.below(0xFFFF'FFFF);
                   dns::append_opt(query, dns::client_subnet_option(1, 24,
                                                                    {static_cast<std::uint8_t>(client >> 24),
                                                                     static_cast<std::uint8_t>(client >> 16),
                                                                     static_cast<std::uint8_t>(client >> 8)}));
                   return query;
                 }));
}

void BM_NoName(benchmark::State& state) {
  answer_in_turn(state, make_queries([](Random& random) {
                   return dns::query_message("no-" + std::to_string(random.next()) + ".bench.example", dns::type::kA);
                 }));
}

void BM_Alias(benchmark::State& state) {
  answer_in_turn(state, make_queries([](Random&) { return dns::query_message("alias.bench.example", dns::type::kA); }));
}

BENCHMARK(BM_Static);
BENCHMARK(BM_StaticEdns);
BENCHMARK(BM_GeoEcs);
BENCHMARK(BM_NoName);
BENCHMARK(BM_Alias);

}  // namespace
}  // namespace rhumb::answer

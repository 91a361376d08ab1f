// What it costs to find a name, as the zone grows: names that are there and names that are not, in random order, so
// that large indexes miss the cache as they do in a server.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/random.hpp"
#include "support/message_bytes.hpp"
#include "support/temporary_directory.hpp"
#include "zone/zone_file.hpp"
#include "zone/zones.hpp"

namespace rhumb::zone {
namespace {

constexpr std::uint64_t kHashKey = 1034;
constexpr std::size_t kLookups = 65'536;  // different ones; asked in turn

// A zone of so many names; made once.
const Zones& zones_of(std::uint32_t names) {
  static std::map<std::uint32_t, Zones> made;
  if (const auto found = made.find(names); found != made.end()) return found->second;
  std::string text = "$TTL 300\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n";
  for (std::uint32_t i = 0; i < names; ++i)
    text += "host-" + std::to_string(i) + " A 192.0.2.1\n";
  const test::TemporaryDirectory directory;
  Problems problems;
  auto zone = load_zone_file(directory.write("zone", text), *dns::Name::from_text("bench.example"), {}, problems);
  return made.emplace(names, Zones({std::move(zone)}, kHashKey)).first->second;
}

template <typename Make>
void find_in_turn(benchmark::State& state, Lookup::Kind expected, Make make) {
  const Zones& zones = zones_of(static_cast<std::uint32_t>(state.range(0)));
  Random random(kHashKey);
  std::vector<dns::LookupName> names(kLookups);
  for (dns::LookupName& name : names) {
    const auto message = dns::query_message(make(random), dns::type::kA);
    if (name.parse({message.data() + dns::kHeaderSize, message.size() - dns::kHeaderSize}, kHashKey) == 0 ||
        zones.find(name, dns::type::kA).kind != expected)
      return state.SkipWithError("a name is not found as it should be");
  }
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(zones.find(names[next], dns::type::kA));
    next = (next + 1) % kLookups;
  }
}

void BM_Find(benchmark::State& state) {
  find_in_turn(state, Lookup::Kind::found, [&](Random& random) {
    return "host-" + std::to_string(random.below(static_cast<std::uint32_t>(state.range(0)))) + ".bench.example";
  });
}

void BM_FindMissing(benchmark::State& state) {
  find_in_turn(state, Lookup::Kind::nx_domain,
               [](Random& random) { return "no-" + std::to_string(random.next()) + ".bench.example"; });
}

void BM_FindNotOurs(benchmark::State& state) {
  find_in_turn(state, Lookup::Kind::not_ours,
               [](Random& random) { return "www.bench-" + std::to_string(random.next()) + ".example"; });
}

BENCHMARK(BM_Find)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(BM_FindMissing)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(BM_FindNotOurs)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace rhumb::zone

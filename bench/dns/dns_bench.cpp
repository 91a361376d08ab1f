// What it costs to take a query apart: its name alone (folded, cut into labels, hashed), then the whole message.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/random.hpp"
#include "dns/lookup_name.hpp"
#include "dns/query.hpp"
#include "support/message_bytes.hpp"

namespace rhumb::dns {
namespace {

constexpr std::uint64_t kHashKey = 1034;
constexpr std::size_t kQueries = 4'096;

std::string name_of(std::size_t labels, std::size_t label_size) {
  std::string name;
  for (std::size_t i = 0; i < labels; ++i)
    name += std::string(label_size, static_cast<char>('a' + i % 26)) + ".";
  return name;
}

// Names of `labels` labels with `label_size` octets each.
void BM_NameHash(benchmark::State& state) {
  const auto message = query_message(
      name_of(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1))), type::kA);
  const Bytes name(message.data() + kHeaderSize, message.size() - kHeaderSize);
  LookupName parsed;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parsed.parse(name, kHashKey));
    benchmark::ClobberMemory();
  }
}

template <typename Complete>
void parse_in_turn(benchmark::State& state, Complete complete) {
  Random random(kHashKey);
  std::vector<Message> queries;
  while (queries.size() < kQueries) {
    queries.push_back(query_message("host-" + std::to_string(random.below(10'000)) + ".bench.example", type::kA));
    complete(queries.back(), random);
  }
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parse_query(queries[next], kHashKey));
    next = (next + 1) % kQueries;
  }
}

void BM_ParsePlain(benchmark::State& state) {
  parse_in_turn(state, [](Message&, Random&) {});
}

void BM_ParseEdns(benchmark::State& state) {
  parse_in_turn(state, [](Message& query, Random&) { append_opt(query, {}); });
}

void BM_ParseEcs(benchmark::State& state) {
  parse_in_turn(state, [](Message& query, Random& random) {
    append_opt(query, client_subnet_option(1, 24, {static_cast<std::uint8_t>(random.below(256)), 0, 2}));
  });
}

void BM_ParseEcsCookieNsid(benchmark::State& state) {
  parse_in_turn(state, [](Message& query, Random& random) {
    auto options = client_subnet_option(1, 24, {static_cast<std::uint8_t>(random.below(256)), 0, 2});
    append(options, {0, 3, 0, 0});
    append(options, {0, 10, 0, 24, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8});
    append_opt(query, options);
  });
}

BENCHMARK(BM_NameHash)->Args({3, 7})->Args({4, 60})->Args({127, 1});
BENCHMARK(BM_ParsePlain);
BENCHMARK(BM_ParseEdns);
BENCHMARK(BM_ParseEcs);
BENCHMARK(BM_ParseEcsCookieNsid);

}  // namespace
}  // namespace rhumb::dns

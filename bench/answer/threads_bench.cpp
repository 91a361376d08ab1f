// Whether two threads answer twice as much as one: from one snapshot, each with its own buffers, as the UDP workers do.
// `./dev bench scale threads` prints the ratio.
#include "answering.hpp"

namespace rhumb::answer {
namespace {

void BM_StaticOnThreads(benchmark::State& state) {
  static const auto queries =
      make_queries([](Random& random) { return dns::query_message(random_host(random), dns::type::kA); });
  answer_in_turn(state, snapshot(), queries);
}

void BM_GeoEcsOnThreads(benchmark::State& state) {
  static const auto queries = make_queries(geo_ecs_query);
  answer_in_turn(state, snapshot(), queries);
}

BENCHMARK(BM_StaticOnThreads)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(BM_GeoEcsOnThreads)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace rhumb::answer

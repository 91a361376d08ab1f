// What an answer costs without sockets: the responder alone, for each kind of answer.
//
// Run in the top folder of the repository. Instructions per answer: `valgrind --tool=callgrind` around one benchmark,
// twice, with other counts.
#include "answering.hpp"

namespace rhumb::answer {
namespace {

void BM_Static(benchmark::State& state) {
  answer_in_turn(state, snapshot(),
                 make_queries([](Random& random) { return dns::query_message(random_host(random), dns::type::kA); }));
}

void BM_StaticEdns(benchmark::State& state) {
  answer_in_turn(state, snapshot(), make_queries([](Random& random) {
                   auto query = dns::query_message(random_host(random), dns::type::kA);
                   dns::append_opt(query, {});
                   return query;
                 }));
}

void BM_GeoEcs(benchmark::State& state) {
  answer_in_turn(state, snapshot(), make_queries(geo_ecs_query));
}

void BM_NoName(benchmark::State& state) {
  answer_in_turn(state, snapshot(), make_queries([](Random& random) {
                   return dns::query_message("no-" + std::to_string(random.next()) + ".bench.example", dns::type::kA);
                 }));
}

void BM_Alias(benchmark::State& state) {
  answer_in_turn(state, snapshot(),
                 make_queries([](Random&) { return dns::query_message("alias.bench.example", dns::type::kA); }));
}

BENCHMARK(BM_Static);
BENCHMARK(BM_StaticEdns);
BENCHMARK(BM_GeoEcs);
BENCHMARK(BM_NoName);
BENCHMARK(BM_Alias);

}  // namespace
}  // namespace rhumb::answer

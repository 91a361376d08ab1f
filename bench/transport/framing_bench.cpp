// What it costs to cut a TCP stream into queries: as many in a segment as the argument says, and one in two halves.
#include <benchmark/benchmark.h>

#include "support/message_bytes.hpp"
#include "transport/tcp_framing.hpp"

namespace rhumb::transport {
namespace {

dns::Message stream_of(std::int64_t queries) {
  const auto query = dns::query_message("www.bench.example", dns::type::kA);
  dns::Message stream;
  for (std::int64_t i = 0; i < queries; ++i) {
    dns::append_u16(stream, static_cast<std::uint16_t>(query.size()));
    stream.insert(stream.end(), query.begin(), query.end());
  }
  return stream;
}

// Puts `octets` into the stream and takes out what is whole; returns how many messages that were.
std::int64_t take(TcpFraming& framing, Bytes octets) {
  std::int64_t messages = 0;
  while (const auto message = framing.next(octets)) {
    benchmark::DoNotOptimize(message->data());
    ++messages;
  }
  return messages;
}

void BM_Segment(benchmark::State& state) {
  const auto stream = stream_of(state.range(0));
  TcpFraming framing;
  for (auto _ : state) {
    if (take(framing, stream) != state.range(0)) return state.SkipWithError("not all messages come out");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_TwoHalves(benchmark::State& state) {
  const auto stream = stream_of(1);
  const std::size_t half = stream.size() / 2;
  TcpFraming framing;
  for (auto _ : state) {
    const std::int64_t messages = take(framing, Bytes(stream).first(half)) + take(framing, Bytes(stream).subspan(half));
    if (messages != 1) return state.SkipWithError("the message does not come out");
  }
}

BENCHMARK(BM_Segment)->Arg(1)->Arg(16);
BENCHMARK(BM_TwoHalves);

}  // namespace
}  // namespace rhumb::transport

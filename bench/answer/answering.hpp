// How benchmarks of the responder ask.
#pragma once

#include <array>
#include <vector>

#include <benchmark/benchmark.h>

#include "answer/responder.hpp"
#include "served.hpp"

namespace rhumb::answer {

inline const Snapshot& snapshot() {
  static const Snapshot made = [] {
    Snapshot result{zone::Zones({make_zone()}, kSeed), {}, {}, std::make_shared<health::Board>(2 * kRegions.size())};
    result.services.push_back(make_service());
    return result;
  }();
  return made;
}

inline constexpr Client kClient{IpAddress::v4(0x51024500)};

inline void answer_in_turn(benchmark::State& state, const Snapshot& answering,
                           const std::vector<dns::Message>& queries) {
  std::array<std::uint8_t, dns::kUdpPayloadMax> response;
  Random random(kSeed + static_cast<std::uint64_t>(state.thread_index()));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(answer(answering, kClient, queries[next], response, random));
    next = (next + 1) % queries.size();
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace rhumb::answer

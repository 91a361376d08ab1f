// What the verdicts of many targets cost: a result of a probe, a reload, a fall of all at once.
//
// On two shared cores at 2.4 GHz: a result like the last one 0.1 us, one that moves a verdict 0.9 us in a service of
// ten. 20,000 targets that fall at once 1.4 us a result, with the guard and without, as 5,000 do; a verdict for 10,000
// services 8 ms. A reload of 20,000 targets 72 ms, most of it names. A target takes 1.5 KB, its plan included.
#include <cstdint>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "health/verdicts.hpp"

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{1'000'000s};
constexpr std::uint32_t kOfAService = 10;  // instances
constexpr std::uint32_t kRegions = 5;

// A probe for each instance.
Plan plan_of_many(std::uint32_t probes, int guard_percent) {
  Plan plan;
  for (std::uint32_t region = 0; region < kRegions; ++region)
    plan.regions.push_back("region" + std::to_string(region));
  for (std::uint32_t i = 0; i < probes; ++i) {
    if (i % kOfAService == 0) plan.services.push_back({"service" + std::to_string(i / kOfAService) + ".example.com"});
    Target target{{}, IpAddress::v4(0x0A000000U + i), "www.example.com", {}, {}, "http"};
    plan.instances.push_back(
        {i / kOfAService, i % kRegions, target.address.to_string(), Condition{Condition::Kind::probe, i}});
    plan.probes.push_back(std::move(target));
  }
  plan.guard.percent = guard_percent;
  return plan;
}

// One probe that so many services ask, each with one instance.
Plan plan_of_one_probe(std::uint32_t services) {
  Plan plan;
  plan.regions = {"here"};
  plan.probes.push_back({{}, IpAddress::v4(0x0A000000U), "www.example.com", {}, {}, "http"});
  for (std::uint32_t i = 0; i < services; ++i) {
    plan.services.push_back({"service" + std::to_string(i) + ".example.com"});
    plan.instances.push_back({i, 0, "10.0.0.0", Condition{}});
  }
  return plan;
}

Outcome outcome_of(bool success) {
  return success ? health::success("HTTP 200 in 3ms") : failure("HTTP 503");
}

void record_all(Verdicts& verdicts, bool success, Time now) {
  const Outcome outcome = outcome_of(success);
  for (std::uint32_t probe = 0; probe < verdicts.plan().probes.size(); ++probe)
    verdicts.record(probe, outcome, now);
}

// A result like the last one: what nearly all are.
void record_the_expected(benchmark::State& state) {
  const auto probes = static_cast<std::uint32_t>(state.range(0));
  Verdicts verdicts(plan_of_many(probes, 50), {}, kNow);
  const Outcome outcome = outcome_of(true);
  std::uint32_t next = 0;
  for (auto _ : state)
    verdicts.record(next++ % probes, outcome, kNow + 1s);
}

// A failure, or the success after it: the TTLs of the service's answers change.
void record_a_contradiction(benchmark::State& state) {
  const auto probes = static_cast<std::uint32_t>(state.range(0));
  Verdicts verdicts(plan_of_many(probes, 50), {}, kNow);
  record_all(verdicts, true, kNow);
  const Outcome outcomes[] = {outcome_of(false), outcome_of(true)};
  std::uint32_t next = 0;
  for (auto _ : state) {
    verdicts.record(next / 2 % probes, outcomes[next % 2], kNow + 1s);
    ++next;
  }
}

// All fall within a second: the guard rises on the way.
void fall_all_at_once(benchmark::State& state) {
  const auto probes = static_cast<std::uint32_t>(state.range(0));
  const Plan plan = plan_of_many(probes, static_cast<int>(state.range(1)));
  for (auto _ : state) {
    state.PauseTiming();
    Verdicts verdicts(plan, {}, kNow);
    record_all(verdicts, true, kNow);
    state.ResumeTiming();
    for (int i = 0; i < 3; ++i)
      record_all(verdicts, false, kNow + 10s + i * 300ms);
    benchmark::DoNotOptimize(verdicts.take_events());
  }
  state.SetItemsProcessed(state.iterations() * probes * 3);
}

// A verdict on the one probe that all services ask.
void turn_a_shared_probe(benchmark::State& state) {
  const auto services = static_cast<std::uint32_t>(state.range(0));
  Verdicts verdicts(plan_of_one_probe(services), {}, kNow);
  verdicts.record(0, outcome_of(true), kNow);
  Time now = kNow;
  for (auto _ : state) {
    for (int i = 0; i < 3; ++i)
      verdicts.record(0, outcome_of(false), now += 1s);
    for (int i = 0; i < 2; ++i)
      verdicts.record(0, outcome_of(true), now += 1s);
    benchmark::DoNotOptimize(verdicts.take_events());
  }
  state.SetItemsProcessed(state.iterations() * services * 2);
}

// A reload: what is known, and an engine that goes on from it.
void replace(benchmark::State& state) {
  const auto probes = static_cast<std::uint32_t>(state.range(0));
  const Plan plan = plan_of_many(probes, 50);
  Verdicts before(plan, {}, kNow);
  record_all(before, true, kNow);
  for (auto _ : state) {
    const Verdicts after(plan, before.memory(), kNow + 1s);
    benchmark::DoNotOptimize(after.board());
  }
  const std::size_t used = mallinfo2().uordblks;
  Verdicts measured(plan, {}, kNow);
  record_all(measured, true, kNow);
  state.counters["octets_a_target"] = static_cast<double>(mallinfo2().uordblks - used) / probes;
  state.SetItemsProcessed(state.iterations() * probes);
}

BENCHMARK(record_the_expected)->Arg(20'000);
BENCHMARK(record_a_contradiction)->Arg(20'000);
// Four times as many must take four times as long, with the guard and without.
BENCHMARK(fall_all_at_once)->ArgsProduct({{5'000, 20'000}, {0, 50}})->Unit(benchmark::kMillisecond);
BENCHMARK(turn_a_shared_probe)->Arg(2'500)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(replace)->Arg(5'000)->Arg(20'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rhumb::health

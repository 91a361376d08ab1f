#include "health/verdicts.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/health_plan.hpp"

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Time kNow{1'000'000s};

Outcome with_load(double load) {
  Outcome outcome = success("HTTP 200");
  outcome.load = load;
  return outcome;
}

// So many services with an instance and a probe each: rise 2, fall 1, an interval of 10 s.
Plan plan_of_some(std::uint32_t count) {
  std::vector<Target> targets;
  for (std::uint32_t i = 0; i < count; ++i) {
    Target target{"service" + std::to_string(i), IpAddress::v4(0xC0000200U + i), {}, {}};
    target.check.fall = 1;
    targets.push_back(target);
  }
  return plan_of(targets);
}

// The last probe stands for the world outside.
Plan plan_with_canary(std::uint32_t count) {
  Plan plan = plan_of_some(count);
  plan.canaries = {count};
  plan.probes.push_back({"canary", IpAddress::v4(0xC0000301U), {}, {}});
  plan.probes.back().check.fall = 1;
  return plan;
}

// One instance that is up while either probe says so.
Plan plan_of_two_probes() {
  Plan plan = plan_of_some(2);
  plan.services.pop_back();
  plan.instances.pop_back();
  plan.instances[0].condition =
      Condition{Condition::Kind::at_least, 0, 1, {{Condition::Kind::probe, 0}, {Condition::Kind::probe, 1}}};
  return plan;
}

void record_all(Verdicts& verdicts, std::uint32_t count, const Outcome& outcome, Time now) {
  for (std::uint32_t probe = 0; probe < count; ++probe)
    verdicts.record(probe, outcome, now);
}

std::vector<State> states(const Verdicts& verdicts) {
  std::vector<State> states;
  for (std::size_t i = 0; i < verdicts.board()->size(); ++i)
    states.push_back(verdicts.board()->read(i).state);
  return states;
}

// Lets time pass as a monitor does.
void advance_to(Verdicts& verdicts, Time then) {
  while (verdicts.next() <= then)
    verdicts.advance(verdicts.next());
}

// ----------------------------------------------------------------------------------------------------------- the guard

TEST(Verdicts, OurOwnTroubleChangesNoAnswerAndNeitherDoesItsEnd) {
  Verdicts verdicts(plan_with_canary(10), {}, kNow);
  record_all(verdicts, 11, success("HTTP 200"), kNow);
  const std::vector<State> before = states(verdicts);
  verdicts.record(10, failure("timeout"), kNow + 10s);
  ASSERT_TRUE(verdicts.is_guarded());
  record_all(verdicts, 10, failure("timeout"), kNow + 11s);
  EXPECT_EQ(states(verdicts), before);

  // The canary is seen again before anybody else has been probed.
  verdicts.record(10, success("HTTP 200"), kNow + 20s);
  verdicts.record(10, success("HTTP 200"), kNow + 21s);
  EXPECT_FALSE(verdicts.is_guarded());
  EXPECT_EQ(states(verdicts), before) << "they were not probed since";
  EXPECT_EQ(verdicts.board()->read(0).ttl_s, 10) << "the next result may show that it is down";

  verdicts.record(3, failure("HTTP 503"), kNow + 22s);
  EXPECT_EQ(verdicts.board()->read(3).state, State::down) << "it is shown again";
}

TEST(Verdicts, ADisasterIsBelievedInTheEnd) {
  Plan plan = plan_of_some(4);
  plan.guard = {50, 10s, 60s};
  Verdicts verdicts(plan, {}, kNow);
  record_all(verdicts, 4, success("HTTP 200"), kNow);
  record_all(verdicts, 4, failure("timeout"), kNow + 10s);
  EXPECT_THAT(states(verdicts), testing::Each(State::up));
  EXPECT_EQ(verdicts.board()->read(0).ttl_s, 0) << "it may turn down at any time";
  advance_to(verdicts, kNow + 70s - 1ms);
  EXPECT_THAT(states(verdicts), testing::Each(State::up));
  advance_to(verdicts, kNow + 70s);
  EXPECT_THAT(states(verdicts), testing::Each(State::down));
}

TEST(Verdicts, WhoFellTooLongBeforeTheGuardRoseIsDown) {
  for (const auto& [before, state] : {std::pair(10s, State::down), {9s, State::up}}) {
    Verdicts verdicts(plan_with_canary(10), {}, kNow);
    record_all(verdicts, 11, success("HTTP 200"), kNow);
    verdicts.record(0, failure("HTTP 503"), kNow + 20s - before);
    verdicts.record(10, failure("timeout"), kNow + 20s);
    ASSERT_TRUE(verdicts.is_guarded());
    EXPECT_EQ(verdicts.board()->read(0).state, state);
  }
}

TEST(Verdicts, TheGuardCountsNoFallsFromBeforeAReload) {
  Plan plan = plan_of_some(4);
  plan.guard = {50, 10s, 60s};
  Memory memory;
  memory.probes[memory_key(plan.probes[0])] = {{State::down}, kNow};
  Verdicts verdicts(plan, memory, kNow);
  verdicts.record(1, failure("HTTP 503"), kNow);
  verdicts.record(0, success("HTTP 200"), kNow + 1s);
  verdicts.record(0, success("HTTP 200"), kNow + 2s);
  advance_to(verdicts, kNow + 1h);
  EXPECT_FALSE(verdicts.is_guarded());
  EXPECT_THAT(verdicts.take_events(),
              testing::Not(testing::Contains(testing::Field(&Event::kind, Event::Kind::guard))));
}

// A condition over several probes: it must not be seen with some of them shown and others not yet.
TEST(Verdicts, WhenTheGuardGivesUpAllProbesAreShownAtOnce) {
  Plan plan = plan_of_some(4);
  plan.guard = {50, 10s, 60s};
  plan.instances[0].condition =
      Condition{Condition::Kind::at_least,
                0,
                1,
                {{Condition::Kind::probe, 0}, {Condition::Kind::invert, 0, 0, {{Condition::Kind::probe, 1}}}}};
  Verdicts verdicts(plan, {}, kNow);
  record_all(verdicts, 4, success("HTTP 200"), kNow);
  record_all(verdicts, 4, failure("timeout"), kNow + 10s);
  (void)verdicts.take_events();
  advance_to(verdicts, kNow + 2min);
  EXPECT_EQ(verdicts.board()->read(0).state, State::up);
  for (const Event& event : verdicts.take_events())
    EXPECT_NE(event.service, "service0") << to_text(event);
}

// ---------------------------------------------------------------------------------------------------------------- load

TEST(Verdicts, AShareThatWasShedStaysOverAReload) {
  Plan plan = plan_of_two_probes();
  plan.services[0].load = {0.5, 1};
  Verdicts first(plan, {}, kNow);
  record_all(first, 2, with_load(0.75), kNow);
  ASSERT_EQ(first.board()->read(0).share, kFullShare / 2);

  Verdicts second(plan, first.memory(), kNow + 1s);
  EXPECT_EQ(second.board()->read(0).share, kFullShare / 2);
  second.record(1, failure("HTTP 503"), kNow + 2s);
  EXPECT_EQ(second.board()->read(0).share, kFullShare / 2) << "the other probe may still tell a load";
  second.record(0, success("HTTP 200"), kNow + 3s);
  EXPECT_EQ(second.board()->read(0).share, kFullShare) << "nobody does";
}

TEST(Verdicts, OnlyAReportOfTheLoadMovesTheShare) {
  Plan plan = plan_of_two_probes();
  plan.services[0].load = {0.5, 1};
  Verdicts verdicts(plan, {}, kNow);
  record_all(verdicts, 2, success("HTTP 200"), kNow);
  verdicts.record(0, with_load(0.9), kNow);
  verdicts.record(0, with_load(0.5), kNow);
  const Share share = verdicts.board()->read(0).share;
  ASSERT_LT(share, kFullShare);
  for (int i = 0; i < 10; ++i) {
    verdicts.record(1, i % 2 == 0 ? failure("HTTP 503") : success("HTTP 200"), kNow + i * 1s);
    EXPECT_EQ(verdicts.board()->read(0).share, share);
  }
  const std::uint64_t before = verdicts.revision();
  verdicts.record(0, with_load(0.5), kNow + 10s);
  EXPECT_GT(verdicts.board()->read(0).share, share);
  EXPECT_GT(verdicts.revision(), before) << "it is to be remembered";
}

// ----------------------------------------------------------------------------------------------------------------- TTL

TEST(Verdicts, NoTtlOutlivesATimedOverride) {
  for (const Duration length : {Duration(1s), Duration(90s), Duration(17h), Duration(30h)}) {
    Verdicts verdicts(plan_of_some(1), {}, kNow);
    verdicts.record(0, success("HTTP 200"), kNow);
    Override word{{"here"}, Override::Action::force_up};
    word.until = kNow + length;
    ASSERT_EQ(verdicts.set_override(word, true, kNow), std::nullopt);
    const Duration step = std::max(length / 1'000, Duration(77));
    for (Time now = kNow; now < *word.until; now += step) {
      advance_to(verdicts, now);
      ASSERT_LE(verdicts.board()->read(0).ttl_s * 1s, *word.until - now);
    }
  }
}

TEST(Verdicts, TheTtlFollowsWhatIsHurriedEvenIfAsManyResultsAreNeeded) {
  Plan plan = plan_of_some(1);
  plan.probes[0].check.fall = 3;
  plan.probes[0].check.window = 4;
  plan.probes[0].check.fast_interval_ms = 1'000;
  Verdicts verdicts(plan, {}, kNow);
  for (const bool success : {true, false, true, true, false})
    verdicts.record(0, success ? health::success("HTTP 200") : failure("HTTP 503"), kNow);
  ASSERT_EQ(verdicts.status(kNow).probes[0].results_needed, 2);
  EXPECT_EQ(verdicts.board()->read(0).ttl_s, 2) << "two fast intervals";
  verdicts.record(0, success("HTTP 200"), kNow);
  ASSERT_EQ(verdicts.status(kNow).probes[0].results_needed, 2);
  EXPECT_EQ(verdicts.board()->read(0).ttl_s, 11) << "an interval, and a fast one";
}

TEST(Verdicts, WhatIsHeldBackMayChangeAtAnyTime) {
  Plan plan = plan_with_canary(10);
  plan.probes[0].check.rise = 1;
  Verdicts verdicts(plan, {}, kNow);
  record_all(verdicts, 11, success("HTTP 200"), kNow);
  verdicts.record(10, failure("timeout"), kNow + 10s);
  EXPECT_EQ(verdicts.board()->read(0).ttl_s, 10);
  verdicts.record(0, failure("timeout"), kNow + 11s);
  EXPECT_EQ(verdicts.board()->read(0).ttl_s, 0);
}

// ------------------------------------------------------------------------------------------------------ the rest of it

TEST(Verdicts, AClockThatWasSetBackHoldsNobodyDown) {
  Plan plan = plan_of_some(1);
  plan.services[0].failback.hold_down = 30s;
  Verdicts before(plan, {}, kNow + 24h);
  before.record(0, failure("HTTP 503"), kNow + 24h);
  before.record(0, success("HTTP 200"), kNow + 24h);
  before.record(0, success("HTTP 200"), kNow + 24h);
  ASSERT_EQ(before.status(kNow + 24h).instances[0].standing, Standing::held_down);

  Verdicts after(plan, before.memory(), kNow);
  EXPECT_EQ(after.status(kNow).instances[0].until, kNow + 30s);
  advance_to(after, kNow + 30s);
  EXPECT_EQ(after.board()->read(0).share, kFullShare);
}

TEST(Verdicts, ADrainLooksAgainWhenAHoldDownEnds) {
  Plan plan = plan_of_some(1);
  plan.services[0].failback.hold_down = 30s;
  Verdicts verdicts(plan, {}, kNow);
  verdicts.record(0, failure("HTTP 503"), kNow);
  verdicts.record(0, success("HTTP 200"), kNow);
  verdicts.record(0, success("HTTP 200"), kNow);
  Override word{{"here"}};
  word.over = 24h;  // in steps of more than a minute
  ASSERT_EQ(verdicts.set_override(word, true, kNow), std::nullopt);
  EXPECT_EQ(verdicts.board()->read(0).share, 0);
  EXPECT_LE(verdicts.next(), kNow + 30s);
  advance_to(verdicts, kNow + 30s);
  EXPECT_GT(verdicts.board()->read(0).share, kFullShare / 2);
}

TEST(Verdicts, AnInstanceWithoutChecksServesAndIsNotRemembered) {
  Plan plan = plan_of_some(1);
  plan.instances[0].condition.reset();
  Verdicts verdicts(plan, {}, kNow);
  verdicts.record(0, failure("HTTP 503"), kNow);
  EXPECT_EQ(verdicts.board()->read(0), Shown{});
  EXPECT_THAT(verdicts.memory().instances, IsEmpty());
}

TEST(Verdicts, OneProbeOfManyServicesSpeaksForAll) {
  constexpr std::uint32_t kServices = 1'000;
  Plan plan = plan_of_some(1);
  for (std::uint32_t i = 1; i < kServices; ++i) {
    plan.services.push_back({"other" + std::to_string(i)});
    plan.instances.push_back({i, 0, "192.0.2.1", Condition{}});
  }
  Verdicts verdicts(plan, {}, kNow);
  verdicts.record(0, failure("HTTP 503"), kNow);
  EXPECT_THAT(states(verdicts), testing::Each(State::down));
  EXPECT_THAT(verdicts.take_events(), SizeIs(kServices));
}

}  // namespace
}  // namespace rhumb::health

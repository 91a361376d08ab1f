#include "health/state_machine.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

// The rule in its plainest form: look back over the whole history.
State reference_state(const std::vector<bool>& results, const Thresholds& thresholds) {
  const auto window = static_cast<std::size_t>(thresholds.window == 0 ? thresholds.fall : thresholds.window);
  State state = State::unknown;
  std::size_t since = 0;  // the first result after the last change
  for (std::size_t end = 1; end <= results.size(); ++end) {
    int failures = 0;
    int successes = 0;  // in a row
    for (std::size_t i = since; i < end; ++i) {
      if (!results[i] && i + window >= end) ++failures;
      successes = results[i] ? successes + 1 : 0;
    }
    const State before = state;
    if (state == State::unknown) state = results[0] ? State::up : State::down;
    if (before == State::up && !results[end - 1] && failures >= thresholds.fall) state = State::down;
    if (before == State::down && successes >= thresholds.rise) state = State::up;
    if (state != before) since = end;
  }
  return state;
}

// By trying all that could come.
int fewest_results_to_change(const StateMachine& machine) {
  for (unsigned count = 1;; ++count) {
    for (unsigned bits = 0; bits < 1U << count; ++bits) {
      StateMachine tried = machine;
      for (unsigned i = 0; i < count; ++i) {
        if (tried.record((bits >> i & 1U) != 0)) return static_cast<int>(i) + 1;
      }
    }
  }
}

std::vector<Thresholds> all_thresholds() {
  std::vector<Thresholds> all;
  for (int rise = 1; rise <= 4; ++rise) {
    for (int fall = 1; fall <= 4; ++fall) {
      for (const int window : {0, fall, fall + 1, fall + 3})
        all.push_back({rise, fall, window});
    }
  }
  return all;
}

// Calls `visit(machine, results)` for every sequence of results up to this length.
template <typename Visit>
void for_each_sequence(const StateMachine& machine, std::vector<bool>& results, std::size_t length_max,
                       const Visit& visit) {
  visit(machine, results);
  if (results.size() == length_max) return;
  for (const bool success : {false, true}) {
    StateMachine next = machine;
    const auto change = next.record(success);
    EXPECT_EQ(change.has_value(), next.state() != machine.state());
    EXPECT_EQ(change.value_or(next.state()), next.state());
    results.push_back(success);
    for_each_sequence(next, results, length_max, visit);
    results.pop_back();
  }
}

template <typename Visit>
void for_all(std::size_t length_max, const Visit& visit) {
  for (const Thresholds& thresholds : all_thresholds()) {
    SCOPED_TRACE(::testing::Message() << "rise " << thresholds.rise << ", fall " << thresholds.fall << ", window "
                                      << thresholds.window);
    std::vector<bool> results;
    for_each_sequence(
        StateMachine(thresholds), results, length_max,
        [&](const StateMachine& machine, const std::vector<bool>& seen) { visit(thresholds, machine, seen); });
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(StateMachine, FollowsTheRuleForEverySequenceOfResults) {
  for_all(11, [](const Thresholds& thresholds, const StateMachine& machine, const std::vector<bool>& results) {
    EXPECT_EQ(machine.state(), reference_state(results, thresholds)) << ::testing::PrintToString(results);
  });
}

TEST(StateMachine, KnowsTheFewestResultsThatChangeTheState) {
  for_all(7, [](const Thresholds&, const StateMachine& machine, const std::vector<bool>& results) {
    EXPECT_EQ(machine.results_needed(), fewest_results_to_change(machine)) << ::testing::PrintToString(results);
  });
}

TEST(StateMachine, GoesOnFromItsMemory) {
  for_all(8, [](const Thresholds& thresholds, const StateMachine& machine, const std::vector<bool>& results) {
    StateMachine other(thresholds);
    other.restore(machine.memory());
    EXPECT_EQ(other.memory(), machine.memory());
    EXPECT_EQ(other.is_contradicted(), machine.is_contradicted()) << ::testing::PrintToString(results);
    EXPECT_EQ(other.results_needed(), machine.results_needed()) << ::testing::PrintToString(results);
    for (const bool success : {false, true}) {
      StateMachine next = machine;
      StateMachine other_next = other;
      EXPECT_EQ(next.record(success), other_next.record(success));
      EXPECT_EQ(next.memory(), other_next.memory());
    }
  });
}

// A reload may bring other thresholds: nothing turns but by a result, and the next one that can turns it.
TEST(StateMachine, GoesOnFromTheMemoryOfOtherThresholds) {
  for (const Thresholds& thresholds : all_thresholds()) {
    StateMachine up(thresholds);
    up.restore({State::up, 0b1011, 0});
    EXPECT_EQ(up.state(), State::up);
    EXPECT_EQ(up.results_needed(), fewest_results_to_change(up));
    StateMachine down(thresholds);
    down.restore({State::down, 0b1000, 3});
    EXPECT_EQ(down.state(), State::down);
    EXPECT_EQ(down.results_needed(), fewest_results_to_change(down));
  }
}

TEST(StateMachine, CountsOnFromAnyMemory) {
  for (const std::uint32_t successes : {0x7FFF'FFFFU, 0x8000'0000U, 0xFFFF'FFFFU}) {
    StateMachine machine(Thresholds{2, 3, 64});
    machine.restore({State::down, ~std::uint64_t{0}, successes});
    EXPECT_EQ(machine.results_needed(), 1);
    EXPECT_EQ(machine.record(true), State::up);
  }
}

TEST(StateMachine, LooksBackOverTheWidestWindow) {
  StateMachine machine(Thresholds{1, 2, Thresholds::kWindowMax});
  machine.record(true);
  const auto fails_again_after = [&](int successes) {
    machine.record(false);
    for (int i = 0; i < successes; ++i)
      machine.record(true);
    return machine.record(false).has_value();
  };
  EXPECT_TRUE(fails_again_after(Thresholds::kWindowMax - 2));
  machine.record(true);
  EXPECT_FALSE(fails_again_after(Thresholds::kWindowMax - 1));
}

TEST(StateMachine, ForgetsAll) {
  StateMachine machine(2, 3);
  machine.record(true);
  machine.record(false);
  machine.forget();
  EXPECT_EQ(machine.memory(), StateMachine::Memory{});
  EXPECT_EQ(machine.record(false), State::down) << "the first result decides";
}

TEST(StateMachine, IsUnknownBeforeTheFirstResult) {
  EXPECT_EQ(StateMachine(2, 3).state(), State::unknown);
}

TEST(StateMachine, TheFirstResultDecidesAtOnce) {
  EXPECT_EQ(StateMachine(5, 5).record(true), State::up);
  EXPECT_EQ(StateMachine(5, 5).record(false), State::down);
}

TEST(StateMachine, OneOddResultStartsTheCountAgain) {
  StateMachine machine(2, 3);
  machine.record(true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(machine.record(false));
    EXPECT_FALSE(machine.record(false));
    EXPECT_FALSE(machine.record(true));
  }
  EXPECT_FALSE(machine.record(false));
  EXPECT_FALSE(machine.record(false));
  EXPECT_EQ(machine.record(false), State::down);
}

TEST(State, HasWordsForPeople) {
  EXPECT_EQ(to_text(State::unknown), "unknown");
  EXPECT_EQ(to_text(State::up), "up");
  EXPECT_EQ(to_text(State::down), "down");
}

TEST(StateMachine, IsContradictedWhileAVerdictIsPending) {
  StateMachine machine(2, 2);
  EXPECT_FALSE(machine.is_contradicted());
  for (const auto& [success, is_contradicted] : {std::pair(true, false),
                                                 {true, false},
                                                 {false, true},
                                                 {true, false},
                                                 {false, true},
                                                 {false, false},
                                                 {true, true}}) {
    machine.record(success);
    EXPECT_EQ(machine.is_contradicted(), is_contradicted);
  }
}

}  // namespace
}  // namespace rhumb::health

#include "health/state_machine.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

// The rule in its plainest form: look back over the whole history after each result.
State reference_state(const std::vector<bool>& results, int rise, int fall) {
  if (results.empty()) return State::unknown;
  State state = results[0] ? State::up : State::down;
  int row = 0;  // of equal results up to here, since the last change
  for (std::size_t i = 0; i < results.size(); ++i) {
    const bool continues = i > 0 && results[i] == results[i - 1];
    row = continues ? row + 1 : 1;
    if (state == State::up && !results[i] && row >= fall) state = State::down;
    if (state == State::down && results[i] && row >= rise) state = State::up;
  }
  return state;
}

// Every sequence of results up to this length, for every rise and fall up to kThresholdMax.
constexpr unsigned kLengthMax = 11;
constexpr int kThresholdMax = 5;

std::vector<bool> sequence(unsigned bits, unsigned length) {
  std::vector<bool> results;
  for (unsigned i = 0; i < length; ++i)
    results.push_back((bits >> i & 1U) != 0);
  return results;
}

void expect_as_reference(const std::vector<bool>& results, int rise, int fall) {
  StateMachine machine(rise, fall);
  std::vector<bool> seen;
  for (const bool result : results) {
    const State before = machine.state();
    seen.push_back(result);
    const State expected = reference_state(seen, rise, fall);
    const auto change = machine.record(result);
    ASSERT_EQ(machine.state(), expected);
    ASSERT_EQ(change.has_value(), before != expected);
    if (change) {
      ASSERT_EQ(*change, expected);
    }
  }
}

TEST(StateMachine, FollowsTheRuleForEverySequenceOfResults) {
  for (int rise = 1; rise <= kThresholdMax; ++rise) {
    for (int fall = 1; fall <= kThresholdMax; ++fall) {
      for (unsigned bits = 0; bits < 1U << kLengthMax; ++bits) {
        SCOPED_TRACE(::testing::Message() << "rise " << rise << ", fall " << fall << ", results " << bits);
        expect_as_reference(sequence(bits, kLengthMax), rise, fall);
        if (HasFatalFailure()) return;
      }
    }
  }
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

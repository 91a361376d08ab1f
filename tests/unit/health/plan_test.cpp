#include "health/plan.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using Kind = Condition::Kind;

constexpr std::uint32_t kProbes = 3;
constexpr std::array kStates{State::unknown, State::up, State::down};
using States = std::array<State, kProbes>;

Condition probe(std::uint32_t number) {
  return {Kind::probe, number};
}

Condition at_least(std::uint32_t count, std::vector<Condition> parts) {
  return {Kind::at_least, 0, count, std::move(parts)};
}

Condition inverted(Condition part) {
  return {Kind::invert, 0, 0, {std::move(part)}};
}

// With only up and down.
bool is_up(const Condition& condition, const States& states) {
  switch (condition.kind) {
    case Kind::probe:
      return states[condition.probe] == State::up;
    case Kind::invert:
      return !is_up(condition.parts[0], states);
    case Kind::at_least:
      break;
  }
  return std::ranges::count_if(condition.parts, [&](const Condition& part) { return is_up(part, states); }) >=
         condition.at_least;
}

// By the definition: up if it would be, whatever the probes without an opinion came to be, each of its own; likewise
// down. Right for expressions in which each probe stands once.
State by_definition(const Condition& condition, const States& states) {
  bool can_be_up = false;
  bool can_be_down = false;
  for (unsigned guess = 0; guess < 1U << kProbes; ++guess) {
    States guessed = states;
    for (std::uint32_t i = 0; i < kProbes; ++i) {
      if (states[i] == State::unknown) guessed[i] = (guess >> i & 1U) != 0 ? State::up : State::down;
    }
    (is_up(condition, guessed) ? can_be_up : can_be_down) = true;
  }
  return can_be_up && can_be_down ? State::unknown : can_be_up ? State::up : State::down;
}

// All expressions over the probes of `set`, each once.
std::vector<Condition> expressions(std::vector<std::uint32_t> set) {
  std::vector<Condition> result;
  if (set.size() == 1) {
    result = {probe(set[0]), inverted(probe(set[0])), inverted(inverted(probe(set[0]))), at_least(1, {probe(set[0])})};
    return result;
  }
  std::vector<Condition> flat;
  for (const std::uint32_t number : set)
    flat.push_back(probe(number));
  for (std::uint32_t count = 1; count <= set.size(); ++count)
    result.push_back(at_least(count, flat));
  // Each way to split them in two.
  for (unsigned left = 1; left + 1 < 1U << set.size(); ++left) {
    std::vector<std::uint32_t> a;
    std::vector<std::uint32_t> b;
    for (std::size_t i = 0; i < set.size(); ++i)
      ((left >> i & 1U) != 0 ? a : b).push_back(set[i]);
    for (const Condition& first : expressions(a)) {
      for (const Condition& second : expressions(b)) {
        for (std::uint32_t count = 1; count <= 2; ++count) {
          result.push_back(at_least(count, {first, second}));
          if (set.size() < kProbes) result.push_back(inverted(at_least(count, {first, second})));
        }
      }
    }
  }
  return result;
}

TEST(Condition, IsWhatItWouldBeWhateverTheUnknownCameToBe) {
  const std::vector<Condition> all = expressions({0, 1, 2});
  ASSERT_GT(all.size(), 1'000U);
  for (const State a : kStates) {
    for (const State b : kStates) {
      for (const State c : kStates) {
        const States states{a, b, c};
        for (const Condition& condition : all) {
          ASSERT_EQ(evaluate(condition, [&](std::uint32_t i) { return states[i]; }), by_definition(condition, states));
        }
      }
    }
  }
}

// Its parts have no opinion, and that is all it looks at.
TEST(Condition, OfOneUnknownProbeTwiceHasNoOpinion) {
  const Condition condition = at_least(1, {probe(0), inverted(probe(0))});
  EXPECT_EQ(evaluate(condition, [](std::uint32_t) { return State::unknown; }), State::unknown);
  EXPECT_EQ(evaluate(condition, [](std::uint32_t) { return State::down; }), State::up);
}

}  // namespace
}  // namespace rhumb::health

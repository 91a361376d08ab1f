#include "config/calculated_check.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using health::Condition;
using health::State;
using testing::HasSubstr;

constexpr std::chrono::sys_days kToday = std::chrono::year(2026) / 11 / 25;

struct Read {
  std::vector<NamedCheck> checks;
  std::string error;  // the first
};

// With checks "a", "b" and "c" that probe, and these.
Read read(const std::string& calculated) {
  const test::TemporaryDirectory directory;
  Problems problems;
  const auto config =
      load_config(directory.write("rhumb.json", R"({"listen": ["127.0.0.1:5300"], "zones": ".", "checks": {
        "a": {"type": "tcp", "port": 1}, "b": {"type": "tcp", "port": 2}, "c": {"type": "tcp", "port": 3},)" +
                                                    calculated + "}}"),
                  problems, kToday);
  const Problem* error = problems.first_error();
  return {config ? config->checks : std::vector<NamedCheck>(), error == nullptr ? "" : error->to_string()};
}

// Of the check that was read last, when a, b and c are these.
State state_of(const std::string& calculated, std::vector<State> states) {
  const Read result = read(calculated);
  EXPECT_EQ(result.error, "");
  if (result.checks.empty()) return State::unknown;
  return health::evaluate(result.checks.back().condition, [&](std::uint32_t check) { return states.at(check); });
}

constexpr State kUp = State::up;
constexpr State kDown = State::down;
constexpr State kUnknown = State::unknown;

TEST(CalculatedCheck, AllAreUp) {
  const std::string all = R"("x": {"type": "calculated", "all": ["a", "b"]})";
  EXPECT_EQ(state_of(all, {kUp, kUp, kDown}), kUp);
  EXPECT_EQ(state_of(all, {kUp, kDown, kUp}), kDown);
  EXPECT_EQ(state_of(all, {kUp, kUnknown, kUp}), kUnknown);
}

TEST(CalculatedCheck, AnyIsUp) {
  const std::string any = R"("x": {"type": "calculated", "any": ["a", "b"]})";
  EXPECT_EQ(state_of(any, {kDown, kUp, kDown}), kUp);
  EXPECT_EQ(state_of(any, {kDown, kDown, kUp}), kDown);
  EXPECT_EQ(state_of(any, {kDown, kUnknown, kUp}), kUnknown);
}

TEST(CalculatedCheck, SoManyAreUp) {
  const std::string most = R"("x": {"type": "calculated", "at_least": 2, "of": ["a", "b", "c"]})";
  EXPECT_EQ(state_of(most, {kDown, kUp, kUp}), kUp);
  EXPECT_EQ(state_of(most, {kDown, kUp, kDown}), kDown);
  EXPECT_EQ(state_of(most, {kDown, kUp, kUnknown}), kUnknown);
}

TEST(CalculatedCheck, NotIsTheOpposite) {
  const std::string inverted = R"("x": {"type": "calculated", "not": "a"})";
  EXPECT_EQ(state_of(inverted, {kDown, kUp, kUp}), kUp);
  EXPECT_EQ(state_of(inverted, {kUp, kUp, kUp}), kDown);
  EXPECT_EQ(state_of(inverted, {kUnknown, kUp, kUp}), kUnknown);
}

TEST(CalculatedCheck, AGateMustBeUpBesides) {
  const std::string gated = R"("x": {"type": "calculated", "any": ["a", "b"], "gate": "c"})";
  EXPECT_EQ(state_of(gated, {kUp, kDown, kUp}), kUp);
  EXPECT_EQ(state_of(gated, {kUp, kUp, kDown}), kDown);
}

TEST(CalculatedCheck, MayBePartOfAnotherWhateverTheirOrder) {
  const std::string nested = R"("x": {"type": "calculated", "all": ["a", "y"]},
                                "y": {"type": "calculated", "any": ["b", "z"]},
                                "z": {"type": "calculated", "all": ["c"]},
                                "last": {"type": "calculated", "all": ["x"]})";
  EXPECT_EQ(state_of(nested, {kUp, kDown, kUp}), kUp);
  EXPECT_EQ(state_of(nested, {kUp, kDown, kDown}), kDown);
}

TEST(CalculatedCheck, RefusesWhatHasNoSense) {
  const auto error = [](const std::string& members) {
    return read(R"("x": {"type": "calculated", )" + members + "}").error;
  };
  EXPECT_THAT(error(R"("all": ["a", "oops"])"), HasSubstr("/checks/x/all/1: \"oops\" is not a check"));
  EXPECT_THAT(error(R"("all": [])"), HasSubstr("/checks/x/all: must name at least one check"));
  EXPECT_THAT(error(R"("all": ["a"], "any": ["b"])"), HasSubstr("/checks/x: must have one of"));
  EXPECT_THAT(error(R"("gate": "a")"), HasSubstr("/checks/x: must have one of"));
  EXPECT_THAT(error(R"("of": ["a"])"), HasSubstr("/checks/x: must have one of"));
  EXPECT_THAT(error(R"("at_least": 3, "of": ["a", "b"])"), HasSubstr("/checks/x/at_least: "));
  EXPECT_THAT(error(R"("all": ["a"], "port": 80)"), HasSubstr("/checks/x/port"));
}

TEST(CalculatedCheck, IsNotCalculatedFromItself) {
  EXPECT_THAT(read(R"("x": {"type": "calculated", "not": "x"})").error,
              HasSubstr("/checks/x: is calculated from itself: x → x"));
  EXPECT_THAT(read(R"("x": {"type": "calculated", "all": ["y"]}, "y": {"type": "calculated", "all": ["x"]})").error,
              HasSubstr("/checks/x: is calculated from itself: x → y → x"));
}

TEST(CalculatedCheck, DoesNotGrowWithoutLimit) {
  std::string checks = R"("n0": {"type": "calculated", "all": ["a", "a"]})";
  for (int i = 1; i < 40; ++i)
    checks += fmt::format(R"(, "n{}": {{"type": "calculated", "all": ["n{}", "n{}"]}})", i, i - 1, i - 1);
  EXPECT_THAT(read(checks).error, HasSubstr("is calculated from more than 256 checks"));
}

}  // namespace
}  // namespace rhumb::config

#include "health/failback.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{1'000'000s};

enum class Act : std::uint8_t { nothing, down, up, resume };
constexpr std::array kActs{Act::nothing, Act::down, Act::up, Act::resume};

// What is done every kGrid, and what comes of it in plain steps of a millisecond.
constexpr int kGrid = 7;
constexpr int kSlots = 5;
constexpr int kEnd = 80;
using History = std::array<Act, kSlots>;

class Reference {
 public:
  explicit Reference(const FailbackSettings& settings) : settings_(settings) {}

  void act(Act act) {
    if (act == Act::down && !is_down_) {
      is_down_ = was_down_ = true;
      const FlapDamping& damping = settings_.damping;
      if (damping.suppress > 0) {
        const double ceiling =
            damping.reuse * std::pow(2.0, static_cast<double>(damping.suppressed_at_most / 1ms) / half_life());
        penalty_ = std::min(penalty_ + 1, ceiling);
        is_suppressed_ = is_suppressed_ || penalty_ >= damping.suppress;
      }
    }
    if (act == Act::up && is_down_) {
      is_down_ = false;
      up_for_ = 0;
      served_for_.reset();
    }
    if (act == Act::resume && was_down_ && !is_down_ && !served_for_) {
      is_suppressed_ = false;
      served_for_ = 0;
    }
    look();
  }

  void pass_a_millisecond() {
    penalty_ *= std::pow(2.0, -1 / half_life());
    if (penalty_ <= settings_.damping.reuse) is_suppressed_ = false;
    ++up_for_;
    if (served_for_) ++*served_for_;
    look();
  }

  [[nodiscard]] Standing standing() const {
    if (is_down_) return Standing::down;
    if (!was_down_) return Standing::serving;
    if (served_for_) return *served_for_ < settings_.slow_start / 1ms ? Standing::ramping : Standing::serving;
    if (settings_.is_manual) return Standing::awaits_word;
    const double damped_for =
        is_suppressed_ ? std::ceil(half_life() * std::log2(penalty_ / settings_.damping.reuse) - 1e-6) : 0;
    return damped_for > static_cast<double>(settings_.hold_down / 1ms - up_for_) ? Standing::damped
                                                                                 : Standing::held_down;
  }

  [[nodiscard]] double share() const {
    const Standing now = standing();
    if (now == Standing::serving) return 1;
    if (now != Standing::ramping) return 0;
    return std::max(Failback::kFirstShare,
                    static_cast<double>(*served_for_) / static_cast<double>(settings_.slow_start / 1ms));
  }

 private:
  [[nodiscard]] double half_life() const {
    return static_cast<double>(std::max<Duration>(settings_.damping.half_life, 1ms) / 1ms);
  }
  void look() {
    if (is_down_ || !was_down_ || served_for_ || settings_.is_manual || is_suppressed_) return;
    if (up_for_ >= settings_.hold_down / 1ms) served_for_ = 0;
  }

  FailbackSettings settings_;
  bool is_down_ = false;
  bool was_down_ = false;
  bool is_suppressed_ = false;
  double penalty_ = 0;
  std::int64_t up_for_ = 0;
  std::optional<std::int64_t> served_for_;
};

std::vector<FailbackSettings> all_settings() {
  std::vector<FailbackSettings> all;
  for (const Duration hold_down : {0ms, 10ms}) {
    for (const Duration slow_start : {0ms, 16ms}) {
      for (const bool is_manual : {false, true}) {
        for (const FlapDamping& damping : {FlapDamping{}, FlapDamping{1.4, 0.45, 11ms, 30ms}})
          all.push_back({hold_down, slow_start, is_manual, damping});
      }
    }
  }
  return all;
}

std::string in_words(const FailbackSettings& settings, const History& history) {
  std::string text = settings.is_manual ? "manual, " : "";
  text += "hold-down " + std::to_string(settings.hold_down.count()) + ", slow start " +
          std::to_string(settings.slow_start.count()) + (settings.damping.suppress > 0 ? ", damping" : "") + ":";
  for (const Act act : history)
    text += std::string(" ") + "-dur"[static_cast<std::size_t>(act)];
  return text;
}

// That the standing is the same until then, and not for longer.
void expect_until_is_exact(const Failback& failback, const FailbackSettings& settings, Time now) {
  const Failback::Verdict verdict = failback.at(now, settings);
  if (verdict.until == kNever) {
    ASSERT_EQ(failback.at(now + 24h, settings).standing, verdict.standing);
    return;
  }
  ASSERT_GT(verdict.until, now);
  ASSERT_EQ(failback.at(verdict.until - 1ms, settings).standing, verdict.standing);
  ASSERT_NE(failback.at(verdict.until, settings).standing, verdict.standing);
}

void expect_as_reference(const FailbackSettings& settings, const History& history) {
  Failback failback;
  Reference reference(settings);
  for (int ms = 0; ms < kEnd; ++ms) {
    const Time now = kStart + Duration(ms);
    if (ms % kGrid == 0 && ms / kGrid < kSlots) {
      const Act act = history[static_cast<std::size_t>(ms / kGrid)];
      if (act == Act::down) failback.turn(State::down, now, settings);
      if (act == Act::up) failback.turn(State::up, now, settings);
      if (act == Act::resume && failback.at(now, settings).share == 0) failback.resume(now);
      reference.act(act);
      Failback other;
      other.restore(failback.memory(), now);
      ASSERT_EQ(other.memory(), failback.memory());
      ASSERT_NO_FATAL_FAILURE(expect_until_is_exact(failback, settings, now)) << in_words(settings, history) << ms;
    }
    const Failback::Verdict verdict = failback.at(now, settings);
    ASSERT_EQ(verdict.standing, reference.standing()) << in_words(settings, history) << " at " << ms;
    ASSERT_NEAR(verdict.share, reference.share(), 1e-9) << in_words(settings, history) << " at " << ms;
    reference.pass_a_millisecond();
  }
}

TEST(Failback, FollowsTheRulesForEveryOrderOfEvents) {
  for (const FailbackSettings& settings : all_settings()) {
    for (unsigned code = 0; code < 1U << (2 * kSlots); ++code) {
      History history;
      for (unsigned i = 0; i < kSlots; ++i)
        history[i] = kActs[code >> (2 * i) & 3U];
      expect_as_reference(settings, history);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(Failback, AnInstanceThatNeverWasDownServesAtOnce) {
  const FailbackSettings settings{1h, 1h, true, {2, 0.75, 1h, 4h}};
  Failback failback;
  failback.turn(State::up, kStart, settings);
  failback.resume(kStart);
  EXPECT_EQ(failback.at(kStart, settings).standing, Standing::serving);
  EXPECT_EQ(failback.memory(), Failback::Memory{});
}

TEST(Failback, WhatIsUnknownCountsAsUp) {
  const FailbackSettings settings{10s};
  Failback failback;
  failback.turn(State::down, kStart, settings);
  failback.turn(State::unknown, kStart + 1s, settings);
  failback.turn(State::up, kStart + 5s, settings);
  EXPECT_EQ(failback.at(kStart + 5s, settings).until, kStart + 11s);
}

TEST(Failback, ASlowStartGrowsEvenlyFromTheFirstShare) {
  const FailbackSettings settings{0s, 1000s};
  Failback failback;
  failback.turn(State::down, kStart, settings);
  failback.turn(State::up, kStart, settings);
  double before = 0;
  for (int s = 0; s < 1000; ++s) {
    const Failback::Verdict verdict = failback.at(kStart + s * 1s, settings);
    EXPECT_EQ(verdict.standing, Standing::ramping);
    EXPECT_GE(verdict.share, before);
    EXPECT_DOUBLE_EQ(verdict.share, std::max(Failback::kFirstShare, s / 1000.0));
    before = verdict.share;
  }
  EXPECT_EQ(failback.at(kStart + 1000s, settings).share, 1);
}

// RFC 2439 §4.2, with its figures: 1000 a flap, 2000, 750.
TEST(Failback, FlapsAreDampedAsRoutesAre) {
  const FlapDamping damping{2, 0.75, 15min, 60min};
  const FailbackSettings settings{0s, 0s, false, damping};
  Failback failback;
  const auto flap = [&](Time at) {
    failback.turn(State::down, at, settings);
    failback.turn(State::up, at, settings);
    return failback.at(at, settings);
  };
  EXPECT_EQ(flap(kStart).standing, Standing::serving);
  EXPECT_EQ(failback.penalty(kStart + 15min, damping), 0.5) << "half of it is left after the half-life";
  EXPECT_EQ(flap(kStart + 15min).standing, Standing::serving) << "1.5 flaps";
  const Time third = kStart + 30min;
  const Failback::Verdict damped = flap(third);
  EXPECT_EQ(failback.penalty(third, damping), 1.75);
  EXPECT_EQ(damped.standing, Standing::serving);
  const Failback::Verdict fourth = flap(third + 1min);
  EXPECT_EQ(fourth.standing, Standing::damped);
  EXPECT_LE(failback.penalty(fourth.until, damping), damping.reuse);
  EXPECT_GT(failback.penalty(fourth.until - 1s, damping), damping.reuse);
}

TEST(Failback, IsDampedForTheCeilingAtMostHoweverOftenItFlaps) {
  const FlapDamping damping{2, 0.75, 15min, 60min};
  const FailbackSettings settings{0s, 0s, false, damping};
  Failback failback;
  Time now = kStart;
  for (int i = 0; i < 1000; ++i, now += 1s) {
    failback.turn(State::down, now, settings);
    failback.turn(State::up, now, settings);
  }
  const Time last = now - 1s;
  EXPECT_EQ(failback.at(last, settings).until, last + 60min);
}

TEST(Failback, ADampedOneStaysDampedBetweenReuseAndSuppress) {
  const FlapDamping damping{2, 0.5, 10s, 100s};
  const FailbackSettings settings{0s, 0s, false, damping};
  Failback failback;
  for (int i = 0; i < 2; ++i) {
    failback.turn(State::down, kStart, settings);
    failback.turn(State::up, kStart, settings);
  }
  EXPECT_EQ(failback.at(kStart, settings).until, kStart + 20s) << "two half-lives from 2 to 0.5";
  EXPECT_LT(failback.penalty(kStart + 19s, damping), damping.suppress);
  EXPECT_EQ(failback.at(kStart + 19s, settings).standing, Standing::damped);
}

// A server whose clock was set back must not hold an instance down for as long.
TEST(Failback, WhatLiesInTheFutureCountsAsNow) {
  const FailbackSettings settings{10s, 0s, false, {2, 0.5, 10s, 100s}};
  Failback::Memory memory;
  memory.recovered_at = memory.suppressed_at = memory.penalty_at = kStart + 24h;
  memory.penalty = 1;
  Failback failback;
  failback.restore(memory, kStart);
  EXPECT_LE(failback.penalty(kStart, settings.damping), 1);
  EXPECT_EQ(failback.at(kStart, settings).until, kStart + 10s);
  memory.resumed_at = kStart + 24h;
  failback.restore(memory, kStart);
  EXPECT_EQ(failback.at(kStart, settings).standing, Standing::serving);
}

}  // namespace
}  // namespace rhumb::health

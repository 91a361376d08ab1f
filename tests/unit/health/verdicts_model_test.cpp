// The engine against a plain model of its rules, over random plans, results, words of operators, times and reloads.
//
// The model knows nothing of what is due and what a result can change: it works out everything anew whenever it is
// asked. It shares with the engine the leaves that have exhaustive tests of their own: failback, load shedding, safety
// rules, conditions.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "health/service_safety.hpp"
#include "health/state_file.hpp"
#include "health/verdicts.hpp"
#include "support/long_run.hpp"

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{1'000'000s};

template <typename T, std::size_t N>
T one_of(const T (&values)[N], Random& random) {
  return values[random.below(N)];
}

bool has_chance(int percent, Random& random) {
  return random.below(100) < static_cast<std::uint32_t>(percent);
}

// ------------------------------------------------------------------------------------------------------ random plans

constexpr std::uint32_t kProbesMax = 9;
constexpr std::uint32_t kCanaries = 2;  // the last ones, if there are some

Target random_probe(std::uint32_t number, Random& random) {
  Target target;
  target.check_name = "check" + std::to_string(number);
  target.address = IpAddress::v4(0xC0000200U + number);
  target.check.interval_ms = one_of({1'000U, 5'000U, 10'000U}, random);
  target.check.fast_interval_ms = one_of({0U, 500U, 700U}, random);
  target.check.rise = one_of({1, 2, 3}, random);
  target.check.fall = one_of({1, 2, 3}, random);
  target.check.window = has_chance(60, random) ? 0 : target.check.fall + one_of({0, 1, 3}, random);
  return target;
}

Condition random_condition(std::uint32_t probes, int depth, Random& random) {
  if (depth == 0 || has_chance(50, random)) return {Condition::Kind::probe, random.below(probes)};
  if (has_chance(20, random)) return {Condition::Kind::invert, 0, 0, {random_condition(probes, depth - 1, random)}};
  Condition condition{Condition::Kind::at_least};
  for (std::uint32_t i = random.below(3) + 1; i > 0; --i)
    condition.parts.push_back(random_condition(probes, depth - 1, random));
  condition.at_least = random.below(static_cast<std::uint32_t>(condition.parts.size())) + 1;
  return condition;
}

ServicePlan random_service(std::uint32_t number, Random& random) {
  ServicePlan service{"service" + std::to_string(number)};
  service.panic_percent = one_of({0, 0, 34, 50}, random);
  service.regions_min = one_of({0U, 0U, 1U, 2U}, random);
  service.failback.hold_down = one_of({0s, 0s, 5s, 30s}, random);
  service.failback.slow_start = one_of({0s, 0s, 20s, 90s}, random);
  service.failback.is_manual = has_chance(15, random);
  if (has_chance(40, random)) service.failback.damping = {2, 0.75, 20s, 60s};
  if (has_chance(40, random)) service.load = {0.6, 0.9};
  return service;
}

// Of the same names each time, so that a later plan is one of an earlier one's things.
Plan random_plan(Random& random) {
  Plan plan;
  plan.regions = {"eu", "us", "ap"};
  const std::uint32_t probes = random.below(kProbesMax - kCanaries) + 1;
  const std::uint32_t first = random.below(2);
  for (std::uint32_t i = 0; i < probes; ++i)
    plan.probes.push_back(random_probe(first + i, random));
  if (has_chance(40, random)) {
    for (std::uint32_t i = 0; i < kCanaries; ++i) {
      plan.canaries.push_back(static_cast<std::uint32_t>(plan.probes.size()));
      plan.probes.push_back(random_probe(100 + i, random));
    }
  }
  for (std::uint32_t s = 0, services = random.below(4) + 1; s < services; ++s) {
    plan.services.push_back(random_service(s, random));
    for (std::uint32_t i = 0, count = random.below(4) + 1; i < count; ++i) {
      InstancePlan instance{s, random.below(3), "192.0.2." + std::to_string(i)};
      if (has_chance(90, random)) instance.condition = random_condition(probes, 2, random);
      plan.instances.push_back(std::move(instance));
    }
  }
  plan.guard = {one_of({0, 30, 50}, random), one_of({2s, 10s}, random), one_of({10s, 60s}, random)};
  return plan;
}

// --------------------------------------------------------------------------------------------------------- the model

class Model {
 public:
  Model(Plan plan, Time now) : plan_(std::move(plan)) { start(now); }

  void reload(Plan plan, bool is_restart, Time now) {
    std::map<std::string, Probe> probes;
    for (std::size_t i = 0; i < probes_.size(); ++i) {
      Probe probe = probes_[i];
      if (probe.state == State::unknown) continue;
      if (is_held(i)) take_back(probe);  // it has to be shown again
      probe.shown = probe.state;
      probe.fallen_at.reset();
      probe.load.reset();
      probe.is_heard = false;
      probe.is_stale = probe.is_stale || is_restart;
      probes[memory_key(plan_.probes[i])] = probe;
    }
    std::map<std::string, Instance> instances;
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      if (plan_.instances[i].condition) instances[name_of(i)] = instances_[i];
    }
    plan_ = std::move(plan);
    probes_.clear();
    instances_.clear();
    is_guarded_ = is_spent_ = false;
    for (const Target& target : plan_.probes)
      probes_.push_back(probes[memory_key(target)]);
    for (std::size_t i = 0; i < plan_.instances.size(); ++i) {
      instances_.push_back(plan_.instances[i].condition ? instances[name_of(i)] : Instance{});
      if (service_of(i).load.high <= 0) instances_.back().shedding = {};
    }
    settle(now);
  }

  void record(std::uint32_t number, const Outcome& outcome, Time now) {
    if (outcome.kind == Outcome::Kind::inconclusive) return;
    Probe& probe = probes_[number];
    const bool had_load = probe.load.has_value();
    probe.is_heard = true;
    probe.is_stale = false;
    if (outcome.kind != Outcome::Kind::failure) probe.load = outcome.load;
    const State before = probe.state;
    if (outcome.kind == Outcome::Kind::no_opinion) {
      probe.state = State::unknown;
      probe.results.clear();
    } else {
      probe.results.push_back(outcome.kind == Outcome::Kind::success);
      probe.state = next_state(number);
      if (probe.state != before) probe.results.clear();
    }
    if (probe.state != before) {
      probe.fallen_at.reset();
      if (probe.state == State::down && !is_canary(number)) {
        probe.fallen_at = now;
        probe.before = probe.shown;
        probe.is_doubted = is_guarded_;
      }
      look_at_guard(now);
    }
    show(now);
    report_loads(number, outcome.kind != Outcome::Kind::failure && (had_load || probe.load));
    settle(now);
  }

  void advance(Time now) {
    std::erase_if(overrides_, [&](const Override& word) { return word.until && *word.until <= now; });
    look_at_guard(now);
    show(now);
    settle(now);
  }

  [[nodiscard]] bool set_override(Override word, bool force, Time now) {
    if (!force && word.action != Override::Action::force_up && would_lose_too_much(word, now)) return false;
    std::erase_if(overrides_, [&](const Override& other) { return other.scope == word.scope; });
    word.since = now;
    overrides_.push_back(word);
    settle(now);
    return true;
  }

  [[nodiscard]] bool clear_override(const Scope& scope, Time now) {
    const bool was_there = std::erase_if(overrides_, [&](const Override& word) { return word.scope == scope; }) > 0;
    settle(now);
    return was_there;
  }

  [[nodiscard]] bool resume(const Scope& scope, Time now) {
    bool has_waited = false;
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      const Standing standing = instances_[i].failback.at(now, service_of(i).failback).standing;
      const bool is_waiting =
          standing == Standing::held_down || standing == Standing::damped || standing == Standing::awaits_word;
      if (!is_in(scope, i) || !is_waiting) continue;
      instances_[i].failback.resume(now);
      has_waited = true;
    }
    settle(now);
    return has_waited;
  }

  [[nodiscard]] bool is_in(const Scope& scope, std::size_t i) const {
    return scope.region == plan_.regions[plan_.instances[i].region] &&
           (scope.service.empty() || scope.service == service_of(i).name) &&
           (scope.instance.empty() || scope.instance == plan_.instances[i].shown);
  }

  // What one instance comes to at a moment.
  struct Result {
    Judged judged;
    Time until = kNever;
  };
  [[nodiscard]] std::vector<Result> results(Time now) const {
    std::vector<Result> results;
    for (std::size_t first = 0; first < instances_.size();) {
      std::vector<Judged> judged;
      std::size_t end = first;
      for (; end < instances_.size() && plan_.instances[end].service == plan_.instances[first].service; ++end) {
        results.push_back(judge(end, now));
        judged.push_back(results.back().judged);
      }
      apply_safety(service_of(first), judged);
      for (; first < end; ++first)
        results[first].judged = judged[judged.size() - (end - first)];
    }
    return results;
  }

  // How soon results could change it; nothing: never.
  [[nodiscard]] std::optional<Duration> time_to_change(std::size_t i) const {
    std::optional<Duration> least;
    const auto look_at = [&](std::uint32_t number, const auto&) {
      const Check& check = plan_.probes[number].check;
      const auto hurried = Duration(check.fast_interval_ms > 0 ? check.fast_interval_ms : check.interval_ms);
      Duration time{0};
      if (!is_held(number)) {
        const Probe& probe = probes_[number];
        const bool is_contradicted = !probe.results.empty() && probe.results.back() != (probe.state == State::up);
        time = (results_needed(number) - 1) * hurried + (is_contradicted ? hurried : Duration(check.interval_ms));
      }
      least = std::min(least.value_or(Duration::max()), time);
    };
    if (plan_.instances[i].condition) for_each_probe(*plan_.instances[i].condition, look_at);
    return least;
  }

  [[nodiscard]] bool is_guarded() const { return is_guarded_; }
  [[nodiscard]] State state(std::size_t instance) const { return instances_[instance].state; }
  [[nodiscard]] Time since(std::size_t instance) const { return instances_[instance].since; }
  [[nodiscard]] State shown(std::size_t probe) const { return probes_[probe].shown; }
  [[nodiscard]] bool is_stale(std::size_t probe) const { return probes_[probe].is_stale; }
  [[nodiscard]] bool is_held(std::size_t number) const {
    return is_guarded_ && probes_[number].is_doubted && probes_[number].state == State::down && !is_canary(number);
  }
  [[nodiscard]] const std::vector<Override>& overrides() const { return overrides_; }
  [[nodiscard]] int results_needed(std::size_t number) const {
    const Probe& probe = probes_[number];
    const Check& check = plan_.probes[number].check;
    if (probe.state == State::unknown) return 1;
    int needed = 1;  // of the kind that would change it
    for (std::vector<bool> results = probe.results;; ++needed) {
      results.push_back(probe.state == State::down);
      if (is_enough(probe.state, results, check)) return needed;
    }
  }

 private:
  struct Probe {
    State state = State::unknown;        // as its results say
    std::vector<bool> results = {};      // since the state changed
    State shown = State::unknown;        // what it counts as
    State before = State::unknown;       // it fell
    std::optional<Time> fallen_at = {};  // in this plan's time
    bool is_doubted = false;             // it fell while the guard was up, or lately when it rose
    bool is_heard = false;
    bool is_stale = false;
    std::optional<double> load = {};
  };
  struct Instance {
    State state = State::unknown;
    Time since = {};
    Failback failback = {};
    LoadShedding shedding = {};
  };

  void start(Time now) {
    probes_.resize(plan_.probes.size());
    instances_.resize(plan_.instances.size());
    settle(now);
  }

  [[nodiscard]] const ServicePlan& service_of(std::size_t i) const {
    return plan_.services[plan_.instances[i].service];
  }
  [[nodiscard]] std::string name_of(std::size_t i) const {
    return service_of(i).name + " " + plan_.regions[plan_.instances[i].region] + " " + plan_.instances[i].shown;
  }
  [[nodiscard]] bool is_canary(std::size_t number) const {
    return std::ranges::find(plan_.canaries, number) != plan_.canaries.end();
  }

  template <typename Visit>
  static void for_each_probe(const Condition& condition, const Visit& visit) {
    if (condition.kind == Condition::Kind::probe) visit(condition.probe, condition);
    for (const Condition& part : condition.parts)
      for_each_probe(part, visit);
  }

  static bool is_enough(State state, const std::vector<bool>& results, const Check& check) {
    const auto size = static_cast<std::ptrdiff_t>(results.size());
    if (state == State::down) {
      if (size < check.rise) return false;
      return std::all_of(results.end() - check.rise, results.end(), [](bool success) { return success; });
    }
    const int window = check.window == 0 ? check.fall : check.window;
    const auto failures = std::count(results.end() - std::min<std::ptrdiff_t>(window, size), results.end(), false);
    return !results.back() && failures >= check.fall;
  }

  [[nodiscard]] State next_state(std::size_t number) const {
    const Probe& probe = probes_[number];
    if (probe.state == State::unknown) return probe.results.back() ? State::up : State::down;
    if (!is_enough(probe.state, probe.results, plan_.probes[number].check)) return probe.state;
    return probe.state == State::up ? State::down : State::up;
  }

  static void take_back(Probe& probe) {
    probe.state = probe.before;
    probe.results.clear();
    probe.fallen_at.reset();
  }

  void look_at_guard(Time now) {
    std::size_t all = 0;
    std::size_t lately = 0;
    std::size_t doubted = 0;
    for (std::size_t i = 0; i < probes_.size(); ++i) {
      if (is_canary(i)) continue;
      ++all;
      if (is_fallen_lately(i, now)) ++lately;
      if (is_held(i)) ++doubted;
    }
    const bool are_canaries_down =
        !plan_.canaries.empty() &&
        std::ranges::all_of(plan_.canaries, [&](std::uint32_t canary) { return probes_[canary].state == State::down; });
    const auto is_over = [&](std::size_t part) {
      return plan_.guard.percent > 0 && part * 100 > all * static_cast<std::size_t>(plan_.guard.percent);
    };
    if (is_guarded_) {
      const bool has_cause = is_over(2 * doubted) || are_canaries_down;
      if (has_cause && now < guarded_since_ + plan_.guard.hold_at_most) return;
      for (std::size_t i = 0; i < probes_.size(); ++i) {
        if (!has_cause && is_held(i)) take_back(probes_[i]);  // it has to be shown again
      }
      is_guarded_ = false;
      is_spent_ = has_cause;
      return;
    }
    const bool has_cause = are_canaries_down || (lately >= 3 && is_over(lately));
    if (!has_cause) is_spent_ = false;
    if (!has_cause || is_spent_) return;
    is_guarded_ = true;
    guarded_since_ = now;
    for (std::size_t i = 0; i < probes_.size(); ++i)
      probes_[i].is_doubted = is_fallen_lately(i, now);
  }

  [[nodiscard]] bool is_fallen_lately(std::size_t i, Time now) const {
    const Probe& probe = probes_[i];
    return probe.state == State::down && probe.fallen_at && *probe.fallen_at + plan_.guard.within > now;
  }

  void show(Time) {
    for (std::size_t i = 0; i < probes_.size(); ++i)
      probes_[i].shown = is_held(i) ? probes_[i].before : probes_[i].state;
  }

  void report_loads(std::uint32_t number, bool is_told) {
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      if (!plan_.instances[i].condition || service_of(i).load.high <= 0) continue;
      bool is_asked = false;
      bool are_heard = true;
      std::optional<double> load;
      for_each_probe(*plan_.instances[i].condition, [&](std::uint32_t asked, const auto&) {
        is_asked = is_asked || asked == number;
        are_heard = are_heard && probes_[asked].is_heard;
        load = std::max(load, probes_[asked].load);
      });
      if (!is_asked) continue;
      if (load && is_told) instances_[i].shedding.report(load, service_of(i).load);
      if (!load && are_heard) instances_[i].shedding.report(load, service_of(i).load);
    }
  }

  void settle(Time now) {
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      if (!plan_.instances[i].condition) continue;
      const State state =
          evaluate(*plan_.instances[i].condition, [&](std::uint32_t probe) { return probes_[probe].shown; });
      if (state == instances_[i].state) continue;
      instances_[i].state = state;
      instances_[i].since = now;
      instances_[i].failback.turn(state, now, service_of(i).failback);
    }
  }

  [[nodiscard]] const Override* word_on(std::size_t i) const {
    const Override* found = nullptr;
    const auto narrowness = [](const Scope& scope) {
      return !scope.instance.empty() ? 2 : !scope.service.empty() ? 1 : 0;
    };
    for (const Override& word : overrides_) {
      if (is_in(word.scope, i) && (!found || narrowness(word.scope) > narrowness(found->scope))) found = &word;
    }
    return found;
  }

  [[nodiscard]] Result judge(std::size_t i, Time now) const {
    const Instance& instance = instances_[i];
    const Failback::Verdict verdict = instance.failback.at(now, service_of(i).failback);
    Result result{{plan_.instances[i].region, false, verdict.standing, verdict.share, instance.since}, verdict.until};
    Judged& judged = result.judged;
    if (instance.shedding.share() < 1 && judged.standing == Standing::serving) judged.standing = Standing::shedding;
    judged.share *= instance.shedding.share();
    const Override* word = word_on(i);
    if (word == nullptr) return result;
    judged.is_overridden = true;
    result.until = word->until.value_or(kNever);
    if (word->action == Override::Action::force_up) {
      judged.standing = Standing::forced_up;
      judged.share = 1;
    } else if (word->action == Override::Action::force_down) {
      judged.standing = Standing::forced_down;
      judged.share = 0;
    } else if (now < word->since + word->over) {
      judged.standing = Standing::draining;
      judged.share *=
          static_cast<double>((word->since + word->over - now).count()) / static_cast<double>(word->over.count());
      result.until = std::min(result.until, word->since + word->over);
    } else {
      judged.standing = Standing::drained;
      judged.share = 0;
    }
    return result;
  }

  [[nodiscard]] bool would_lose_too_much(const Override& word, Time now) const {
    const std::vector<Result> all = results(now);
    for (std::uint32_t service = 0; service < plan_.services.size(); ++service) {
      std::set<std::uint32_t> before;
      std::set<std::uint32_t> after;
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (plan_.instances[i].service != service || all[i].judged.share <= 0) continue;
        if (all[i].judged.standing == Standing::draining) continue;
        before.insert(all[i].judged.region);
        if (!is_in(word.scope, i)) after.insert(all[i].judged.region);
      }
      const std::size_t needed = std::max<std::size_t>(1, plan_.services[service].regions_min);
      if (after.size() < needed && after.size() < before.size()) return true;
    }
    return false;
  }

  Plan plan_;
  std::vector<Probe> probes_;
  std::vector<Instance> instances_;
  std::vector<Override> overrides_;
  bool is_guarded_ = false;
  bool is_spent_ = false;
  Time guarded_since_ = {};
};

// -------------------------------------------------------------------------------------------------------- comparison

bool has_no_clients(Standing standing) {
  return standing == Standing::down || standing == Standing::awaits_word || standing == Standing::drained ||
         standing == Standing::forced_down;
}

bool changes_at_any_time(Standing standing) {
  return standing == Standing::ramping || standing == Standing::draining || standing == Standing::panic ||
         standing == Standing::kept || standing == Standing::shedding;
}

// What is shown of an instance, `result` being what it comes to at `now`.
void expect_shown(const Shown& shown, const Model& model, std::size_t i, const Model::Result& result, Time now) {
  const Standing standing = result.judged.standing;
  ASSERT_EQ(shown.state, model.state(i));

  double share = result.judged.share * kFullShare;
  if (standing == Standing::held_down || standing == Standing::damped) share = kLeastShare;
  if (has_no_clients(standing)) share = 0;
  // A share that moves is shown in steps of a thousandth, or of a tenth of a second if that is longer: of 20 s.
  const bool is_moving = standing == Standing::ramping || standing == Standing::draining;
  const bool is_nobody = has_no_clients(standing) || (standing == Standing::draining && result.judged.share <= 0);
  ASSERT_NEAR(shown.share, is_nobody ? 0 : std::max(share, 1.0), is_moving ? kFullShare / 100.0 : 0.51);

  const auto left = std::chrono::floor<std::chrono::seconds>(result.until - now).count();
  std::int64_t most = Shown::kNoLimit;
  if (result.until != kNever) most = std::min<std::int64_t>(left, Shown::kNoLimit - 1);
  std::int64_t least = result.until == kNever ? most : std::max<std::int64_t>(0, std::min(most, left - 1));
  const bool is_by_word = result.judged.is_overridden;
  if (const auto time = model.time_to_change(i); time && !is_by_word) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*time).count();
    most = std::min(most, seconds);
    least = std::min(least, seconds);
  }
  if (changes_at_any_time(standing)) most = least = 0;
  ASSERT_LE(shown.ttl_s, most);
  ASSERT_GE(shown.ttl_s, least);
}

void expect_as_model(const Verdicts& verdicts, const Model& model, Time now) {
  const Status status = verdicts.status(now);
  const std::vector<Model::Result> results = model.results(now);
  ASSERT_EQ(verdicts.is_guarded(), model.is_guarded());
  ASSERT_EQ(status.overrides, model.overrides());
  ASSERT_EQ(status.probes.size(), verdicts.plan().probes.size());
  for (std::uint32_t i = 0; i < status.probes.size(); ++i) {
    const ProbeStatus& probe = status.probes[i];
    ASSERT_EQ(probe.state, model.shown(i)) << probe.check;
    ASSERT_EQ(probe.is_held, model.is_held(i)) << probe.check;
    ASSERT_EQ(probe.is_stale, model.is_stale(i)) << probe.check;
    ASSERT_EQ(probe.results_needed, model.results_needed(i)) << probe.check;
  }
  ASSERT_EQ(status.instances.size(), results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    const InstanceStatus& instance = status.instances[i];
    ASSERT_EQ(to_text(instance.standing), to_text(results[i].judged.standing)) << "instance " << i;
    ASSERT_EQ(instance.until.value_or(kNever), results[i].until) << "instance " << i;
    if (instance.state != State::unknown) {
      ASSERT_EQ(instance.since.value_or(kNever), model.since(i));
    }
    ASSERT_NO_FATAL_FAILURE(expect_shown(verdicts.board()->read(i), model, i, results[i], now)) << "instance " << i;
  }
}

// ------------------------------------------------------------------------------------------------------ random worlds

class World {
 public:
  explicit World(std::uint64_t seed)
      : random_(seed),
        verdicts_(random_plan_kept(), {}, now_),
        model_(plan_, now_),
        is_up_(kProbesMax + kCanaries, true) {}

  void step() {
    pass_time();
    if (::testing::Test::HasFatalFailure()) return;
    act();
    follow_events();
    if (::testing::Test::HasFatalFailure()) return;
    check_revision();
    expect_as_model(verdicts_, model_, now_);
  }

 private:
  Plan random_plan_kept() {
    plan_ = random_plan(random_);
    return plan_;
  }

  void pass_time() {
    const Time then = now_ + Duration(has_chance(5, random_) ? random_.below(120'000) : random_.below(1'500));
    while (verdicts_.next() <= then) {
      const Time due = verdicts_.next();
      ASSERT_GE(due, now_) << "it was due already";
      now_ = due;
      verdicts_.advance(now_);
      model_.advance(now_);
      ASSERT_GT(verdicts_.next(), now_) << "it would spin";
      follow_events();
      expect_as_model(verdicts_, model_, now_);
      if (::testing::Test::HasFatalFailure()) return;
    }
    now_ = then;
    // Nothing was due since: nothing is other than it was shown.
    expect_as_model(verdicts_, model_, now_);
  }

  void act() {
    const std::uint32_t dice = random_.below(100);
    if (dice < 80) return record();
    if (dice < 84) return set_override();
    if (dice < 88) return clear_override();
    if (dice < 93) return resume();
    if (dice < 95) return reload();
    if (dice < 97) return turn_all();
    is_up_[random_.below(static_cast<std::uint32_t>(is_up_.size()))].flip();
  }

  void turn_all() {
    const bool is_up = has_chance(50, random_);
    is_up_.assign(is_up_.size(), is_up);
  }

  void record() {
    const std::uint32_t probe = random_.below(static_cast<std::uint32_t>(plan_.probes.size()));
    Outcome outcome{Outcome::Kind::success, "HTTP 200"};
    if (is_up_[probe] == has_chance(10, random_)) outcome = {Outcome::Kind::failure, "HTTP 503"};
    if (has_chance(3, random_)) outcome.kind = Outcome::Kind::no_opinion;
    if (has_chance(3, random_)) outcome.kind = Outcome::Kind::inconclusive;
    if (probe % 2 == 0 && has_chance(95, random_)) outcome.load = random_.below(120) / 100.0;
    verdicts_.record(probe, outcome, now_);
    model_.record(probe, outcome, now_);
  }

  Scope random_scope() {
    const InstancePlan& instance = plan_.instances[random_.below(static_cast<std::uint32_t>(plan_.instances.size()))];
    Scope scope{plan_.regions[instance.region]};
    if (has_chance(60, random_)) scope.service = plan_.services[instance.service].name;
    if (!scope.service.empty() && has_chance(60, random_)) scope.instance = instance.shown;
    return scope;
  }

  void set_override() {
    Override word{random_scope(), static_cast<Override::Action>(random_.below(3))};
    if (has_chance(60, random_)) word.until = now_ + Duration(1 + random_.below(90'000));
    if (has_chance(60, random_)) word.over = one_of({20s, 40s, 60s}, random_);
    const bool force = has_chance(70, random_);
    const auto refused = verdicts_.set_override(word, force, now_);
    ASSERT_EQ(!refused, model_.set_override(word, force, now_)) << refused.value_or("");
  }

  void clear_override() {
    const Scope scope = random_scope();
    ASSERT_EQ(!verdicts_.clear_override(scope, now_), model_.clear_override(scope, now_));
  }

  void resume() {
    const Scope scope = random_scope();
    ASSERT_EQ(!verdicts_.resume(scope, now_), model_.resume(scope, now_));
  }

  void reload() {
    Memory memory = verdicts_.memory();
    const bool is_restart = has_chance(50, random_);
    if (is_restart) {
      auto decoded = decode_state(encode_state(memory));
      ASSERT_TRUE(decoded.memory) << decoded.problem;
      ASSERT_EQ(decoded.memory->instances, memory.instances);
      memory = *decoded.memory;
      for (auto& [key, probe] : memory.probes)
        probe.is_stale = true;
    }
    plan_ = random_plan(random_);
    verdicts_ = Verdicts(plan_, memory, now_);
    model_.reload(plan_, is_restart, now_);
    told_.clear();
    revision_ = std::numeric_limits<std::uint64_t>::max();  // another engine, which counts anew
    ASSERT_TRUE(verdicts_.take_events().empty()) << "what was known is told by no event";
  }

  // Each tells a change from what was told last.
  void follow_events() {
    for (const Event& event : verdicts_.take_events()) {
      ASSERT_EQ(event.at, now_);
      ASSERT_NE(event.from, event.to) << to_text(event);
      if (event.kind != Event::Kind::state) continue;
      const auto [told, is_first] = told_.try_emplace(subject(event), event.from);
      ASSERT_EQ(told->second, event.from) << to_text(event);
      told->second = event.to;
    }
  }

  // What matters of a memory: all but the texts of results, and results that leave a verdict as far away as before.
  void check_revision() {
    Memory memory = verdicts_.memory();
    for (auto& [key, probe] : memory.probes) {
      probe.evidence.clear();
      probe.machine = {probe.machine.state};
    }
    if (verdicts_.revision() == revision_) {
      ASSERT_EQ(encode_state(memory), encode_state(remembered_));
    }
    revision_ = verdicts_.revision();
    remembered_ = std::move(memory);
  }

  Random random_;
  Time now_ = kStart;
  Plan plan_;
  Verdicts verdicts_;
  Model model_;
  std::vector<bool> is_up_;
  std::map<std::string, std::string> told_;
  std::uint64_t revision_ = std::numeric_limits<std::uint64_t>::max();
  Memory remembered_;
};

TEST(VerdictsModel, TheEngineDoesWhatItsRulesSay) {
  const std::uint64_t seeds = is_long_run() ? 300 : 10;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    World world(seed);
    for (int step = 0; step < 250; ++step) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed << ", step " << step);
      world.step();
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace rhumb::health

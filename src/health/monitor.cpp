#include "health/monitor.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <exception>
#include <future>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "base/random.hpp"
#include "health/abort.hpp"
#include "health/await.hpp"
#include "health/probe.hpp"
#include "health/response_times.hpp"
#include "health/schedule.hpp"
#include "health/slots.hpp"
#include "health/verdicts.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// While verdicts are held back, probes come so many times as often.
constexpr std::uint32_t kGuardedHurry = 4;
constexpr std::uint32_t kIntervalMin = 100;  // ms

// The steady clock, told as the time of day that it was when this was made (time.hpp).
class HealthClock {
 public:
  [[nodiscard]] Time now() const { return wall_ + std::chrono::floor<Duration>(Clock::now() - steady_); }
  [[nodiscard]] Clock::time_point to_steady(Time time) const { return steady_ + (time - wall_); }
  [[nodiscard]] Time to_time(Clock::time_point steady) const {
    return wall_ + std::chrono::floor<Duration>(steady - steady_);
  }

 private:
  Clock::time_point steady_ = Clock::now();
  Time wall_ = std::chrono::floor<Duration>(std::chrono::system_clock::now());
};

// A target while it is probed. Owned by the loop and by the coroutine that probes it.
struct Watch {
  Watch(asio::io_context& context, const Target& probed) : target(probed), timer(context) {}

  const Target target;
  asio::steady_timer timer;
  Carried carried;
  ResponseTimes response_times;
  Abort* in_flight = nullptr;
  std::uint32_t number = 0;  // in the plan
  bool is_removed = false;
  std::optional<Clock::time_point> next_at = {};  // the next probe; none while one is in flight
  Clock::time_point warning_due = Clock::time_point::min();
};

// Its coroutine ends when the loop next gets to it.
void remove(Watch& watch) {
  watch.is_removed = true;
  watch.timer.cancel();
  if (watch.in_flight != nullptr) watch.in_flight->abort();
}

struct WatchOrder {
  using is_transparent = void;
  using Pointer = std::shared_ptr<Watch>;
  bool operator()(const Pointer& a, const Pointer& b) const noexcept { return ProbeOrder()(a->target, b->target); }
  bool operator()(const Pointer& a, const Target& b) const noexcept { return ProbeOrder()(a->target, b); }
  bool operator()(const Target& a, const Pointer& b) const noexcept { return ProbeOrder()(a, b->target); }
};

// Asio opens its descriptors with the first timer: here, so that the constructor throws if there are none left, and not
// replace().
asio::io_context& with_reactor(asio::io_context& context) {
  const asio::steady_timer first(context);
  return context;
}

using Watches = std::set<std::shared_ptr<Watch>, WatchOrder>;

}  // namespace

// All members belong to the thread that runs `context_`, except in the constructor and destructor.
class Monitor::Loop {
 public:
  Loop(Listeners listeners, std::uint64_t seed, Memory before, std::size_t in_flight_max)
      : listeners_(std::move(listeners)),
        random_(seed),
        slots_(in_flight_max),
        verdicts_(std::make_unique<Verdicts>(Plan{}, before, clock_.now())),
        before_(std::move(before)),
        due_timer_(with_reactor(context_)),
        stay_(context_.get_executor()),
        thread_([this] { run(); }) {}

  ~Loop() {
    asio::post(context_, [this] { stop(); });
    thread_.join();
  }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs `call` on the loop's thread, and waits for what it gives.
  template <typename Call>
  auto ask(Call call) {
    return asio::post(context_, std::packaged_task<decltype(call())()>(std::move(call))).get();
  }
  // The same for a call that changes something: `call(Verdicts&, Time)`.
  template <typename Call>
  auto change(const Call& call) {
    return ask([&] {
      auto result = call(*verdicts_, clock_.now());
      tell();
      return result;
    });
  }

  std::shared_ptr<const Board> replace(Plan plan);
  Status status();
  std::optional<std::string> report(const PushReport& report);
  Memory memory() { return memory_now(); }
  [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "rhumb-health");
    context_.run();
  }

  void stop();
  [[nodiscard]] Memory memory_now() const { return before_ ? *before_ : verdicts_->memory(); }
  std::shared_ptr<Watch> take_watch(const Target& target, Watches& before);
  void start(const std::vector<std::shared_ptr<Watch>>& added);

  asio::awaitable<void> keep_probing(std::shared_ptr<Watch> watch, Schedule schedule);
  asio::awaitable<void> await_reports(std::shared_ptr<Watch> watch);
  asio::awaitable<Outcome> probe_in_turn(Watch& watch);
  void reschedule(const Watch& watch, Schedule& schedule);

  void judge(Watch& watch, const Outcome& outcome);
  void tell();
  void wait_until_due();
  void report_trouble(const Target& target, const std::string& evidence);
  void report_warning(Watch& watch, const std::string& text);

  asio::io_context context_{1};  // first: timers and sockets must not outlive it
  HealthClock clock_;
  Listeners listeners_;
  Random random_;
  Slots slots_;
  Resources resources_;
  std::unique_ptr<Verdicts> verdicts_;
  std::optional<Memory> before_;  // until the first plan: what it will start from
  Watches watches_;
  std::vector<Watch*> by_number_;
  asio::steady_timer due_timer_;
  Time due_ = kNever;
  Clock::time_point trouble_report_due_ = Clock::time_point::min();
  std::uint64_t suppressed_troubles_ = 0;
  std::uint64_t revision_base_ = 0;  // of the verdicts before these
  std::atomic<std::uint64_t> revision_ = 0;

  asio::executor_work_guard<asio::io_context::executor_type> stay_;
  std::thread thread_;  // last: it uses all of the above
};

// run() returns when the last coroutine has ended.
void Monitor::Loop::stop() {
  for (const auto& watch : watches_)
    remove(*watch);
  due_timer_.cancel();
  stay_.reset();
}

std::shared_ptr<const Board> Monitor::Loop::replace(Plan plan) {
  revision_base_ += verdicts_->revision() + 1;
  verdicts_ = std::make_unique<Verdicts>(std::move(plan), memory_now(), clock_.now());
  before_.reset();

  Watches before = std::exchange(watches_, {});
  by_number_.clear();
  std::vector<std::shared_ptr<Watch>> added;
  const std::vector<Target>& probes = verdicts_->plan().probes;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    auto watch = take_watch(probes[i], before);
    if (!watch) {
      watch = *watches_.insert(std::make_shared<Watch>(context_, probes[i])).first;
      if (probes[i].check.type != Check::Type::none) added.push_back(watch);
    }
    watch->number = static_cast<std::uint32_t>(i);
    by_number_.push_back(watch.get());
  }
  for (const auto& watch : before)
    remove(*watch);
  start(added);
  tell();
  return verdicts_->board();
}

// The watch that probes `target` already. Null if there is none.
std::shared_ptr<Watch> Monitor::Loop::take_watch(const Target& target, Watches& before) {
  const auto found = before.find(target);
  if (found == before.end()) return nullptr;
  return *watches_.insert(before.extract(found)).position;
}

void Monitor::Loop::start(const std::vector<std::shared_ptr<Watch>>& added) {
  const auto rethrow = [](std::exception_ptr error) {  // a callback that throws: end the program, do not stop probing
    if (error) std::rethrow_exception(error);
  };
  const Clock::time_point now = Clock::now();
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (!is_probed(added[i]->target.check)) {
      asio::co_spawn(context_, await_reports(added[i]), rethrow);
      continue;
    }
    const Schedule schedule(now, added[i]->target.check.interval_ms, i, added.size(), random_);
    asio::co_spawn(context_, keep_probing(added[i], schedule), rethrow);
  }
}

asio::awaitable<void> Monitor::Loop::keep_probing(std::shared_ptr<Watch> watch, Schedule schedule) {
  while (true) {
    watch->next_at = schedule.start();
    watch->timer.expires_at(schedule.start());
    co_await watch->timer.async_wait(kAwait);
    if (watch->is_removed) co_return;
    watch->next_at.reset();
    const Outcome outcome = co_await probe_in_turn(*watch);
    if (watch->is_removed) co_return;
    judge(*watch, outcome);
    reschedule(*watch, schedule);
  }
}

// A dead man's switch: when no report comes for too long, that is one.
asio::awaitable<void> Monitor::Loop::await_reports(std::shared_ptr<Watch> watch) {
  const Check& check = watch->target.check;
  watch->next_at = Clock::now() + std::chrono::milliseconds(check.ttl_ms);
  while (true) {
    watch->timer.expires_at(watch->next_at.value_or(Clock::time_point::max()));
    const auto [error] = co_await watch->timer.async_wait(kAwait);
    if (watch->is_removed) co_return;
    if (error) continue;  // there was a report
    watch->next_at.reset();
    judge(*watch, {check.is_down_on_expiry ? Outcome::Kind::failure : Outcome::Kind::no_opinion,
                   "no report for " + duration_text(check.ttl_ms)});
  }
}

std::optional<std::string> Monitor::Loop::report(const PushReport& report) {
  if (auto refused = verdicts_->refuse_scope(report.scope)) return refused;
  if (report.scope.instance.empty()) return "a report is on one instance: which?";
  if (report.reason.size() > kReasonMax) return fmt::format("the reason is longer than {} octets", kReasonMax);
  const Plan& plan = verdicts_->plan();
  std::vector<Watch*> reported;
  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    const InstancePlan& instance = plan.instances[i];
    if (!covers(report.scope, plan.regions[instance.region], plan.services[instance.service].name, instance.shown)) {
      continue;
    }
    for (const std::uint32_t probe : verdicts_->probes_of(i)) {
      const Target& target = plan.probes[probe];
      if (target.check.type != Check::Type::push || is_probed(target.check)) continue;
      if (report.check.empty() || report.check == target.check_name) reported.push_back(by_number_[probe]);
    }
  }
  if (reported.empty()) {
    return fmt::format("{} has no check {}of type push that takes reports", to_text(report.scope),
                       report.check.empty() ? "" : fmt::format("\"{}\" ", report.check));
  }
  if (reported.size() > 1) return fmt::format("{} has several checks of type push: which?", to_text(report.scope));
  Watch& watch = *reported.front();
  watch.next_at = Clock::now() + std::chrono::milliseconds(watch.target.check.ttl_ms);
  watch.timer.cancel();
  const bool is_up = report.state == State::up;
  judge(watch,
        {is_up ? Outcome::Kind::success : Outcome::Kind::failure,
         fmt::format("reported {}{}{}", to_text(report.state), report.reason.empty() ? "" : ": ", report.reason)});
  return std::nullopt;
}

asio::awaitable<Outcome> Monitor::Loop::probe_in_turn(Watch& watch) {
  const bool has_slot = co_await slots_.take(watch.timer);
  if (!has_slot) co_return cancelled();
  const SlotHeld held(slots_);
  if (watch.is_removed) co_return cancelled();

  Abort abort;
  watch.in_flight = &abort;
  Outcome outcome = co_await probe(abort, resources_, watch.carried, watch.timer, watch.target);
  watch.in_flight = nullptr;
  co_return outcome;
}

void Monitor::Loop::reschedule(const Watch& watch, Schedule& schedule) {
  const Check& check = watch.target.check;
  std::uint32_t after_ms = check.interval_ms;
  if (check.fast_interval_ms > 0 && verdicts_->is_hurried(watch.number)) after_ms = check.fast_interval_ms;
  if (verdicts_->is_guarded()) {
    after_ms = std::min(after_ms, std::max(check.interval_ms / kGuardedHurry, kIntervalMin));
  }
  if (after_ms < check.interval_ms) {
    schedule.hurry(Clock::now(), std::chrono::milliseconds(after_ms));
  } else {
    schedule.advance(Clock::now(), random_);
  }
}

void Monitor::Loop::judge(Watch& watch, const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::inconclusive) return report_trouble(watch.target, outcome.evidence);
  if (outcome.kind == Outcome::Kind::success) watch.response_times.record(outcome.taken_ms);
  verdicts_->record(watch.number, outcome, clock_.now());
  tell();
  if (!outcome.warning.empty()) report_warning(watch, outcome.warning);
}

// To be called after every change.
void Monitor::Loop::tell() {
  for (const Event& event : verdicts_->take_events()) {
    if (listeners_.on_event) listeners_.on_event(event);
  }
  revision_ = revision_base_ + verdicts_->revision();
  wait_until_due();
}

void Monitor::Loop::wait_until_due() {
  const Time due = verdicts_->next();
  if (due == due_) return;
  due_ = due;
  if (due == kNever) {
    due_timer_.cancel();
    return;
  }
  due_timer_.expires_at(clock_.to_steady(due));
  due_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // set to another time, or the end
    due_ = kNever;
    verdicts_->advance(clock_.now());
    tell();
  });
}

// Once for the probe, however many instances ask it.
void Monitor::Loop::report_warning(Watch& watch, const std::string& text) {
  const Clock::time_point now = Clock::now();
  if (now < watch.warning_due) return;
  watch.warning_due = now + kWarningQuiet;
  if (listeners_.on_warning) listeners_.on_warning({verdicts_->plan().probes[watch.number], text});
}

void Monitor::Loop::report_trouble(const Target& target, const std::string& evidence) {
  const Clock::time_point now = Clock::now();
  if (now < trouble_report_due_) {
    ++suppressed_troubles_;
    return;
  }
  trouble_report_due_ = now + kTroubleQuiet;
  const std::uint64_t suppressed = std::exchange(suppressed_troubles_, 0);
  if (listeners_.on_trouble) listeners_.on_trouble({target, evidence, suppressed});
}

Status Monitor::Loop::status() {
  Status status = verdicts_->status(clock_.now());
  for (const auto& watch : watches_) {
    ProbeStatus& probe = status.probes[watch->number];
    if (watch->next_at) probe.next_at = clock_.to_time(*watch->next_at);
    const ResponseTimes& times = watch->response_times;
    probe.average_ms = times.average_ms();
    probe.median_ms = times.percentile_ms(50);
    probe.p95_ms = times.percentile_ms(95);
  }
  return status;
}

Monitor::Monitor(Listeners listeners, std::uint64_t seed, Memory before, std::size_t in_flight_max)
    : loop_(std::make_unique<Loop>(std::move(listeners), seed, std::move(before), in_flight_max)) {
  assert(in_flight_max >= 1);
}

Monitor::~Monitor() = default;

std::shared_ptr<const Board> Monitor::replace(Plan plan) {
  return loop_->ask([&] { return loop_->replace(std::move(plan)); });
}

Memory Monitor::memory() {
  return loop_->ask([&] { return loop_->memory(); });
}

std::uint64_t Monitor::revision() const noexcept {
  return loop_->revision();
}

Status Monitor::status() {
  return loop_->ask([&] { return loop_->status(); });
}

std::optional<std::string> Monitor::set_override(Override word, bool force) {
  return loop_->change([&](Verdicts& verdicts, Time now) { return verdicts.set_override(word, force, now); });
}

std::optional<std::string> Monitor::clear_override(const Scope& scope) {
  return loop_->change([&](Verdicts& verdicts, Time now) { return verdicts.clear_override(scope, now); });
}

std::optional<std::string> Monitor::resume(const Scope& scope) {
  return loop_->change([&](Verdicts& verdicts, Time now) { return verdicts.resume(scope, now); });
}

std::optional<std::string> Monitor::report(const PushReport& report) {
  return loop_->ask([&] { return loop_->report(report); });
}

}  // namespace rhumb::health

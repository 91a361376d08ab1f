#include "health/monitor.hpp"

#include <pthread.h>

#include <cassert>
#include <chrono>
#include <exception>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/random.hpp"
#include "health/abort.hpp"
#include "health/probe.hpp"
#include "health/schedule.hpp"
#include "health/slots.hpp"
#include "health/state_machine.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// Where the state of a target is shown, and under which name.
struct Seat {
  std::size_t index;
  std::string name;
};

// A target while it is probed. Owned by the loop and by the coroutine that probes it.
struct Watch {
  Watch(asio::io_context& context, const Target& probed)
      : target(probed), machine(target.check.rise, target.check.fall), timer(context) {}

  const Target target;
  StateMachine machine;
  asio::steady_timer timer;
  ProbeMemory memory;
  Abort* in_flight = nullptr;
  std::vector<Seat> seats;
  bool is_removed = false;
  Clock::time_point warning_due = Clock::time_point::min();
};

// Its coroutine ends when the loop next gets to it.
void remove(Watch& watch) {
  watch.is_removed = true;
  watch.timer.cancel();
  if (watch.in_flight != nullptr) watch.in_flight->abort();
}

bool is_hurried(const Watch& watch) {
  return watch.target.check.fast_interval_ms > 0 && watch.machine.is_contradicted();
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
  Loop(std::function<void(const StateChange&)> on_change, std::uint64_t seed,
       std::function<void(const LocalTrouble&)> on_trouble, std::function<void(const TargetWarning&)> on_warning,
       std::size_t in_flight_max)
      : on_change_(std::move(on_change)),
        on_trouble_(std::move(on_trouble)),
        on_warning_(std::move(on_warning)),
        random_(seed),
        slots_(in_flight_max),
        stay_(with_reactor(context_).get_executor()),
        thread_([this] { run(); }) {}

  ~Loop() {
    asio::post(context_, [this] { stop(); });
    thread_.join();
  }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  std::shared_ptr<const Board> replace(const std::vector<Target>& targets) {
    using Task = std::packaged_task<std::shared_ptr<const Board>()>;
    return asio::post(context_, Task([this, &targets] { return replace_here(targets); })).get();
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "rhumb-health");
    context_.run();
  }

  void stop();
  std::shared_ptr<const Board> replace_here(const std::vector<Target>& targets);
  std::shared_ptr<Watch> take_watch(const Target& target, Watches& before);
  void start(const std::vector<std::shared_ptr<Watch>>& added);

  asio::awaitable<void> keep_probing(std::shared_ptr<Watch> watch, Schedule schedule);
  asio::awaitable<Outcome> probe_in_turn(Watch& watch);

  void judge(Watch& watch, const Outcome& outcome);
  void show(const Watch& watch, State from, State to, const std::string& evidence);
  void report_trouble(const Target& target, const std::string& evidence);
  void report_warning(Watch& watch, const std::string& text);

  asio::io_context context_{1};  // first: timers and sockets must not outlive it
  std::function<void(const StateChange&)> on_change_;
  std::function<void(const LocalTrouble&)> on_trouble_;
  std::function<void(const TargetWarning&)> on_warning_;
  Random random_;
  Slots slots_;
  Resources resources_;
  Watches watches_;
  std::shared_ptr<Board> board_ = std::make_shared<Board>(0);
  Clock::time_point trouble_report_due_ = Clock::time_point::min();
  std::uint64_t suppressed_troubles_ = 0;

  asio::executor_work_guard<asio::io_context::executor_type> stay_;
  std::thread thread_;  // last: it uses all of the above
};

// run() returns when the last coroutine has ended.
void Monitor::Loop::stop() {
  for (const auto& watch : watches_)
    remove(*watch);
  stay_.reset();
}

std::shared_ptr<const Board> Monitor::Loop::replace_here(const std::vector<Target>& targets) {
  Watches before = std::exchange(watches_, {});
  for (const auto& watch : before)
    watch->seats.clear();

  board_ = std::make_shared<Board>(targets.size());
  std::vector<std::shared_ptr<Watch>> added;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    auto watch = take_watch(targets[i], before);
    if (!watch) {
      watch = *watches_.insert(std::make_shared<Watch>(context_, targets[i])).first;
      if (targets[i].check.type != Check::Type::none) added.push_back(watch);
    }
    watch->seats.push_back({i, targets[i].name});
    board_->write(i, watch->machine.state());
  }
  for (const auto& watch : before)
    remove(*watch);
  start(added);
  return board_;
}

// The watch that probes `target` already: on the new list, or moved there from the one before. Null if there is none.
std::shared_ptr<Watch> Monitor::Loop::take_watch(const Target& target, Watches& before) {
  if (const auto found = watches_.find(target); found != watches_.end()) return *found;
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
    const Schedule schedule(now, added[i]->target.check.interval_ms, i, added.size(), random_);
    asio::co_spawn(context_, keep_probing(added[i], schedule), rethrow);
  }
}

asio::awaitable<void> Monitor::Loop::keep_probing(std::shared_ptr<Watch> watch, Schedule schedule) {
  while (true) {
    watch->timer.expires_at(schedule.start());
    co_await watch->timer.async_wait(kAwait);
    if (watch->is_removed) co_return;
    const Outcome outcome = co_await probe_in_turn(*watch);
    if (watch->is_removed) co_return;
    judge(*watch, outcome);
    if (is_hurried(*watch)) {
      schedule.hurry(Clock::now(), std::chrono::milliseconds(watch->target.check.fast_interval_ms));
    } else {
      schedule.advance(Clock::now(), random_);
    }
  }
}

asio::awaitable<Outcome> Monitor::Loop::probe_in_turn(Watch& watch) {
  const bool has_slot = co_await slots_.take(watch.timer);
  if (!has_slot) co_return Outcome{Outcome::Kind::inconclusive, "removed while it waited"};
  const SlotHeld held(slots_);
  if (watch.is_removed) co_return Outcome{Outcome::Kind::inconclusive, "removed while it waited"};

  Abort abort;
  watch.in_flight = &abort;
  Outcome outcome = co_await probe(abort, resources_, watch.memory, watch.timer, watch.target);
  watch.in_flight = nullptr;
  co_return outcome;
}

void Monitor::Loop::judge(Watch& watch, const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::inconclusive) return report_trouble(watch.target, outcome.evidence);
  if (outcome.kind == Outcome::Kind::no_opinion) return;
  const State from = watch.machine.state();
  const auto to = watch.machine.record(outcome.kind == Outcome::Kind::success);
  if (to) show(watch, from, *to, outcome.evidence);
  if (!outcome.warning.empty()) report_warning(watch, outcome.warning);
}

// Once for the probe, however many targets share it.
void Monitor::Loop::report_warning(Watch& watch, const std::string& text) {
  const Clock::time_point now = Clock::now();
  if (now < watch.warning_due || watch.seats.empty()) return;
  watch.warning_due = now + kWarningQuiet;
  TargetWarning warning{watch.target, text};
  warning.target.name = watch.seats.front().name;
  if (on_warning_) on_warning_(warning);
}

void Monitor::Loop::show(const Watch& watch, State from, State to, const std::string& evidence) {
  for (const Seat& seat : watch.seats)
    board_->write(seat.index, to);
  for (const Seat& seat : watch.seats) {
    StateChange change{watch.target, from, to, evidence};
    change.target.name = seat.name;
    on_change_(change);
  }
}

void Monitor::Loop::report_trouble(const Target& target, const std::string& evidence) {
  const Clock::time_point now = Clock::now();
  if (now < trouble_report_due_) {
    ++suppressed_troubles_;
    return;
  }
  trouble_report_due_ = now + kTroubleQuiet;
  const std::uint64_t suppressed = std::exchange(suppressed_troubles_, 0);
  if (on_trouble_) on_trouble_({target, evidence, suppressed});
}

Monitor::Monitor(std::function<void(const StateChange&)> on_change, std::uint64_t seed,
                 std::function<void(const LocalTrouble&)> on_trouble,
                 std::function<void(const TargetWarning&)> on_warning, std::size_t in_flight_max)
    : loop_(std::make_unique<Loop>(std::move(on_change), seed, std::move(on_trouble), std::move(on_warning),
                                   in_flight_max)) {
  assert(in_flight_max >= 1);
}

Monitor::~Monitor() = default;

std::shared_ptr<const Board> Monitor::replace(const std::vector<Target>& targets) {
  return loop_->replace(targets);
}

}  // namespace rhumb::health

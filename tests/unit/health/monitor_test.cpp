#include "health/monitor.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/backend.hpp"
#include "support/health_plan.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::StartsWith;

constexpr auto kDeadline = 60s;  // for what must happen at all, however loaded the machine

template <typename Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

// What a monitor reports, in order.
class Reports {
 public:
  Listeners listeners() {
    Listeners listeners;
    listeners.on_event = [this](const Event& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
    };
    listeners.on_trouble = [this](const LocalTrouble& trouble) {
      const std::lock_guard lock(mutex_);
      troubles_.push_back(trouble);
    };
    return listeners;
  }

  [[nodiscard]] std::vector<Event> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  [[nodiscard]] std::vector<LocalTrouble> troubles() const {
    const std::lock_guard lock(mutex_);
    return troubles_;
  }

  // The `count`-th change of the target with this name, from 1; waits for it.
  [[nodiscard]] std::optional<Event> change(const std::string& name, std::size_t count) const {
    std::optional<Event> found;
    (void)eventually([&] { return (found = find(name, count)).has_value(); });
    return found;
  }

 private:
  [[nodiscard]] std::optional<Event> find(const std::string& name, std::size_t count) const {
    for (const Event& event : events()) {
      if (event.kind == Event::Kind::state && event.service == name && --count == 0) return event;
    }
    return std::nullopt;
  }

  mutable std::mutex mutex_;
  std::vector<Event> events_;
  std::vector<LocalTrouble> troubles_;
};

TEST(Monitor, ShowsAndReportsTheFirstVerdictOfEachTarget) {
  const Backend good(scripts::status(200));
  const Backend moved(scripts::status(302));
  const Backend busy(scripts::status(503));
  const Backend quiet(scripts::silent());
  Target silent = http_target(quiet.port(), "silent");
  silent.check.timeout_ms = 50;
  const std::vector<Target> targets = {http_target(good.port(), "good"), http_target(moved.port(), "moved"),
                                       http_target(busy.port(), "busy"), silent,
                                       tcp_target(quiet.port(), "tcp"),  tcp_target(closed_port(), "closed")};
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  const auto board = monitor.replace(plan_of(targets));
  ASSERT_EQ(board->size(), targets.size());

  const std::vector<std::pair<State, std::string>> expected = {
      {State::up, "HTTP 200 in "},         {State::up, "HTTP 302 in "},  {State::down, "HTTP 503"},
      {State::down, "timeout after 50ms"}, {State::up, "connected in "}, {State::down, "connect: Connection refused"}};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto change = reports.change(targets[i].name, 1);
    ASSERT_TRUE(change) << targets[i].name;
    EXPECT_EQ(change->from, "unknown");
    EXPECT_EQ(change->to, to_text(expected[i].first)) << targets[i].name;
    EXPECT_THAT(change->evidence, StartsWith(expected[i].second)) << targets[i].name;
    EXPECT_EQ(board->read(i).state, expected[i].first) << targets[i].name;
  }
}

TEST(Monitor, GoesOnProbingAndReportsOnlyChanges) {
  const Backend backend(scripts::status(200));
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  (void)monitor.replace(plan_of({http_target(backend.port())}));
  ASSERT_TRUE(eventually([&] { return backend.accepted() >= 10; }));
  EXPECT_EQ(reports.events().size(), 1U);
}

TEST(Monitor, CountsFallAndRiseWhenABackendDiesAndComesBack) {
  auto backend = std::make_unique<Backend>(scripts::status(200));
  const std::uint16_t port = backend->port();
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  const auto board = monitor.replace(plan_of({http_target(port, "mortal")}));
  ASSERT_TRUE(reports.change("mortal", 1));

  backend.reset();
  const auto fall = reports.change("mortal", 2);
  ASSERT_TRUE(fall);
  EXPECT_EQ(fall->from, "up");
  EXPECT_EQ(fall->to, "down");
  EXPECT_EQ(fall->evidence, "connect: Connection refused");
  EXPECT_EQ(board->read(0).state, State::down);

  backend = std::make_unique<Backend>(scripts::status(200), port);
  const auto rise = reports.change("mortal", 3);
  ASSERT_TRUE(rise);
  EXPECT_EQ(rise->from, "down");
  EXPECT_EQ(rise->to, "up");
  EXPECT_EQ(board->read(0).state, State::up);
  EXPECT_GE(backend->accepted(), 2) << "it rose before `rise` successes";
}

TEST(Monitor, ConfirmsAVerdictAtTheFastInterval) {
  const Backend backend([count = 0](asio::ip::tcp::socket& socket) mutable -> asio::awaitable<void> {
    co_await scripts::status(++count == 1 ? 200 : 503)(socket);
  });
  Target target = http_target(backend.port());
  target.check.interval_ms = 300;
  target.check.fast_interval_ms = 10;
  target.check.fall = 50;  // 15 s at the interval
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  (void)monitor.replace(plan_of({target}));
  ASSERT_TRUE(reports.change("test", 1));
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(reports.change("test", 2));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(Monitor, ReplaceKeepsTheStatesOfTargetsEvenWithOtherSettings) {
  const Backend good(scripts::status(200));
  const Backend busy(scripts::status(503));
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  (void)monitor.replace(plan_of({http_target(good.port(), "good"), http_target(busy.port(), "busy")}));
  ASSERT_TRUE(reports.change("good", 1) && reports.change("busy", 1));

  Target changed = http_target(busy.port(), "changed");
  ++changed.check.rise;
  changed.check.interval_ms = 3'600'000;
  Target other = http_target(busy.port(), "other");
  other.check_name = "other";
  other.check.path = "/other";
  const auto board =
      monitor.replace(plan_of({changed, http_target(busy.port(), "renamed"), other, http_target(good.port(), "good")}));
  EXPECT_EQ(board->read(0).state, State::down) << "the same check, with other settings";
  EXPECT_EQ(board->read(1).state, State::down) << "equal but for the name";
  EXPECT_EQ(board->read(3).state, State::up) << "equal, at another place";

  // Nothing that was carried over is reported again; what was added is.
  const auto first = reports.change("other", 1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->from, "unknown");
  EXPECT_EQ(reports.events().size(), 3U);
}

TEST(Monitor, ReplaceKeepsCountsAndTheNewName) {
  auto backend = std::make_unique<Backend>(scripts::status(200));
  Target target = http_target(backend->port(), "old");
  target.check.fall = 20;
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  auto board = monitor.replace(plan_of({target}));
  ASSERT_TRUE(reports.change("old", 1));
  backend.reset();

  // Replaced over and over, faster than 20 failures in a row can happen between two of them.
  target.name = "new";
  ASSERT_TRUE(eventually([&] {
    board = monitor.replace(plan_of({target}));
    return board->read(0).state == State::down;
  }));
  const auto fall = reports.change("new", 1);
  ASSERT_TRUE(fall);
  EXPECT_EQ(fall->to, "down");
}

TEST(Monitor, ReplaceDropsWhatIsGoneAndCutsItsProbesShort) {
  const Backend kept(scripts::status(200));
  const Backend dropped(scripts::silent());
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  Target patient = http_target(dropped.port(), "dropped");
  patient.check.timeout_ms = 3'600'000;
  (void)monitor.replace(plan_of({patient, http_target(kept.port(), "kept")}));
  ASSERT_TRUE(eventually([&] { return dropped.open() == 1; }));

  (void)monitor.replace(plan_of({http_target(kept.port(), "kept")}));
  EXPECT_TRUE(eventually([&] { return dropped.open() == 0; })) << "the probe in flight was left open";
  const int before = kept.accepted();
  ASSERT_TRUE(eventually([&] { return kept.accepted() >= before + 10; }));
  EXPECT_EQ(dropped.accepted(), 1);
  for (const Event& event : reports.events())
    EXPECT_EQ(event.service, "kept");
}

TEST(Monitor, ATargetThatComesBackStartsUnknown) {
  const Backend backend(scripts::status(503));
  Target target = http_target(backend.port());
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  (void)monitor.replace(plan_of({target}));
  ASSERT_TRUE(reports.change("test", 1));
  EXPECT_EQ(monitor.replace({})->size(), 0U);
  (void)monitor.replace(plan_of({target}));
  const auto again = reports.change("test", 2);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->from, "unknown");
}

TEST(Monitor, TargetsOfTheSameProbeShareIt) {
  const Backend backend(scripts::silent());
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  Target one = http_target(backend.port(), "one");
  Target two = http_target(backend.port(), "two");
  one.check.timeout_ms = two.check.timeout_ms = 200;
  one.check.interval_ms = two.check.interval_ms = 3'600'000;
  const auto board = monitor.replace(plan_of({one, http_target(closed_port(), "between"), two}));
  ASSERT_TRUE(reports.change("one", 1) && reports.change("two", 1));
  EXPECT_EQ(board->read(0).state, State::down);
  EXPECT_EQ(board->read(2).state, State::down);
  EXPECT_EQ(backend.accepted(), 1);
}

TEST(Monitor, OneProbeOfATargetIsInFlightAtMost) {
  const Backend backend(scripts::silent());
  Target target = http_target(backend.port());
  target.check.timeout_ms = 4 * target.check.interval_ms;
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  (void)monitor.replace(plan_of({target}));
  int most = 0;
  ASSERT_TRUE(eventually([&] {
    most = std::max(most, backend.open());
    return backend.accepted() >= 8;
  }));
  // The backend may see the next connection before the end of the one before it.
  EXPECT_LE(most, 2);
}

TEST(Monitor, ProbesOverTheLimitWaitAndTheirTimeoutWaitsToo) {
  constexpr std::size_t kInFlight = 2;
  const Backend backend(scripts::silent());
  std::vector<Target> targets;
  for (int i = 0; i < 6; ++i) {
    targets.push_back(http_target(backend.port(), std::to_string(i)));
    targets.back().check.path = "/" + targets.back().name;
    targets.back().check.timeout_ms = 100;
  }
  Reports reports;
  Monitor monitor(reports.listeners(), 1, {}, kInFlight);
  (void)monitor.replace(plan_of(targets));
  int most = 0;
  ASSERT_TRUE(eventually([&] {
    most = std::max(most, backend.open());
    return reports.events().size() == targets.size();
  }));
  EXPECT_LE(most, static_cast<int>(2 * kInFlight)) << "twice: the backend sees the end of a connection late";
  for (const Event& event : reports.events())
    EXPECT_EQ(event.evidence, "timeout after 100ms waiting for the response") << "it did not even connect";
}

TEST(Monitor, RemovesTargetsThatWaitForTheirTurn) {
  const Backend backend(scripts::silent());
  std::vector<Target> targets;
  for (int i = 0; i < 6; ++i) {
    targets.push_back(http_target(backend.port(), std::to_string(i)));
    targets.back().check.path = "/" + targets.back().name;
  }
  Reports reports;
  Monitor monitor(reports.listeners(), 1, {}, 1);
  (void)monitor.replace(plan_of(targets));
  ASSERT_TRUE(eventually([&] { return backend.open() == 1; }));
  const Backend good(scripts::status(200));
  (void)monitor.replace(plan_of({http_target(good.port(), "good")}));
  EXPECT_TRUE(reports.change("good", 1)) << "the only slot was lost";
}

TEST(Monitor, StopsAtOnceWithProbesInFlight) {
  const Backend backend(scripts::silent());
  Reports reports;
  {
    Monitor monitor(reports.listeners(), 1);
    Target patient = http_target(backend.port());
    patient.check.timeout_ms = 3'600'000;
    (void)monitor.replace(plan_of({patient}));
    ASSERT_TRUE(eventually([&] { return backend.open() == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return backend.open() == 0; }));
  EXPECT_TRUE(reports.events().empty());
}

TEST(Monitor, BoardsOutliveIt) {
  const Backend backend(scripts::status(200));
  Reports reports;
  std::shared_ptr<const Board> board;
  {
    Monitor monitor(reports.listeners(), 1);
    board = monitor.replace(plan_of({http_target(backend.port())}));
    ASSERT_TRUE(reports.change("test", 1));
  }
  EXPECT_EQ(board->read(0).state, State::up);
}

TEST(Monitor, LeavesNoConnectionOpenAtFaultyServers) {
  std::atomic<int> sent = 0;
  const std::vector<Backend::Script> faults = {
      scripts::silent(), scripts::trickle(sent), scripts::close_at_once(), scripts::send_and_hold("garbage\r\n\r\n"),
      scripts::send_and_hold("HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'x'))};
  std::vector<std::unique_ptr<Backend>> backends;
  std::vector<Target> targets;
  for (const auto& fault : faults) {
    backends.push_back(std::make_unique<Backend>(fault));
    targets.push_back(http_target(backends.back()->port(), std::to_string(targets.size())));
    targets.back().check.timeout_ms = 40;
  }
  Reports reports;
  auto monitor = std::make_unique<Monitor>(reports.listeners(), 1);
  (void)monitor->replace(plan_of(targets));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto change = reports.change(targets[i].name, 1);
    ASSERT_TRUE(change) << i;
    EXPECT_EQ(change->to, "down") << i;
    EXPECT_TRUE(eventually([&] { return backends[i]->accepted() >= 5; })) << i << ": it is not probed any more";
  }
  monitor.reset();
  for (std::size_t i = 0; i < targets.size(); ++i)
    EXPECT_TRUE(eventually([&] { return backends[i]->open() == 0; })) << i;
}

// No new file descriptors for this process, while it lives.
class OutOfDescriptors {
 public:
  OutOfDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = open("/dev/null", O_RDONLY);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next);
    close(next);
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~OutOfDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  OutOfDescriptors(const OutOfDescriptors&) = delete;
  OutOfDescriptors& operator=(const OutOfDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(Monitor, TroubleOnOurSideChangesNoStateAndIsReportedOnce) {
#ifdef RHUMB_ADDRESS_SANITIZER
  // Built together with the undefined behaviour sanitizer, which probes memory through a pipe: without a descriptor for
  // it, it takes every object for an invalid one.
  GTEST_SKIP() << "the sanitizer needs descriptors of its own";
#endif
  // Several, so that others meet the trouble after the first has been reported.
  std::vector<Target> targets(5, tcp_target(closed_port()));
  for (std::size_t i = 0; i < targets.size(); ++i)
    targets[i].host = std::to_string(i);
  Reports reports;
  Monitor monitor(reports.listeners(), 1);
  std::shared_ptr<const Board> board;
  {
    const OutOfDescriptors none;
    board = monitor.replace(plan_of(targets));
    ASSERT_TRUE(eventually([&] { return !reports.troubles().empty(); }));
    EXPECT_EQ(reports.troubles()[0].evidence, "connect: Too many open files");
    EXPECT_EQ(reports.troubles()[0].target.name, "test");
    EXPECT_EQ(board->read(0).state, State::unknown);
    EXPECT_TRUE(reports.events().empty());
  }
  ASSERT_TRUE(reports.change("test", targets.size())) << "not all recovered";
  EXPECT_EQ(board->read(0).state, State::down);
  EXPECT_EQ(reports.troubles().size(), 1U);
}

}  // namespace
}  // namespace rhumb::health

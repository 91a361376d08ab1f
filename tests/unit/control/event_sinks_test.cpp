#include "control/event_sinks.hpp"

#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/event_throttle.hpp"
#include "event_world.hpp"

namespace rhumb::control {
namespace {

using health::Event;
using testing::ElementsAre;
using Kind = Event::Kind;

TEST(EventSinks, LogsEventsInTheirOrder) {
  MemoryLog log;
  EventSinks sinks(log.log());
  sinks.deliver(instance_down());
  sinks.deliver({.kind = Kind::guard, .severity = Event::Severity::error, .to = "held", .evidence = "all fail"});
  ASSERT_TRUE(test::wait_until([&] { return log.notices().size() == 2; }));
  EXPECT_THAT(log.notices(),
              ElementsAre("www.example.com eu-west 192.0.2.20: up → down: HTTP 503", "guard: held: all fail"));
  EXPECT_THAT(log.lines()[0], testing::StartsWith(R"({"time":"2026-11-25T00:00:00.000Z","event":"state")"));
}

TEST(EventSinks, CountByKind) {
  MemoryLog log;
  EventSinks sinks(log.log());
  sinks.deliver(instance_down());
  sinks.deliver({.kind = Kind::panic});
  sinks.deliver({.kind = Kind::panic});
  ASSERT_TRUE(test::wait_until([&] { return sinks.counts().total().told == 3; }));
  EXPECT_EQ(sinks.counts().of(Kind::state).told, 1U);
  EXPECT_EQ(sinks.counts().of(Kind::panic).told, 2U);
  EXPECT_EQ(sinks.counts().total().delivered, 0U);
}

// What flaps is told to the last, at the latest when the server ends.
TEST(EventSinks, SlowDownWhatFlaps) {
  MemoryLog log;
  {
    EventSinks sinks(log.log());
    for (int i = 0; i < 100; ++i) {
      Event event = instance_down();
      event.evidence = fmt::to_string(i);
      sinks.deliver(event);
    }
  }
  const auto notices = log.notices();
  ASSERT_EQ(notices.size(), EventThrottle::kBurst + 1U);
  EXPECT_THAT(notices.back(), testing::MatchesRegex(".*: 99 \\(93 more since 2026-11-25T00:00:00.000Z\\)"));
  EXPECT_THAT(log.lines().back(), testing::HasSubstr("\"suppressed\":93"));
}

TEST(EventSinks, TakeEventsFromManyThreads) {
  MemoryLog log;
  constexpr int kThreads = 4;
  constexpr int kEvents = 500;
  {
    EventSinks sinks(log.log());
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&sinks, thread] {
        for (int i = 0; i < kEvents; ++i)
          sinks.deliver(instance_down(fmt::format("{}-{}", thread, i)));
      });
    }
    for (int i = 0; i < 100; ++i) {
      (void)sinks.counts();
      sinks.configure({}, fmt::to_string(i));
    }
    for (std::thread& thread : threads)
      thread.join();
  }
  EXPECT_EQ(log.notices().size(), std::size_t{kThreads} * kEvents);
}

TEST(EventSinks, DropWhatComesWhileTheLogIsStuckAndSaySo) {
  std::atomic<bool> is_stuck = true;
  std::atomic<bool> is_reached = false;
  MemoryLog memory;
  EventSinks::Log log = memory.log();
  log.notice = [&](const Notice&, const std::string&) {
    is_reached = true;
    (void)test::wait_until([&] { return !is_stuck; });
  };
  EventSinks sinks(log);
  sinks.deliver(instance_down("first"));
  ASSERT_TRUE(test::wait_until([&] { return is_reached.load(); }));
  for (std::size_t i = 0; i < EventSinks::kInboxMax + 10; ++i)
    sinks.deliver(instance_down(fmt::to_string(i)));
  const std::uint64_t dropped = sinks.counts().of(Kind::state).dropped;
  EXPECT_EQ(dropped, 10U);
  is_stuck = false;
  ASSERT_TRUE(test::wait_until([&] { return !memory.troubles().empty(); }));
  EXPECT_THAT(memory.troubles(), ElementsAre(fmt::format("{} events are dropped: too many at once", dropped)));
}

}  // namespace
}  // namespace rhumb::control

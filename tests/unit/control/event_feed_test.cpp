#include "control/event_feed.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::control {
namespace {

using testing::SizeIs;

TEST(EventFeed, TellsAllWhoListen) {
  EventFeed feed;
  feed.tell({"state", "before"});
  EventFeed::Listener first(feed, [] {});
  EventFeed::Listener second(feed, [] {});
  feed.tell({"state", "now"});
  ASSERT_THAT(first.take().entries, SizeIs(1));
  EXPECT_THAT(first.take().entries, SizeIs(0));
  EXPECT_EQ(second.take().entries.at(0).json, "now");
}

TEST(EventFeed, WakesWhoHasTakenAll) {
  EventFeed feed;
  int woken = 0;
  EventFeed::Listener listener(feed, [&] { ++woken; });
  feed.tell({"state", "1"});
  feed.tell({"state", "2"});
  EXPECT_EQ(woken, 1);
  (void)listener.take();
  feed.tell({"state", "3"});
  EXPECT_EQ(woken, 2);
}

TEST(EventFeed, LeavesOutTheOldestForWhoIsTooSlowAndCountsThem) {
  EventFeed feed;
  EventFeed::Listener listener(feed, [] {});
  for (std::size_t i = 0; i < EventFeed::kQueueMax + 7; ++i)
    feed.tell({"state", std::to_string(i)});
  const EventFeed::Taken taken = listener.take();
  EXPECT_THAT(taken.entries, SizeIs(EventFeed::kQueueMax));
  EXPECT_EQ(taken.dropped, 7U);
  EXPECT_EQ(taken.entries.front().json, "7");
  EXPECT_EQ(listener.take().dropped, 0U);
}

TEST(EventFeed, MayBeToldWhileSomebodyComesAndGoes) {
  EventFeed feed;
  std::atomic<bool> is_over = false;
  std::thread teller([&] {
    while (!is_over)
      feed.tell({"state", "{}"});
  });
  std::size_t taken = 0;
  while (taken < 100) {
    EventFeed::Listener listener(feed, [] {});
    while (listener.take().entries.empty())
      std::this_thread::yield();
    ++taken;
  }
  is_over = true;
  teller.join();
}

}  // namespace
}  // namespace rhumb::control

#include "base/published.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb {
namespace {

std::atomic<int> g_alive = 0;

// Both halves are always equal; a reader that sees them differ sees a value that was destroyed under it.
struct Pair {
  explicit Pair(int value) : first(value), second(value) { ++g_alive; }
  ~Pair() {
    first = -1;
    second = -2;
    --g_alive;
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int first;
  int second;
};

TEST(Published, DestroysTheOldValueBeforePublishReturns) {
  g_alive = 0;
  {
    Published<Pair> published(std::make_unique<const Pair>(1));
    published.publish(std::make_unique<const Pair>(2));
    EXPECT_EQ(g_alive, 1);
    EXPECT_EQ(published.read().first, 2);
  }
  EXPECT_EQ(g_alive, 0);
}

TEST(Published, ReadersNeverSeeADestroyedValue) {
  Published<Pair> published(std::make_unique<const Pair>(0));
  std::atomic<bool> stop = false;
  std::atomic<int> reading = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      const ReaderThread registered;
      ++reading;
      while (!stop) {
        const Online online;
        const Pair& pair = published.read();
        if (pair.first != pair.second || pair.first < 0) ADD_FAILURE() << "read a destroyed value";
      }
    });
  }
  while (reading < 2)
    std::this_thread::yield();
  for (int i = 1; i <= 200; ++i)
    published.publish(std::make_unique<const Pair>(i));
  stop = true;
  for (auto& reader : readers)
    reader.join();
  EXPECT_EQ(published.read().first, 200);
}

TEST(Published, AnOfflineReaderHoldsNobodyUp) {
  Published<Pair> published(std::make_unique<const Pair>(0));
  const ReaderThread registered;  // never online: publish() below must not wait for it
  published.publish(std::make_unique<const Pair>(1));
  EXPECT_EQ(published.read().first, 1);
}

}  // namespace
}  // namespace rhumb

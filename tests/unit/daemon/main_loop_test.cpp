#include "daemon/main_loop.hpp"

#include <unistd.h>

#include <csignal>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(MainLoop, TakesOneSignalAfterTheOther) {
  MainLoop loop({SIGUSR1, SIGUSR2});
  ASSERT_EQ(::kill(getpid(), SIGUSR1), 0);
  ASSERT_EQ(::kill(getpid(), SIGUSR2), 0);
  EXPECT_EQ(loop.wait(1min), SIGUSR1);
  EXPECT_EQ(loop.wait(1min), SIGUSR2);
  EXPECT_EQ(loop.wait(0ms), std::nullopt);
}

TEST(MainLoop, RunsTasksInTheirOrderOnItsOwnThread) {
  MainLoop loop({SIGUSR1});
  std::vector<int> ran;
  std::thread::id ran_on;
  std::thread other([&] {
    loop.post([&] {
      ran.push_back(1);
      ran_on = std::this_thread::get_id();
    });
    loop.post([&] { ran.push_back(2); });
  });
  while (ran.size() < 2)
    EXPECT_EQ(loop.wait(1min), std::nullopt);
  other.join();
  EXPECT_THAT(ran, ElementsAre(1, 2));
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(MainLoop, RunsWhatATaskPostsInTheNextWait) {
  MainLoop loop({SIGUSR1});
  int ran = 0;
  loop.post([&] {
    ++ran;
    loop.post([&] { ++ran; });
  });
  EXPECT_EQ(loop.wait(1min), std::nullopt);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(loop.wait(1min), std::nullopt);
  EXPECT_EQ(ran, 2);
}

TEST(MainLoop, RunsTasksAndTakesASignalThatCameBefore) {
  MainLoop loop({SIGUSR1});
  bool has_run = false;
  loop.post([&] { has_run = true; });
  ASSERT_EQ(::kill(getpid(), SIGUSR1), 0);
  EXPECT_EQ(loop.wait(1min), SIGUSR1);
  EXPECT_TRUE(has_run);
}

}  // namespace
}  // namespace rhumb::daemon

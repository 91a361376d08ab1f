#include "daemon/watchdog.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "support/wait_until.hpp"

namespace rhumb::daemon {
namespace {

using namespace std::chrono_literals;

TEST(Watchdog, TellsAsLongAsAllIsWell) {
  std::atomic<bool> is_well = true;
  std::atomic<int> looks = 0;
  std::atomic<int> told = 0;
  const Watchdog watchdog(
      3ms, [&] { return ++looks, is_well.load(); }, [&] { ++told; });
  EXPECT_TRUE(test::wait_until([&] { return told >= 3; }));
  is_well = false;
  const int before = looks;
  EXPECT_TRUE(test::wait_until([&] { return looks >= before + 2; }));  // then the look that was on is over
  const int last = told;
  const int looked = looks;
  EXPECT_TRUE(test::wait_until([&] { return looks >= looked + 3; }));
  EXPECT_EQ(told, last);
  is_well = true;
  EXPECT_TRUE(test::wait_until([&] { return told > last; }));
}

TEST(Watchdog, EndsAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  {
    const Watchdog watchdog(
        24h, [] { return true; }, [] {});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1h);
}

}  // namespace
}  // namespace rhumb::daemon

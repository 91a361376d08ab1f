#include "daemon/descriptors.hpp"

#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::daemon {
namespace {

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = before.rlim_max / 2;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Descriptors, ConnectionsSocketsAndProbesMustFitTogether) {
  const DescriptorNeeds needs{.connections = 10'000, .endpoints = 2, .threads = 4, .probes = 100};
  constexpr std::size_t kAll = 10'000 + 2 * 2 * 4 + 2 * 4 + 100 + 192;
  EXPECT_FALSE(descriptor_shortage(kAll, needs));
  const auto shortage = descriptor_shortage(kAll - 1, needs);
  ASSERT_TRUE(shortage);
  EXPECT_THAT(*shortage,
              testing::StartsWith(
                  "10000 TCP connections and 316 other descriptors may be needed, and this process may have 10315: "));
}

}  // namespace
}  // namespace rhumb::daemon

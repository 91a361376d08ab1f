#include "transport/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace rhumb::transport {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;  // µs

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

RateLimits limits_of(std::uint32_t responses_per_second) {
  RateLimits limits;
  limits.responses_per_second = responses_per_second;
  return limits;
}

// How many of `count` responses at one time are within the limit.
int allowed(RateLimiter& limiter, const IpAddress& client, std::uint64_t now_us, int count) {
  int within = 0;
  for (int i = 0; i < count; ++i)
    within += limiter.is_over(client, now_us) ? 0 : 1;
  return within;
}

TEST(RateLimiter, AllowsABurstOfASecondsWorthAndThenTheRate) {
  for (const std::uint32_t rate : {1U, 7U, 100U, 100'000U}) {
    RateLimiter limiter(limits_of(rate), 1);
    const auto client = address("192.0.2.1");
    const int burst = allowed(limiter, client, 5 * kSecond, 2 * static_cast<int>(rate) + 10);
    EXPECT_NEAR(burst, rate, 1 + rate / 100) << rate;
    EXPECT_EQ(allowed(limiter, client, 5 * kSecond, 10), 0) << rate;
    const int after_a_second = allowed(limiter, client, 6 * kSecond, 2 * static_cast<int>(rate) + 10);
    EXPECT_NEAR(after_a_second, rate, 1 + rate / 100) << rate;
  }
}

TEST(RateLimiter, WhatIsOverTheLimitIsNotChargedFor) {
  RateLimiter limiter(limits_of(10), 1);
  const auto client = address("192.0.2.1");
  EXPECT_GE(allowed(limiter, client, 0, 100'000), 10);
  EXPECT_GE(allowed(limiter, client, kSecond + 1, 10), 9) << "a flood does not shut a network out for longer";
}

TEST(RateLimiter, CountsNetworksNotAddresses) {
  RateLimiter limiter(limits_of(10), 1);
  allowed(limiter, address("192.0.2.1"), 0, 100);
  EXPECT_EQ(allowed(limiter, address("192.0.2.255"), 0, 5), 0);
  EXPECT_EQ(allowed(limiter, address("192.0.3.1"), 0, 5), 5);
  allowed(limiter, address("2001:db8:0:1::1"), 0, 100);
  EXPECT_EQ(allowed(limiter, address("2001:db8:0:ff::2"), 0, 5), 0) << "/56";
  EXPECT_EQ(allowed(limiter, address("2001:db8:0:100::2"), 0, 5), 5);
}

TEST(RateLimiter, TellsIpv4FromIpv6OfTheSameBits) {
  RateLimits limits = limits_of(10);
  limits.v6_bits = 128;
  limits.v4_bits = 32;
  RateLimiter limiter(limits, 1);
  allowed(limiter, address("0.0.0.2"), 0, 100);
  EXPECT_EQ(allowed(limiter, address("::2"), 0, 5), 5);
}

// Its clock has 44 bits: an old debt must not look like one to come.
TEST(RateLimiter, ForgetsWhateverTheClockDoes) {
  RateLimiter limiter(limits_of(10), 1);
  const auto client = address("192.0.2.1");
  std::uint64_t now = 0;
  for (int step = 0; step < 2'000; ++step) {
    now += (std::uint64_t{1} << 44) / 16 / 100 + 12'345;  // a hundredth of a turn
    ASSERT_GE(allowed(limiter, client, now, 20), 10) << step;
    ASSERT_EQ(allowed(limiter, client, now, 20), 0) << step;
  }
}

// Spoofed sources from everywhere: memory is bounded, and those who are limited stay limited.
TEST(RateLimiter, AFloodOfNetworksDoesNotFreeABusyOne) {
  RateLimiter limiter(limits_of(1'000), 1);
  const auto busy = address("192.0.2.1");
  allowed(limiter, busy, 0, 2'000);
  for (std::uint32_t network = 0; network < 2 * RateLimiter::kNetworks; ++network)
    static_cast<void>(limiter.is_over(IpAddress::v4(network << 8), 0));
  EXPECT_EQ(allowed(limiter, busy, 0, 10), 0);
}

}  // namespace
}  // namespace rhumb::transport

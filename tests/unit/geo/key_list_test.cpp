#include "geo/key_list.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::geo {
namespace {

// Up to 2,000 ascending addresses. Steps are sometimes small, sometimes half of the space, and end in zeros or not.
template <typename Key>
std::vector<Key> random_keys(Random& random) {
  constexpr std::uint32_t kKeyBits = sizeof(Key) * 8;
  std::vector<Key> keys{0};
  const std::uint32_t steps = random.below(2'000);
  const std::uint32_t zeros = random.below(kKeyBits - 12);
  for (std::uint32_t i = 0; i < steps; ++i) {
    const bool is_leap = random.below(500) == 0;
    const std::uint32_t bit = is_leap ? random.below(kKeyBits) : zeros;
    const Key step = static_cast<Key>(Key{1} + random.below(20)) << bit;
    const Key next = static_cast<Key>(keys.back() + step);
    if (next <= keys.back()) break;
    keys.push_back(next);
  }
  return keys;
}

template <typename Key>
void expect_keeps_every_key() {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::vector<Key> keys = random_keys<Key>(random);
    KeyList<Key> list;
    for (const Key key : keys)
      list.push_back(key);
    ASSERT_EQ(list.size(), keys.size());
    ASSERT_TRUE(list.back() == keys.back());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      ASSERT_TRUE(list[i] == keys[i]) << i;
      const auto expected = std::ranges::upper_bound(keys, static_cast<Key>(keys[i] + 1)) - keys.begin();
      ASSERT_EQ(list.count_up_to(static_cast<Key>(keys[i] + 1)), static_cast<std::size_t>(expected)) << i;
    }
  }
}

TEST(KeyList, KeepsEveryIpv4Address) {
  expect_keeps_every_key<std::uint32_t>();
}

TEST(KeyList, KeepsEveryIpv6Address) {
  expect_keeps_every_key<U128>();
}

TEST(KeyList, IsWhatItWouldBeWithoutTheKeysTakenBack) {
  KeyList<U128> kept;
  KeyList<U128> list;
  for (U128 i = 0; i < 1'000; ++i) {
    kept.push_back(i << 64);
    list.push_back(i << 64);
    list.push_back((i << 64) + 1);
    list.pop_back();
    ASSERT_EQ(list, kept);
  }
  while (list.size() > 0)
    list.pop_back();
  EXPECT_EQ(list, KeyList<U128>());
}

TEST(KeyList, TakesTheOctetsInWhichNeighboursDiffer) {
  constexpr std::size_t kKeys = 100'000;
  KeyList<U128> list;
  for (U128 i = 0; i < kKeys; ++i)
    list.push_back(U128{0x2001'0db8} << 96 | i << 80);
  EXPECT_LT(list.memory_bytes(), 2 * kKeys);  // one each, and what 256 of them share
}

}  // namespace
}  // namespace rhumb::geo

#include "geo/address_map.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::geo {
namespace {

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

TEST(AddressMap, KnowsNothingAtFirst) {
  const AddressMap<int> map;
  EXPECT_EQ(map.find(address("192.0.2.1")), 0);
  EXPECT_EQ(map.find(address("2001:db8::1")), 0);
  EXPECT_EQ(map.v4().size(), 1U);
  EXPECT_EQ(map.v4().first(0), 0U);
  EXPECT_EQ(map.v4().last(0), 0xFFFF'FFFFU);
}

TEST(AddressMap, RangesLastUntilTheNext) {
  AddressMap<int> map;
  map.v4().append(10, 1);
  map.v4().append(20, 0);
  EXPECT_EQ(map.v4().value(map.v4().find(9)), 0);
  EXPECT_EQ(map.v4().value(map.v4().find(10)), 1);
  EXPECT_EQ(map.v4().value(map.v4().find(19)), 1);
  EXPECT_EQ(map.v4().value(map.v4().find(20)), 0);
  EXPECT_EQ(map.v4().last(1), 19U);
}

TEST(AddressMap, MergesNeighboursWithEqualValues) {
  AddressMap<int> map;
  map.v4().append(0, 0);
  map.v4().append(10, 1);
  map.v4().append(20, 1);
  EXPECT_EQ(map.v4().size(), 2U);
  // A range that is replaced before it has an address: its neighbours become one again.
  map.v4().append(30, 2);
  map.v4().append(30, 1);
  EXPECT_EQ(map.v4().size(), 2U);
  EXPECT_EQ(map.v4().last(1), 0xFFFF'FFFFU);
}

TEST(AddressMap, TransformMergesWhatBecomesEqual) {
  AddressMap<int> map;
  map.v4().append(10, 1);
  map.v4().append(20, 3);
  map.v4().append(30, 2);
  map.v6().append(U128{1} << 100, 5);
  const auto odd = map.transform([](int value) { return value % 2 != 0 ? 'o' : 'e'; });
  EXPECT_EQ(odd.v4().size(), 3U);
  EXPECT_EQ(odd.v4().first(1), 10U);
  EXPECT_EQ(odd.v4().first(2), 30U);
  EXPECT_EQ(odd.v4().value(0), 'e');
  EXPECT_EQ(odd.v6().size(), 2U);
}

// Numbers small enough that every address of interest can be looked at.
AddressMap<std::uint32_t> random_map(Random& random) {
  AddressMap<std::uint32_t> map;
  for (std::uint32_t first = random.below(4); first < 64; first += random.below(9)) {
    map.v4().append(first, random.below(4));
    map.v6().append(U128{first} << 122, random.below(4));
  }
  return map;
}

TEST(AddressMap, OverlayIsTheFunctionOfBothValuesAtEveryAddress) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto a = random_map(random);
    const auto b = random_map(random);
    const auto both =
        overlay(a, b, [](std::uint32_t in_a, std::uint32_t in_b) { return in_a != 0 ? in_a : in_b + 10; });
    for (std::uint32_t i = 0; i < 80; ++i) {
      for (const IpAddress at : {IpAddress::v4(i), IpAddress::v6(U128{i} << 122), IpAddress::v4(~i)}) {
        const std::uint32_t in_a = a.find(at);
        ASSERT_EQ(both.find(at), in_a != 0 ? in_a : b.find(at) + 10) << at.to_string();
      }
    }
    for (std::size_t i = 1; i < both.v4().size(); ++i)
      ASSERT_NE(both.v4().value(i - 1), both.v4().value(i));
  }
}

TEST(AddressMap, MoreSpecificNetworksWinWhateverTheirOrder) {
  const std::vector<NetworkValue<int>> networks{{address("10.1.2.0"), 24, 3},        {address("10.0.0.0"), 8, 1},
                                                {address("10.1.0.0"), 16, 2},        {address("0.0.0.0"), 0, 9},
                                                {address("255.255.255.255"), 32, 5}, {address("2001:db8::"), 32, 7},
                                                {address("2001:db8::1"), 128, 8}};
  const auto map = map_of_networks<int>(networks);
  EXPECT_EQ(map.find(address("9.255.255.255")), 9);
  EXPECT_EQ(map.find(address("10.0.0.0")), 1);
  EXPECT_EQ(map.find(address("10.1.1.255")), 2);
  EXPECT_EQ(map.find(address("10.1.2.255")), 3);
  EXPECT_EQ(map.find(address("10.1.3.0")), 2);
  EXPECT_EQ(map.find(address("10.2.0.0")), 1);
  EXPECT_EQ(map.find(address("11.0.0.0")), 9);
  EXPECT_EQ(map.find(address("255.255.255.255")), 5);
  EXPECT_EQ(map.find(address("2001:db8::")), 7);
  EXPECT_EQ(map.find(address("2001:db8::1")), 8);
  EXPECT_EQ(map.find(address("2001:db9::")), 0);
}

TEST(AddressMap, OfTwoEqualNetworksTheFirstWins) {
  const std::vector<NetworkValue<int>> networks{{address("10.0.0.0"), 8, 1}, {address("10.0.0.7"), 8, 2}};
  EXPECT_EQ(map_of_networks<int>(networks).find(address("10.0.0.1")), 1);
}

TEST(AddressMap, OfNetworksEqualsTheLongestPrefixMatch) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Family family = random.below(2) == 0 ? Family::v4 : Family::v6;
    const int host_bits = bits_of(family) - 8;  // 256 addresses that can be told apart
    std::vector<NetworkValue<std::uint32_t>> networks;
    for (std::uint32_t i = 0; i < 12; ++i) {
      networks.push_back({{U128{random.below(256)} << host_bits, family}, static_cast<int>(random.below(9)), i + 1});
    }
    const auto map = map_of_networks<std::uint32_t>(networks);
    for (std::uint32_t i = 0; i < 256; ++i) {
      const IpAddress at{U128{i} << host_bits, family};
      const NetworkValue<std::uint32_t>* best = nullptr;
      for (const auto& network : networks) {
        const bool holds = network_of(at, network.prefix_bits) == network_of(network.network, network.prefix_bits);
        if (holds && (best == nullptr || network.prefix_bits > best->prefix_bits)) best = &network;
      }
      ASSERT_EQ(map.find(at), best == nullptr ? 0 : best->value) << at.to_string();
    }
  }
}

TEST(AddressMap, RenumbersValuesWhereTheyAre) {
  AddressMap<std::uint32_t> map;
  map.v4().append(10, 1);
  map.v4().append(20, 2);
  map.v6().append(U128{1} << 100, 1);
  const auto plus_three = [](std::uint32_t value) { return value + 3; };
  const auto expected = map.transform(plus_three);
  map.renumber(plus_three);
  EXPECT_EQ(map, expected);
}

TEST(AddressMap, OnlyAListWithoutAValueKnowsNothing) {
  AddressMap<std::uint32_t> map;
  map.v4().append(10, 0);
  EXPECT_TRUE(map.v4().knows_nothing());
  map.v4().append(20, 7);
  EXPECT_FALSE(map.v4().knows_nothing());
  map.v6().append(10, 1);
  EXPECT_FALSE(map.v6().knows_nothing());
}

}  // namespace
}  // namespace rhumb::geo

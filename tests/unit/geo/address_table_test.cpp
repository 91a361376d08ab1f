#include "geo/address_table.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::geo {
namespace {

IpAddress parsed(const char* text) {
  return *IpAddress::parse(text);
}

using Networks = std::vector<NetworkValue<std::uint32_t>>;

IpAddress last_of(const IpAddress& network, int prefix_bits) {
  const int host_bits = bits_of(network.family) - prefix_bits;
  const U128 host_mask = host_bits == kBitsV6 ? ~U128{0} : (U128{1} << host_bits) - 1;
  return {network_of(network, prefix_bits).bits | host_mask, network.family};
}

bool contains(const IpAddress& network, int prefix_bits, const IpAddress& at) {
  return network.family == at.family && network_of(network, prefix_bits) == network_of(at, prefix_bits);
}

// What the table must say, worked out bit by bit from the list of networks.
class Reference {
 public:
  explicit Reference(Networks networks) : networks_(std::move(networks)) {
    for (const auto& network : networks_)
      add_edges(network.network, network.prefix_bits);
    for (const Embedding& embedding : kEmbeddings)
      add_edges(IpAddress::v6(embedding.network), embedding.prefix_bits);
  }

  Match find(const IpAddress& at) const {
    if (const Embedding* embedding = embedding_of(at)) {
      U128 bits = at.bits >> (128 - embedding->scope_shift - 32);
      if (embedding->inverted) bits = ~bits;
      Match match = find(IpAddress::v4(static_cast<std::uint32_t>(bits)));
      match.scope_bits = static_cast<std::uint8_t>(match.scope_bits + embedding->scope_shift);
      return match;
    }
    int scope_bits = bits_of(at.family);
    while (scope_bits > 0 && is_uniform(at, scope_bits - 1))
      --scope_bits;
    return {value_of(at), static_cast<std::uint8_t>(scope_bits)};
  }

  // The first and last address of every network, and their neighbours outside: where the answer can change.
  const std::vector<IpAddress>& edges() const { return edges_; }

 private:
  void add_edges(const IpAddress& network, int prefix_bits) {
    const IpAddress first = network_of(network, prefix_bits);
    const IpAddress last = last_of(network, prefix_bits);
    edges_.push_back(first);
    edges_.push_back(last);
    if (first.bits > 0) edges_.push_back({first.bits - 1, first.family});
    if (last != last_of(network, 0)) edges_.push_back({last.bits + 1, last.family});
  }

  static const Embedding* embedding_of(const IpAddress& at) {
    for (const Embedding& embedding : kEmbeddings) {
      if (contains(IpAddress::v6(embedding.network), embedding.prefix_bits, at)) return &embedding;
    }
    return nullptr;
  }

  std::uint32_t value_of(const IpAddress& at) const {
    const NetworkValue<std::uint32_t>* best = nullptr;
    for (const auto& network : networks_) {
      const bool is_better = best == nullptr || network.prefix_bits > best->prefix_bits;
      if (is_better && contains(network.network, network.prefix_bits, at)) best = &network;
    }
    return best == nullptr ? 0 : best->value;
  }

  // Whether the prefix around `at` has its value everywhere and holds no embedded IPv4.
  bool is_uniform(const IpAddress& at, int prefix_bits) const {
    for (const IpAddress& edge : edges_) {
      if (!contains(at, prefix_bits, edge)) continue;
      if (embedding_of(edge) != nullptr || value_of(edge) != value_of(at)) return false;
    }
    return true;
  }

  Networks networks_;
  std::vector<IpAddress> edges_;
};

U128 random_bits(Random& random) {
  return U128{random.next()} << 64 | random.next();
}

// Near each other, near the embeddings, and of all lengths, so that they nest, touch and meet in one 16-bit digit.
Networks random_networks(Random& random) {
  const IpAddress bases[] = {parsed("0.0.0.0"),         parsed("192.0.2.0"),
                             parsed("255.255.255.255"), parsed("::"),
                             parsed("::ffff:0:0"),      parsed("64:ff9b::"),
                             parsed("2001::"),          parsed("2002::"),
                             parsed("2001:db8:1::"),    parsed("2001:db8:1:2:3:4:5:6"),
                             parsed("ffff::")};
  Networks networks;
  const std::uint32_t count = 1 + random.below(12);
  for (std::uint32_t i = 0; i < count; ++i) {
    IpAddress network = bases[random.below(std::size(bases))];
    const int width = bits_of(network.family);
    network.bits ^= U128{1} << random.below(static_cast<std::uint32_t>(width));
    const int prefix_bits = static_cast<int>(random.below(static_cast<std::uint32_t>(width) + 1));
    networks.push_back({network, prefix_bits, random.below(3)});
  }
  return networks;
}

std::vector<IpAddress> addresses_to_try(const Reference& reference, Random& random) {
  std::vector<IpAddress> result = reference.edges();
  for (int i = 0; i < 8; ++i) {
    result.push_back(IpAddress::v4(static_cast<std::uint32_t>(random.next())));
    result.push_back(IpAddress::v6(random_bits(random)));
  }
  const std::size_t plain = result.size();
  for (std::size_t i = 0; i < plain; ++i) {
    if (result[i].family != Family::v4) continue;
    const U128 v4 = result[i].bits;
    result.push_back(IpAddress::v6(kEmbeddings[0].network | v4));
    result.push_back(IpAddress::v6(kEmbeddings[1].network | v4));
    result.push_back(IpAddress::v6(kEmbeddings[2].network | (U128{random.next()} << 32) | (v4 ^ 0xFFFF'FFFFU)));
    result.push_back(IpAddress::v6(kEmbeddings[3].network | v4 << 80 | random.next()));
  }
  return result;
}

// RFC 7871 §7.2.1: the scope covers only addresses that get this answer. The reference widens the prefix bit by bit as
// long as that is so, which makes its scope the widest possible.
TEST(AddressTable, ValueAndScopeAreThoseOfALongestPrefixMatchDoneBitByBit) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Networks networks = random_networks(random);
    const Reference reference(networks);
    const AddressTable table(map_of_networks<std::uint32_t>(networks));
    for (const IpAddress& at : addresses_to_try(reference, random)) {
      const Match expected = reference.find(at);
      const Match found = table.find(at);
      ASSERT_EQ(found.value, expected.value) << at.to_string();
      ASSERT_EQ(found.scope_bits, expected.scope_bits) << at.to_string();
    }
  }
}

TEST(AddressTable, EveryAddressInsideTheScopeHasTheSameValueAndScope) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Networks networks = random_networks(random);
    const Reference reference(networks);
    const AddressTable table(map_of_networks<std::uint32_t>(networks));
    for (const IpAddress& at : addresses_to_try(reference, random)) {
      const Match match = table.find(at);
      const IpAddress first = network_of(at, match.scope_bits);
      const IpAddress last = last_of(at, match.scope_bits);
      const U128 inside = first.bits | (random_bits(random) & (last.bits - first.bits));
      ASSERT_EQ(table.find(first), match) << at.to_string();
      ASSERT_EQ(table.find(last), match) << at.to_string();
      ASSERT_EQ(table.find({inside, at.family}), match) << at.to_string();
    }
  }
}

// The widest prefix around `at` in its range of `list`, found by trying.
template <typename List, typename Key>
Match find_by_trying(const List& list, Key at) {
  const std::size_t range = list.find(at);
  int scope_bits = sizeof(Key) * 8;
  for (; scope_bits > 0; --scope_bits) {
    const Key host_mask = static_cast<Key>(static_cast<Key>(~Key{0}) >> (scope_bits - 1));
    if (static_cast<Key>(at & ~host_mask) < list.first(range) || static_cast<Key>(at | host_mask) > list.last(range))
      break;
  }
  return {list.value(range), static_cast<std::uint8_t>(scope_bits)};
}

// Thousands of ranges that differ in one digit make nodes with an index; values of more than 16 bits make wide ones.
TEST(AddressTable, FindsInCrowdedDigits) {
  for (const std::uint32_t ranges : {9U, 10U, 11U, 12U, 279U, 281U, 300U, 8'000U, 30'000U}) {
    SCOPED_TRACE(ranges);
    Random random(ranges);
    AddressMap<std::uint32_t> map;
    const std::uint32_t step = 0x10000 / ranges;
    const std::uint32_t value_base = 40'000;  // in the longer lists, some are above 65,535
    for (std::uint32_t i = 0; i < ranges; ++i) {
      const std::uint32_t digit = i * step + random.below(step);
      map.v4().append(0x0A0A'0000U + digit, value_base + i);
      map.v6().append((U128{0x2A00'0001} << 96) + (U128{digit} << 80), value_base + i);
    }
    const AddressTable table(map);
    for (std::uint32_t digit = 0; digit < 0x10000; digit += 1 + random.below(20)) {
      const std::uint32_t v4 = 0x0A0A'0000U + digit;
      const U128 v6 = (U128{0x2A00'0001} << 96) + (U128{digit} << 80) + 5;
      ASSERT_EQ(table.find_v4(v4), find_by_trying(map.v4(), v4)) << digit;
      ASSERT_EQ(table.find_v6(v6), find_by_trying(map.v6(), v6)) << digit;
    }
  }
}

// Steps that crowd in a corner of a digit make lists longer than the steps that are compared at once, beside lists that
// many entries of the index share.
TEST(AddressTable, FindsInCrowdedCornersOfDigits) {
  for (const std::uint32_t crowd : {15U, 16U, 17U, 18U, 33U, 100U, 700U, 3'000U}) {
    for (const std::uint32_t corner : {0U, 0x7FF8U, 0x10000U - crowd}) {
      for (const std::uint32_t value_base : {1U, 0x10000U}) {
        SCOPED_TRACE(std::to_string(crowd) + " from " + std::to_string(corner) + ", " + std::to_string(value_base));
        AddressMap<std::uint32_t> map;
        for (std::uint32_t digit = corner; digit < corner + crowd; ++digit) {
          map.v4().append(0x0A0A'0000U + digit, value_base + digit % 7);
          map.v6().append((U128{0x2A00'0001} << 96) + (U128{digit} << 80), value_base + digit % 7);
        }
        const AddressTable table(map);
        for (std::uint32_t digit = 0;
             digit<0x10000; digit += digit + 20> corner && digit < corner + crowd + 20 ? 1 : 19) {
          const std::uint32_t v4 = 0x0A0A'0000U + digit;
          const U128 v6 = (U128{0x2A00'0001} << 96) + (U128{digit} << 80) + 5;
          ASSERT_EQ(table.find_v4(v4), find_by_trying(map.v4(), v4)) << digit;
          ASSERT_EQ(table.find_v6(v6), find_by_trying(map.v6(), v6)) << digit;
        }
      }
    }
  }
}

TEST(AddressTable, EmptyKnowsNothing) {
  const AddressTable table;
  EXPECT_EQ(table.find(parsed("192.0.2.1")), (Match{0, 0}));
  EXPECT_EQ(table.find(parsed("::ffff:192.0.2.1")), (Match{0, 96}));
  EXPECT_EQ(table.find(parsed("2001:db8::1")).value, 0U);
  // The embeddings are no part of their neighbours: 2001:db8:: and 2001::/32 part at the 21st bit.
  EXPECT_EQ(table.find(parsed("2001:db8::1")).scope_bits, 21);
}

TEST(AddressTable, FindsIpv4InsideIpv6) {
  AddressMap<std::uint32_t> map;
  map.v4().append(parsed("192.0.2.0").as_v4(), 7);
  map.v4().append(parsed("192.0.3.0").as_v4(), 0);
  map.v6().append(parsed("2001::").bits, 9);  // what a database says of these prefixes themselves does not count
  map.v6().append(parsed("2003::").bits, 0);
  const AddressTable table(map);
  EXPECT_EQ(table.find(parsed("192.0.2.33")), (Match{7, 24}));
  EXPECT_EQ(table.find(parsed("::ffff:192.0.2.33")), (Match{7, 96 + 24}));
  EXPECT_EQ(table.find(parsed("64:ff9b::192.0.2.33")), (Match{7, 96 + 24}));
  EXPECT_EQ(table.find(parsed("2002:c000:221:1::5")), (Match{7, 16 + 24}));
  EXPECT_EQ(table.find(parsed("2001:0:4136:e378:8000:63bf:3fff:fdde")), (Match{7, 96 + 24}));
  EXPECT_EQ(table.find(parsed("2001:1::")).value, 9U);
}

TEST(AddressTable, RefusesReservedValues) {
  AddressMap<std::uint32_t> map;
  map.v4().append(1, AddressTable::kValueMax);
  EXPECT_EQ(AddressTable(map).find_v4(1).value, AddressTable::kValueMax);
  map.v4().append(2, AddressTable::kValueMax + 1);
  EXPECT_THROW(AddressTable{map}, std::length_error);
}

// A step's number and its digit are of 16 bits: the most that fit in a node.
TEST(AddressTable, FindsWhereEveryDigitIsAStep) {
  for (const std::uint32_t value_base : {1U, 0x10000U}) {
    SCOPED_TRACE(value_base);
    AddressMap<std::uint32_t> map;
    for (std::uint32_t digit = 0; digit < 0x10000; ++digit)
      map.v4().append(0x0A0A'0000U + digit, value_base + digit % 7);
    const AddressTable table(map);
    for (std::uint32_t digit = 0; digit < 0x10000; ++digit)
      ASSERT_EQ(table.find_v4(0x0A0A'0000U + digit), (Match{value_base + digit % 7, 32})) << digit;
  }
}

}  // namespace
}  // namespace rhumb::geo

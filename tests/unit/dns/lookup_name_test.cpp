#include "dns/lookup_name.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::dns {
namespace {

constexpr std::uint64_t kKey = 0x1234;

LookupName parsed(std::string_view text) {
  LookupName name;
  EXPECT_NE(name.parse(Name::from_text(text)->wire(), kKey), 0U);
  return name;
}

TEST(LookupName, ASuffixHashesAsTheNameItIs) {
  const LookupName name = parsed("a.rather-longer-label-than-sixteen-octets.example.com");
  for (std::size_t i = 0; i <= name.label_count; ++i) {
    LookupName alone;
    ASSERT_EQ(alone.parse(name.suffix(i), kKey), name.suffix(i).size());
    EXPECT_EQ(alone.hash(0), name.hash(i)) << i;
    EXPECT_EQ(alone.label_count, name.label_count - i);
  }
}

TEST(LookupName, CaseDoesNotMatterAndNothingElseIsFolded) {
  std::vector<std::uint8_t> label(1 + 63 + 1);
  for (int first = 0; first < 256; first += 63) {
    label[0] = 63;
    for (int i = 0; i < 63; ++i)
      label[static_cast<std::size_t>(i) + 1] = static_cast<std::uint8_t>(first + i);
    LookupName name;
    ASSERT_EQ(name.parse(label, kKey), 65U);
    for (std::size_t i = 1; i < 64; ++i)
      EXPECT_EQ(name.wire[i], to_lower(label[i])) << int{label[i]};
  }
}

class HashKeys : public testing::TestWithParam<std::uint64_t> {};

// Keys that a careless mix would let cancel out.
INSTANTIATE_TEST_SUITE_P(LookupName, HashKeys, testing::Values(0, 1, ~std::uint64_t{0}));

TEST_P(HashKeys, NamesThatDifferHashDifferently) {
  std::set<std::uint64_t> hashes;
  const auto parsed = [](std::string_view text) {
    LookupName name;
    EXPECT_NE(name.parse(Name::from_text(text)->wire(), GetParam()), 0U);
    return name;
  };
  for (const char* text :
       {"a.bc", "ab.c", "abc", "a.b.c", "aaaaaaa", "aaaaaaaa", "aaaaaaaaa", "a\\000", "a\\000\\000", "b"}) {
    EXPECT_TRUE(hashes.insert(parsed(text).hash(0)).second) << text;
  }
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(hashes.insert(parsed("host-" + std::to_string(i) + ".example").hash(0)).second);
  }
}

TEST(LookupName, TheKeyChangesTheHash) {
  LookupName other;
  ASSERT_NE(other.parse(Name::from_text("a.example")->wire(), kKey + 1), 0U);
  EXPECT_NE(other.hash(0), parsed("a.example").hash(0));
}

TEST(LookupName, StopsAtTheEndOfTheName) {
  std::vector<std::uint8_t> bytes{1, 'a', 0, 9, 9, 9};
  LookupName name;
  EXPECT_EQ(name.parse(bytes, kKey), 3U);
  EXPECT_EQ(name.label_count, 1);
}

TEST(LookupName, TakesTheLargestNames) {
  std::vector<std::uint8_t> deepest;
  for (std::size_t i = 0; i < kLabelsMax; ++i)
    deepest.insert(deepest.end(), {1, 'x'});
  deepest.push_back(0);
  LookupName name;
  EXPECT_EQ(name.parse(deepest, kKey), kNameMax);
  EXPECT_EQ(name.label_count, kLabelsMax);
}

TEST(LookupName, RefusesMalformedNames) {
  LookupName name;
  EXPECT_EQ(name.parse({}, kKey), 0U);
  EXPECT_EQ(name.parse(std::vector<std::uint8_t>{3, 'w', 'w'}, kKey), 0U) << "cut off";
  EXPECT_EQ(name.parse(std::vector<std::uint8_t>{1, 'w'}, kKey), 0U) << "no root label";
  EXPECT_EQ(name.parse(std::vector<std::uint8_t>{0xC0, 0x0C, 0}, kKey), 0U) << "compressed";
  EXPECT_EQ(name.parse(std::vector<std::uint8_t>{0x40, 0x0C, 0}, kKey), 0U) << "label type 01";
  std::vector<std::uint8_t> too_long;
  for (int i = 0; i < 128; ++i)
    too_long.insert(too_long.end(), {1, 'x'});
  too_long.push_back(0);
  EXPECT_EQ(name.parse(too_long, kKey), 0U) << "257 octets";
}

}  // namespace
}  // namespace rhumb::dns

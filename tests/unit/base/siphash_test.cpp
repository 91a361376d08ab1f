#include "base/siphash.hpp"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb {
namespace {

// The vectors that its authors publish: key 00 01 … 0f, data 00 01 ….
TEST(SipHash, AgreesWithItsAuthors) {
  SipKey key;
  std::iota(key.begin(), key.end(), std::uint8_t{0});
  std::vector<std::uint8_t> data(15);
  std::iota(data.begin(), data.end(), std::uint8_t{0});
  EXPECT_EQ(siphash24(Bytes(data).first(0), key), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(siphash24(Bytes(data).first(1), key), 0x74f839c593dc67fdU);
  EXPECT_EQ(siphash24(Bytes(data).first(8), key), 0x93f5f5799a932462U);
  EXPECT_EQ(siphash24(data, key), 0xa129ca6149be45e5U);
}

}  // namespace
}  // namespace rhumb

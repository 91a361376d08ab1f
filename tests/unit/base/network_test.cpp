#include "base/network.hpp"

#include <gtest/gtest.h>

namespace rhumb {
namespace {

std::string refusal(std::string_view text) {
  return refuse_network(text, Network::parse(text)).value_or("");
}

TEST(Network, IsAnAddressAndThePrefixLength) {
  EXPECT_EQ(Network::parse("192.0.2.0/24"), (Network{IpAddress::v4(0xC000'0200), 24}));
  EXPECT_EQ(Network::parse("0.0.0.0/0"), (Network{IpAddress::v4(0), 0}));
  EXPECT_EQ(Network::parse("2001:db8::/32"), (Network{IpAddress::v6(U128{0x2001'0DB8} << 96), 32}));
}

TEST(Network, OfAnAddressAloneIsThatAddress) {
  EXPECT_EQ(Network::parse("192.0.2.1"), (Network{IpAddress::v4(0xC000'0201), 32}));
  EXPECT_EQ(Network::parse("::1"), (Network{IpAddress::v6(1), 128}));
}

TEST(Network, IsWrittenAsItIsRead) {
  for (const std::string_view text : {"192.0.2.0/24", "192.0.2.1/24", "0.0.0.0/0", "2001:db8::/32", "::1/128"}) {
    EXPECT_EQ(Network::parse(text)->to_string(), text);
  }
}

TEST(Network, OfAnyOtherTextIsNothing) {
  for (const std::string_view text : {"", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8",
                                      "192.0.2.0/ 8", "192.0.2.0/8x", "192.0.2/24", "::/129", "::/256", "paris"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(Network, IsRefusedWithWhatWasProbablyMeant) {
  EXPECT_EQ(refusal("192.0.2.0/24"), "");
  EXPECT_EQ(refusal("192.0.2.1/24"), "192.0.2.1/24 has bits set after the prefix; meant 192.0.2.0/24?");
  EXPECT_EQ(refusal("2001:db8::1/32"), "2001:db8::1/32 has bits set after the prefix; meant 2001:db8::/32?");
  EXPECT_EQ(refusal("192.0.2.0/33"), "\"192.0.2.0/33\" is not a network such as 192.0.2.0/24");
}

}  // namespace
}  // namespace rhumb

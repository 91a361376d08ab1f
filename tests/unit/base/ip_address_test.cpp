#include "base/ip_address.hpp"

#include <gtest/gtest.h>

namespace rhumb {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1:0:0:1"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->as_v4(), 0xC0000201U);
}

TEST(IpAddress, RefusesWhatIsNotOne) {
  for (const char* text : {"", "300.1.1.1", "1.2.3", "1.2.3.4/8", "1.2.3.4:53", "::1%lo", "[::1]", "example.com",
                           " 1.2.3.4", "00000:00000:00000:00000:00000:00000:00000:00000:00000"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, NetworkClearsTheHostBits) {
  EXPECT_EQ(network_of(*IpAddress::parse("192.0.2.255"), 24), *IpAddress::parse("192.0.2.0"));
  EXPECT_EQ(network_of(*IpAddress::parse("192.0.2.255"), 32), *IpAddress::parse("192.0.2.255"));
  EXPECT_EQ(network_of(*IpAddress::parse("192.0.2.255"), 0), *IpAddress::parse("0.0.0.0"));
  EXPECT_EQ(network_of(*IpAddress::parse("2001:db8:ffff::1"), 36), *IpAddress::parse("2001:db8:f000::"));
  EXPECT_EQ(network_of(*IpAddress::parse("2001:db8::1"), 0), *IpAddress::parse("::"));
}

TEST(Endpoint, ReadsAndWritesBothFamilies) {
  for (const char* text : {"127.0.0.1:5300", "[::1]:5300", "0.0.0.0:53", "[::]:65535"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->to_string(), text);
  }
}

TEST(Endpoint, RefusesWhatIsNotOne) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", ":53", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:53 ",
                           "::1:53", "[127.0.0.1]:53", "localhost:53", "[::1]", "[]:53"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

}  // namespace
}  // namespace rhumb

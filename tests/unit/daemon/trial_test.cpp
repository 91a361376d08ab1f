#include "daemon/trial.hpp"

#include <gtest/gtest.h>

namespace rhumb::daemon {
namespace {

// Nothing when `text` is no client, otherwise "ADDRESS/BITS".
std::optional<std::string> parsed(std::string_view text, AddressBits told) {
  const auto client = parse_client(text, told);
  if (!client) return std::nullopt;
  EXPECT_EQ(client->family, client->address.family == Family::v4 ? 1 : 2);
  return client->address.to_string() + "/" + std::to_string(client->source_bits);
}

TEST(ParseClient, OfAnAddressItTellsWhatIsToBeTold) {
  EXPECT_EQ(parsed("192.0.2.129", kWholeAddress), "192.0.2.129/32");
  EXPECT_EQ(parsed("192.0.2.129", kToldByResolvers), "192.0.2.0/24");
  EXPECT_EQ(parsed("2001:db8:1:2ff::1", kWholeAddress), "2001:db8:1:2ff::1/128");
  EXPECT_EQ(parsed("2001:db8:1:2ff::1", kToldByResolvers), "2001:db8:1:200::/56");
}

TEST(ParseClient, ANetworkKeepsItsLength) {
  EXPECT_EQ(parsed("192.0.2.129/25", kToldByResolvers), "192.0.2.128/25");
  EXPECT_EQ(parsed("192.0.2.129/1", kWholeAddress), "128.0.0.0/1");
  EXPECT_EQ(parsed("2001:db8:5:0:8000::/65", kToldByResolvers), "2001:db8:5:0:8000::/65");
}

TEST(ParseClient, AnythingElseIsNoClient) {
  for (const char* text : {"", "/", "/24", "paris", "192.0.2.1/", "192.0.2.1/0", "192.0.2.1/33", "192.0.2.1/2x",
                           "192.0.2.1/-1", "2001:db8::/129", "192.0.2.256"})
    EXPECT_EQ(parsed(text, kToldByResolvers), std::nullopt) << text;
}

}  // namespace
}  // namespace rhumb::daemon

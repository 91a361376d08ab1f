#include "geo/client_weights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::geo {
namespace {

using testing::ElementsAre;

class ClientWeightsFile : public testing::Test {
 protected:
  std::optional<ClientWeights> read(std::string_view text) {
    Problems problems;
    auto weights = read_client_weights(directory_.write("clients.csv", text), problems);
    problems_.clear();
    for (const Problem& problem : problems.all())
      problems_.push_back(problem.to_string().substr(directory_.path().string().size() + 1));
    EXPECT_EQ(weights.has_value(), problems_.empty());
    return weights;
  }

  test::TemporaryDirectory directory_;
  std::vector<std::string> problems_;
};

double at(const ClientWeights& weights, std::string_view address) {
  return weights.find(*IpAddress::parse(address));
}

TEST_F(ClientWeightsFile, ANetworksWeightIsSpreadOverItsAddresses) {
  const auto weights = read("192.0.2.0/24,512\n2001:db8::/32,8\n203.0.113.9,3\n");
  ASSERT_TRUE(weights);
  EXPECT_EQ(at(*weights, "192.0.2.0"), 2);
  EXPECT_EQ(at(*weights, "192.0.2.255"), 2);
  EXPECT_EQ(at(*weights, "192.0.3.0"), 0);
  EXPECT_EQ(at(*weights, "203.0.113.9"), 3);
  EXPECT_EQ(at(*weights, "203.0.113.8"), 0);
  EXPECT_DOUBLE_EQ(at(*weights, "2001:db8::1") * 0x1p96, 8);
}

TEST_F(ClientWeightsFile, ANetworkInsideAnotherAddsToIt) {
  const auto weights = read("192.0.2.0/24,256\n192.0.2.0/25,256\n192.0.2.0/25,128\n");
  ASSERT_TRUE(weights);
  EXPECT_EQ(at(*weights, "192.0.2.1"), 1 + 2 + 1);
  EXPECT_EQ(at(*weights, "192.0.2.200"), 1);
}

TEST_F(ClientWeightsFile, HeaderCommentsAndSpacesArePassedOver) {
  const auto weights = read("# from the logs\n\nnetwork,weight\r\n 192.0.2.0/24 , 25.6e1  # Ashburn\r\n");
  ASSERT_TRUE(weights);
  EXPECT_EQ(at(*weights, "192.0.2.7"), 1);
}

TEST_F(ClientWeightsFile, EveryBadLineIsToldWithItsPlace) {
  EXPECT_FALSE(
      read("192.0.2.0/24\nparis,1\n192.0.2.0/33,1\n192.0.2.1/24,1\n192.0.2.0/24,-1\n192.0.2.0/24,inf\n"
           "192.0.2.0/24,1,2\nnetwork,weight\n"));
  EXPECT_THAT(problems_, ElementsAre("clients.csv:1: needs a network and a weight, as in 192.0.2.0/24,1500",
                                     "clients.csv:2: \"paris\" is not a network such as 192.0.2.0/24",
                                     "clients.csv:3: \"192.0.2.0/33\" is not a network such as 192.0.2.0/24",
                                     "clients.csv:4: 192.0.2.1/24 has bits set after the prefix; meant 192.0.2.0/24?",
                                     "clients.csv:5: \"-1\" is not a weight: a number, 0 or more",
                                     "clients.csv:6: \"inf\" is not a weight: a number, 0 or more",
                                     "clients.csv:7: needs a network and a weight, as in 192.0.2.0/24,1500",
                                     "clients.csv:8: \"network\" is not a network such as 192.0.2.0/24"));
}

TEST_F(ClientWeightsFile, WithoutAnyWeightThereIsNothingToShare) {
  EXPECT_FALSE(read("192.0.2.0/24,0\n"));
  EXPECT_THAT(problems_, ElementsAre("clients.csv: no network has a weight above 0"));
  Problems problems;
  EXPECT_FALSE(read_client_weights(directory_.path() / "missing.csv", problems));
  EXPECT_TRUE(problems.has_errors());
}

TEST(ClientWeights, ByAddressSpaceEveryIpv4AddressCountsTheSame) {
  const ClientWeights weights = weigh_by_address_space();
  EXPECT_EQ(at(weights, "0.0.0.0"), 1);
  EXPECT_EQ(at(weights, "255.255.255.255"), 1);
  EXPECT_EQ(at(weights, "2001:db8::1"), 0);
}

}  // namespace
}  // namespace rhumb::geo

#include "steering/rendezvous.hpp"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "support/chi_square.hpp"

namespace rhumb::steering {
namespace {

using test::are_shared_by;
using testing::ElementsAre;
using Weights = std::vector<std::uint32_t>;
using Counts = std::vector<std::uint32_t>;

IpAddress address(std::string_view text) {
  return *IpAddress::parse(text);
}

// Instances 192.0.2.1, .2, … at places 0, 1, …
std::vector<std::uint64_t> ids_of(std::size_t count) {
  std::vector<std::uint64_t> ids;
  for (std::uint32_t i = 0; i < count; ++i)
    ids.push_back(hash_address(IpAddress::v4(0xC0000201 + i)));
  return ids;
}

std::vector<Candidate> candidates_of(const Weights& weights) {
  std::vector<Candidate> candidates;
  for (const std::uint32_t weight : weights)
    candidates.push_back({static_cast<std::uint8_t>(candidates.size()), weight});
  return candidates;
}

std::vector<int> order(std::vector<Candidate> candidates, std::uint64_t network,
                       const std::vector<std::uint64_t>& ids) {
  order_by_rendezvous(candidates, candidates.size(), network, ids);
  std::vector<int> places;
  std::ranges::transform(candidates, std::back_inserter(places), &Candidate::place);
  return places;
}

// ------------------------------------------------------------------------------------------------------------
// Values for ever: these were computed by another program. Servers of different versions answer beside each other, so a
// release that changes one of them sends clients to and fro.

TEST(Rendezvous, TheNumbersOfNetworksAndCandidatesNeverChange) {
  EXPECT_EQ(hash_network(address("192.0.2.77"), 24), 0xb03bd183630fe84eU);
  EXPECT_EQ(hash_network(address("192.0.2.77"), 0), 0xa75c025572bd8b06U);
  EXPECT_EQ(hash_network(address("2001:db8:1:2::5"), 56), 0x7702526b55413bf3U);
  EXPECT_EQ(hash_network(address("2001:db8::"), 0), 0xd0d328c50ed05216U);
  EXPECT_EQ(hash_address(address("192.0.2.1")), 0xeeb18b3e39a12264U);
  EXPECT_EQ(hash_address(address("2001:db8::1")), 0xcfd20c50fceed894U);
  EXPECT_EQ(hash_name("eu-west"), 0xd8c7a5901ef85702U);
  EXPECT_EQ(hash_name(""), 0x9081f0ce31792c98U);
}

TEST(Rendezvous, OrdersNeverChange) {
  const auto ids = ids_of(8);
  const auto candidates = candidates_of({1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_THAT(order(candidates, hash_network(address("198.51.100.7"), 24), ids), ElementsAre(4, 7, 0, 5, 3, 2, 6, 1));
  EXPECT_THAT(order(candidates, hash_network(address("2001:db8:1:2::5"), 56), ids),
              ElementsAre(2, 0, 3, 6, 7, 5, 4, 1));
  EXPECT_THAT(order(candidates, hash_network(address("203.0.113.9"), 24), ids), ElementsAre(7, 3, 5, 4, 6, 0, 2, 1));
}

}  // namespace
}  // namespace rhumb::steering

#include "steering/admission.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/ip_address.hpp"
#include "steering/rendezvous.hpp"

namespace rhumb::steering {
namespace {

constexpr std::uint32_t kNetworks = 100'000;

std::uint64_t network(std::uint32_t i) {
  static const std::vector<std::uint64_t> kHashes = [] {
    std::vector<std::uint64_t> hashes;
    for (std::uint32_t n = 0; n < kNetworks; ++n)
      hashes.push_back(hash_network(IpAddress::v4(0x0A000000U + (n << 8)), 24));
    return hashes;
  }();
  return kHashes[i];
}

// The least share that the network is in.
std::uint32_t least_share(std::uint64_t network, std::uint64_t region) {
  std::uint32_t low = 1;
  std::uint32_t high = kFullShare;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (is_admitted(static_cast<Share>(middle), network, region)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

double part_admitted(Share share, std::uint64_t region) {
  std::uint32_t admitted = 0;
  for (std::uint32_t i = 0; i < kNetworks; ++i)
    admitted += is_admitted(share, network(i), region) ? 1 : 0;
  return static_cast<double>(admitted) / kNetworks;
}

TEST(Admission, WhoIsInAShareIsInEveryGreaterOne) {
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::uint64_t region = hash_name("region" + std::to_string(i % 7));
    bool was_admitted = false;
    for (std::uint32_t share = 1; share <= kFullShare; ++share) {
      const bool admitted = is_admitted(static_cast<Share>(share), network(i), region);
      ASSERT_TRUE(admitted || !was_admitted) << "network " << i << ", share " << share;
      was_admitted = admitted;
    }
  }
}

TEST(Admission, TheFullShareIsEverybodyAndTheLeastNobody) {
  for (const char* region : {"eu-west", "us-east"}) {
    EXPECT_EQ(part_admitted(kFullShare, hash_name(region)), 1);
    EXPECT_EQ(part_admitted(kLeastShare, hash_name(region)), 0);
  }
}

TEST(Admission, AShareIsThatPartOfTheNetworks) {
  for (const char* region : {"eu-west", "us-east", "ap-south"}) {
    for (const int percent : {1, 5, 10, 25, 50, 75, 90, 99}) {
      const auto share = static_cast<Share>(kFullShare * percent / 100);
      EXPECT_NEAR(part_admitted(share, hash_name(region)), percent / 100.0, 0.01) << region;
    }
  }
}

// Of those who are in one region's half, half are in that of another.
TEST(Admission, RegionsAdmitIndependentlyOfEachOther) {
  const std::vector<std::uint64_t> regions{hash_name("eu-west"), hash_name("eu-east"), hash_name("a"), 0, 1};
  constexpr Share kHalf = kFullShare / 2;
  for (std::size_t a = 0; a < regions.size(); ++a) {
    for (std::size_t b = a + 1; b < regions.size(); ++b) {
      std::uint32_t both = 0;
      for (std::uint32_t i = 0; i < kNetworks; ++i)
        both += is_admitted(kHalf, network(i), regions[a]) && is_admitted(kHalf, network(i), regions[b]) ? 1 : 0;
      EXPECT_NEAR(static_cast<double>(both) / kNetworks, 0.25, 0.01) << a << " and " << b;
    }
  }
}

// Who leaves spreads over the others as they share.
TEST(Admission, SaysNothingOfWhatRendezvousHashingPrefers) {
  const std::vector<std::uint64_t> ids{hash_name("eu-west"), hash_name("eu-east"), hash_name("us-east")};
  std::vector<std::uint32_t> left(ids.size());
  std::uint32_t all = 0;
  for (std::uint32_t i = 0; i < kNetworks; ++i) {
    if (is_admitted(kFullShare / 2, network(i), ids[0])) continue;
    std::vector<Candidate> candidates{{0, 1}, {1, 1}, {2, 1}};
    order_by_rendezvous(candidates, 1, network(i), ids);
    ++left[candidates.front().place];
    ++all;
  }
  for (const std::uint32_t count : left)
    EXPECT_NEAR(static_cast<double>(count) / all, 1.0 / 3, 0.01);
}

// While some servers are new and some old, they must agree: these never change.
TEST(Admission, ItsPointsNeverChange) {
  std::vector<std::uint32_t> points;
  for (std::uint32_t i = 0; i < 4; ++i) {
    for (const char* region : {"eu-west", "us-east"})
      points.push_back(least_share(network(i), hash_name(region)));
  }
  points.push_back(least_share(0, 0));
  points.push_back(least_share(~std::uint64_t{0}, ~std::uint64_t{0}));
  EXPECT_EQ(points, (std::vector<std::uint32_t>{234, 2344, 766, 686, 2157, 2767, 490, 661, 2658, 3141}));
}

}  // namespace
}  // namespace rhumb::steering

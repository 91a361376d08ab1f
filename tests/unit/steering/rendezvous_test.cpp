#include "steering/rendezvous.hpp"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "steering/weighted_draw.hpp"
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

std::vector<std::uint8_t> order(std::vector<Candidate> candidates, std::uint64_t network,
                                const std::vector<std::uint64_t>& ids) {
  order_by_rendezvous(candidates, candidates.size(), network, ids);
  std::vector<std::uint8_t> places;
  std::ranges::transform(candidates, std::back_inserter(places), &Candidate::place);
  return places;
}

std::uint8_t first(std::vector<Candidate> candidates, std::uint64_t network, const std::vector<std::uint64_t>& ids) {
  order_by_rendezvous(candidates, 1, network, ids);
  return candidates.front().place;
}

// As clients are: one beside the other. Every /24 of 10.0.0.0/8, or longer networks to have more of them.
std::vector<std::uint64_t> sequential_networks(int prefix_bits = 24) {
  std::vector<std::uint64_t> networks;
  for (std::uint32_t i = 0; i < 1U << (prefix_bits - 8); ++i)
    networks.push_back(hash_network(IpAddress::v4(0x0A000000 | i << (32 - prefix_bits)), prefix_bits));
  return networks;
}

std::vector<std::uint64_t> random_networks() {
  std::vector<std::uint64_t> networks(0x4000);
  Random random(1);
  std::ranges::generate(networks, [&] { return hash_network(IpAddress::v6(U128{random.next()} << 64), 56); });
  return networks;
}

// How often each of `places` comes first.
Counts first_places(const std::vector<Candidate>& candidates, const std::vector<std::uint64_t>& networks,
                    std::size_t places) {
  const auto ids = ids_of(places);
  Counts counts(places);
  for (const std::uint64_t network : networks)
    ++counts[first(candidates, network, ids)];
  return counts;
}

// These values are for ever: servers of different versions answer beside each other, and a release that changed one
// would send clients to and fro. They were computed by another program, with libm's logarithm.
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

TEST(Rendezvous, AllHostsOfANetworkAreOneClient) {
  const std::uint64_t network = hash_network(address("192.0.2.0"), 24);
  EXPECT_EQ(hash_network(address("192.0.2.255"), 24), network);
  EXPECT_NE(hash_network(address("192.0.3.0"), 24), network);
  EXPECT_EQ(hash_network(address("2001:db8::1"), 64), hash_network(address("2001:db8::ffff:0:0:2"), 64));
  EXPECT_NE(hash_network(address("2001:db8::1"), 128), hash_network(address("2001:db8::2"), 128));
}

TEST(Rendezvous, FamiliesAndKindsOfNumbersAreStrangers) {
  EXPECT_NE(hash_network(address("0.0.0.1"), 32), hash_network(address("::1"), 128));
  EXPECT_NE(hash_address(address("0.0.0.1")), hash_address(address("::1")));
  EXPECT_NE(hash_network(address("192.0.2.1"), 32), hash_address(address("192.0.2.1")));
  EXPECT_NE(hash_name(std::string_view("\4\xC0\0\2\1", 5)), hash_address(address("192.0.2.1")));
}

TEST(Rendezvous, GivesEveryCandidateOnceWithItsWeight) {
  const auto ids = ids_of(kCandidatesMax);
  Random random(1);
  for (int i = 0; i < 1'000; ++i) {
    SCOPED_TRACE(i);
    Weights weights(random.below(kCandidatesMax + 1));
    std::ranges::generate(weights, [&] { return 1 + random.below(1U << random.below(25)); });
    auto ordered = candidates_of(weights);
    const std::size_t count = random.below(static_cast<std::uint32_t>(weights.size()) + 1);
    order_by_rendezvous(ordered, count, random.next(), ids);
    std::ranges::sort(ordered, {}, &Candidate::place);
    for (std::size_t place = 0; place < weights.size(); ++place) {
      ASSERT_EQ(ordered[place].place, place);
      ASSERT_EQ(ordered[place].weight, weights[place]);
    }
  }
}

TEST(Rendezvous, TheBestAreThoseOfTheWholeOrderHoweverTheyWereListed) {
  const auto ids = ids_of(20);
  Random random(2);
  for (int i = 0; i < 1'000; ++i) {
    SCOPED_TRACE(i);
    Weights weights(20);
    std::ranges::generate(weights, [&] { return 1 + random.below(5); });
    auto candidates = candidates_of(weights);
    const std::uint64_t network = random.next();
    const auto whole = order(candidates, network, ids);
    draw_weighted(candidates, candidates.size(), random);  // shuffled
    const std::size_t count = random.below(21);
    order_by_rendezvous(candidates, count, network, ids);
    for (std::size_t k = 0; k < count; ++k)
      ASSERT_EQ(candidates[k].place, whole[k]);
  }
}

TEST(Rendezvous, EqualNumbersGoByWeightThenByPlace) {
  const std::vector<std::uint64_t> ids(4, 7);
  for (const std::uint64_t network : random_networks())
    ASSERT_THAT(order(candidates_of({1, 5, 1, 5}), network, ids), ElementsAre(1, 3, 0, 2));
}

// For network 0 these two cost the same, to the last bit. Places are one server's own: its configuration may list them
// in another order.
TEST(Rendezvous, EqualCostsGoByTheNumber) {
  EXPECT_THAT(order(candidates_of({1, 1}), 0, {71'664, 107'355}), ElementsAre(0, 1));
  EXPECT_THAT(order(candidates_of({1, 1}), 0, {107'355, 71'664}), ElementsAre(1, 0));
}

TEST(Rendezvous, EachComesFirstByItsWeight) {
  const auto sequential = sequential_networks();
  const auto random = random_networks();
  for (const Weights& weights : {Weights{1, 1, 1}, Weights{1, 2, 7}, Weights{7, 2, 1}, Weights(255, 1),
                                 Weights{kRendezvousWeightMax, kRendezvousWeightMax / 2, kRendezvousWeightMax / 4}}) {
    EXPECT_PRED2(are_shared_by, first_places(candidates_of(weights), sequential, weights.size()), weights);
    EXPECT_PRED2(are_shared_by, first_places(candidates_of(weights), random, weights.size()), weights);
  }
  const Weights lopsided{65'535, 1, 1};
  EXPECT_PRED2(are_shared_by, first_places(candidates_of(lopsided), sequential_networks(28), 3), lopsided);
}

// The first of exponential clocks says nothing about which is the second.
TEST(Rendezvous, TheSecondIsOneOfTheOthersByTheirWeights) {
  const Weights weights{1, 2, 7, 5};
  const auto ids = ids_of(4);
  std::vector<Counts> seconds(4, Counts(4));
  for (const std::uint64_t network : sequential_networks()) {
    const auto places = order(candidates_of(weights), network, ids);
    ++seconds[places[0]][places[1]];
  }
  for (std::size_t place = 0; place < 4; ++place) {
    Weights left = weights;
    left[place] = 0;
    EXPECT_PRED2(are_shared_by, seconds[place], left);
  }
}

// Where a network goes says nothing about where the next one goes.
TEST(Rendezvous, NeighboursAreStrangers) {
  const Weights weights{1, 2, 3};
  const auto ids = ids_of(3);
  const auto networks = sequential_networks();
  Counts pairs(9);
  for (std::size_t i = 0; i < networks.size(); i += 2)
    ++pairs[first(candidates_of(weights), networks[i], ids) * 3U + first(candidates_of(weights), networks[i + 1], ids)];
  EXPECT_PRED2(are_shared_by, pairs, (Weights{1, 2, 3, 2, 4, 6, 3, 6, 9}));
}

TEST(Rendezvous, WhenOneLeavesOnlyItsClientsMoveAndByTheWeightsOfTheOthers) {
  const Weights weights{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const auto ids = ids_of(10);
  const auto networks = sequential_networks();
  for (const std::size_t leaver : {0U, 4U, 9U}) {
    auto others = candidates_of(weights);
    std::erase_if(others, [&](const Candidate& candidate) { return candidate.place == leaver; });
    Counts moved(10);
    Counts after(10);
    for (const std::uint64_t network : networks) {
      const auto before = first(candidates_of(weights), network, ids);
      const auto now = first(others, network, ids);
      ++after[now];
      if (before == leaver) {
        ++moved[now];
      } else {
        ASSERT_EQ(now, before);
      }
    }
    Weights left = weights;
    left[leaver] = 0;
    EXPECT_PRED2(are_shared_by, moved, left);
    EXPECT_PRED2(are_shared_by, after, left);
  }
}

TEST(Rendezvous, WhenOneLeavesTheOrderOfTheOthersDoesNotChange) {
  const Weights weights{1, 2, 3, 4, 5, 5, 4, 3, 2, 1};
  const auto ids = ids_of(10);
  Random random(3);
  for (int i = 0; i < 5'000; ++i) {
    const std::uint64_t network = random.next();
    const auto leaver = static_cast<std::uint8_t>(random.below(10));
    auto others = candidates_of(weights);
    std::erase_if(others, [&](const Candidate& candidate) { return candidate.place == leaver; });
    auto expected = order(candidates_of(weights), network, ids);
    std::erase(expected, leaver);
    ASSERT_EQ(order(others, network, ids), expected) << network;
  }
}

TEST(Rendezvous, WhenAWeightDoublesClientsMoveOnlyTowardsIt) {
  const auto ids = ids_of(5);
  Counts moved_from(5);
  Counts after(5);
  for (const std::uint64_t network : sequential_networks()) {
    const auto before = first(candidates_of({1, 1, 1, 1, 1}), network, ids);
    const auto now = first(candidates_of({1, 1, 2, 1, 1}), network, ids);
    ++after[now];
    if (now == before) continue;
    ASSERT_EQ(now, 2);
    ++moved_from[before];
  }
  EXPECT_PRED2(are_shared_by, after, (Weights{1, 1, 2, 1, 1}));
  EXPECT_PRED2(are_shared_by, moved_from, (Weights{1, 1, 0, 1, 1}));
}

}  // namespace
}  // namespace rhumb::steering

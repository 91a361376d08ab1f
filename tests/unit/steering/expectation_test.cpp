#include "steering/expectation.hpp"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steering/service.hpp"
#include "support/chi_square.hpp"

namespace rhumb::steering {
namespace {

using testing::ElementsAre;

constexpr std::array<RegionIndex, 3> kRegions{0, 1, 2};
constexpr std::array<std::uint8_t, 3> kOneTier{0, 0, 0};
constexpr std::array<std::uint8_t, 3> kTwoTiers{0, 0, 1};

// Region 0 has the weights 1 and 2 (targets 0, 1), region 1 the weight 1 (2), region 2 only a spare one (3).
Service spread_service(Spread spread = Spread::weights) {
  ServiceSettings settings;
  settings.policy = Policy::weighted;
  settings.spread = spread;
  settings.regions = {"first", "second", "spare"};
  settings.capacities = {100, 400, 500};
  settings.instances = {{0, IpAddress::v4(1), 0, 1},
                        {0, IpAddress::v4(2), 1, 2},
                        {1, IpAddress::v4(3), 2, 1},
                        {2, IpAddress::v4(4), 3, 0}};
  return {settings, std::make_shared<RankingMap>(Rankings(3))};
}

// Which of the targets 0 to 3 are healthy.
using States = std::array<bool, 4>;

Expectation expect(const Service& service, const Ranked& ranked, const States& states) {
  return service.expect(Family::v4, ranked, [&](TargetIndex target) { return states[target]; });
}

TEST(Expectation, RegionsOfATierShareByTheWeightsOfTheirHealthyInstances) {
  const Ranked ranked{kRegions, kOneTier};
  EXPECT_EQ(expect(spread_service(), ranked, {true, true, true, true}),
            (Expectation{Outcome::healthy, {0.75, 0.25, 0}}));
  EXPECT_THAT(expect(spread_service(), ranked, {true, false, true, true}).shares, ElementsAre(0.5, 0.5, 0));
}

TEST(Expectation, OrByTheirCapacity) {
  const Service service = spread_service(Spread::capacity);
  EXPECT_THAT(expect(service, {kRegions, kTwoTiers}, {true, false, true, true}).shares, ElementsAre(0.2, 0.8, 0));
}

TEST(Expectation, TheNextTierIsUsedWhenNoneOfTheFirstIsHealthy) {
  const Ranked ranked{kRegions, kTwoTiers};
  EXPECT_THAT(expect(spread_service(), ranked, {false, false, false, true}).shares, ElementsAre(0, 0, 1));
}

TEST(Expectation, AllDownIsToldApart) {
  EXPECT_EQ(expect(spread_service(), {kRegions, kTwoTiers}, {}), (Expectation{Outcome::all_down, {0.75, 0.25, 0}}));
}

TEST(Expectation, WhoGetsNoRegionHasNoShares) {
  EXPECT_EQ(expect(spread_service(), {{}, {}, Action::refuse, 0}, {}), (Expectation{Outcome::refused, {0, 0, 0}}));
  EXPECT_EQ(expect(spread_service(), {{}, {}, Action::nodata, 0}, {}), (Expectation{Outcome::kept_out, {0, 0, 0}}));
}

// A service, a ranking and states, all drawn from a seed.
class RandomCase {
 public:
  explicit RandomCase(std::uint64_t seed) : random_(seed), region_count_(1 + random_.below(6)), service_(draw()) {
    std::uint8_t tier = 0;
    for (std::uint32_t region = 0; region < region_count_; ++region) {
      regions_.push_back(static_cast<RegionIndex>(region));
      tiers_.push_back(tier);
      if (random_.below(4) == 0) ++tier;
    }
    const std::uint32_t healthy_of_four = random_.below(5);
    for (std::size_t i = 0; i < service_.settings().instances.size(); ++i)
      states_.push_back(random_.below(4) < healthy_of_four);
  }

  [[nodiscard]] const Service& service() const { return service_; }
  [[nodiscard]] Expectation expect() const {
    return service_.expect(Family::v4, ranked(), [&](TargetIndex target) { return states_[target]; });
  }
  // Of a client in a network of his own.
  [[nodiscard]] Pick pick(std::uint32_t network) {
    const auto is_healthy = [&](TargetIndex target) { return states_[target]; };
    return service_.pick(Family::v4, ranked(), IpAddress::v4(network << 8), is_healthy, random_);
  }

 private:
  [[nodiscard]] Ranked ranked() const { return {regions_, tiers_}; }

  Service draw() {
    ServiceSettings settings;
    settings.policy = std::array{Policy::rotate, Policy::weighted, Policy::sticky}[random_.below(3)];
    settings.spread = random_.below(2) == 0 ? Spread::weights : Spread::capacity;
    settings.families_together = random_.below(2) == 0;
    settings.when_all_down =
        std::array{WhenAllDown::nearest, WhenAllDown::fallback, WhenAllDown::nodata}[random_.below(3)];
    for (std::uint32_t region = 0; region < region_count_; ++region) {
      settings.regions.push_back(std::to_string(region));
      settings.capacities.push_back(1 + random_.below(1'000));
    }
    const std::uint32_t instance_count = 1 + random_.below(20);
    for (TargetIndex target = 0; target < instance_count; ++target) {
      const auto region = static_cast<RegionIndex>(random_.below(region_count_));
      const IpAddress address{target + 1, random_.below(3) == 0 ? Family::v6 : Family::v4};
      settings.instances.push_back({region, address, target, static_cast<Weight>(random_.below(5))});
    }
    return {settings, std::make_shared<RankingMap>(Rankings(region_count_))};
  }

  Random random_;
  std::uint32_t region_count_;
  Service service_;
  std::vector<RegionIndex> regions_;
  std::vector<std::uint8_t> tiers_;
  std::vector<bool> states_;
};

// Whether the counts are those of draws with these shares. A billionth is no share that 2,000 draws would show.
void expect_shares(const std::vector<std::uint32_t>& counts, const std::vector<double>& shares) {
  std::vector<std::uint32_t> weights;
  weights.reserve(shares.size());
  for (const double share : shares)
    weights.push_back(static_cast<std::uint32_t>(std::lround(share * 1e9)));
  const auto possible = std::ranges::count_if(weights, [](std::uint32_t weight) { return weight > 0; });
  if (possible > 1) {
    EXPECT_PRED2(test::are_shared_by, counts, weights);
  } else {
    EXPECT_EQ(test::chi_square(counts, weights), 0);
  }
}

TEST(Expectation, IsWhatPickGivesOnAverage) {
  constexpr std::uint32_t kClients = 2'000;
  int shared_count = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    RandomCase random_case(seed);
    const Expectation expectation = random_case.expect();
    std::vector<std::uint32_t> counts(expectation.shares.size());
    const bool has_region = expectation.outcome == Outcome::healthy || expectation.outcome == Outcome::all_down;
    for (std::uint32_t network = 0; network < kClients; ++network) {
      const Pick pick = random_case.pick(network);
      ASSERT_EQ(pick.outcome, expectation.outcome);
      if (has_region) ++counts[pick.region];
    }
    if (!has_region) continue;
    EXPECT_DOUBLE_EQ(std::accumulate(expectation.shares.begin(), expectation.shares.end(), 0.0), 1);
    expect_shares(counts, expectation.shares);
    shared_count += std::ranges::count_if(counts, [](std::uint32_t count) { return count > 0; }) > 1 ? 1 : 0;
  }
  EXPECT_GT(shared_count, 100) << "most cases must be of several regions to choose from";
}

}  // namespace
}  // namespace rhumb::steering

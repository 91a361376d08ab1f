#include "health/load_shedding.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

constexpr LoadSettings kSettings{0.6, 0.9};
constexpr double kWide = kSettings.high - kSettings.low;
constexpr double kEpsilon = 1e-9;

// An instance whose share is `share`, within a step.
LoadShedding shed_to(double share) {
  LoadShedding shedding;
  shedding.report(kSettings.high - share * kWide, kSettings);
  return shedding;
}

TEST(LoadShedding, HasAllItsClientsWhileNobodyTellsALoad) {
  LoadShedding shedding;
  EXPECT_EQ(shedding.share(), 1);
  shedding.report(0.8, kSettings);
  EXPECT_LT(shedding.share(), 1);
  shedding.report(std::nullopt, kSettings);
  EXPECT_EQ(shedding.share(), 1);
}

TEST(LoadShedding, DoesNotMindLoadWithoutSettings) {
  LoadShedding shedding;
  shedding.report(5, {});
  EXPECT_EQ(shedding.share(), 1);
}

TEST(LoadShedding, FallsAtOnceAndEvenlyFromLowToHigh) {
  for (int i = 0; i <= 100; ++i) {
    const double load = kSettings.low + kWide * i / 100;
    LoadShedding shedding;
    shedding.report(load, kSettings);
    EXPECT_NEAR(shedding.share(), 1 - i / 100.0, kEpsilon);
  }
  for (const auto& [load, share] : {std::pair(0.0, 1.0), {0.59, 1.0}, {0.91, 0.0}, {1e9, 0.0}}) {
    LoadShedding shedding;
    shedding.report(load, kSettings);
    EXPECT_EQ(shedding.share(), share) << load;
  }
}

TEST(LoadShedding, NeverGrowsWhileTheLoadRises) {
  LoadShedding shedding;
  double before = 1;
  for (double load = 0; load < 1.2; load += 0.001) {
    shedding.report(load, kSettings);
    EXPECT_LE(shedding.share(), before);
    before = shedding.share();
  }
  EXPECT_EQ(before, 0);
}

// From each share, with each load: what the rules say, in other words.
TEST(LoadShedding, GrowsOnlyBelowTheBandAndByAStepAReport) {
  for (int s = 0; s <= 20; ++s) {
    for (int i = -20; i <= 120; ++i) {
      const double load = kSettings.low + kWide * i / 100;
      const double before = s / 20.0;
      LoadShedding shedding = shed_to(before);
      const double answered = kSettings.high - shedding.share() * kWide;  // the load that the share was shed for
      shedding.report(load, kSettings);
      SCOPED_TRACE(::testing::Message() << "share " << before << ", load " << load);
      const double grown = shedding.share() - before;
      EXPECT_LE(grown, LoadShedding::kStep + kEpsilon);
      if (load > answered + kEpsilon) {
        EXPECT_LT(grown, kEpsilon);
      }
      if (before == 0) {
        EXPECT_LE(grown, LoadShedding::kFirstStep);
      }
      const bool is_in_band = load < answered && load >= answered - LoadShedding::kBand * kWide + kEpsilon;
      if (is_in_band && load > kSettings.low) {
        EXPECT_NEAR(grown, 0, kEpsilon);
      }
      if (load < answered - LoadShedding::kBand * kWide - kEpsilon && before > 0 && before < 1) {
        EXPECT_GT(grown, 0);
      }
      if (load <= kSettings.low && before < 1) {
        EXPECT_GT(grown, 0);
      }
    }
  }
}

TEST(LoadShedding, HasAllClientsAgainOnceTheLoadIsLow) {
  LoadShedding shedding;
  shedding.report(2, kSettings);
  EXPECT_EQ(shedding.share(), 0);
  int reports = 0;
  for (; shedding.share() < 1 && reports < 100; ++reports)
    shedding.report(kSettings.low / 2, kSettings);
  EXPECT_GE(reports, 1 / LoadShedding::kStep);
  EXPECT_LE(reports, 2 / LoadShedding::kStep);
  shedding.report(2, kSettings);
  for (int i = 0; i < 1'000; ++i)
    shedding.report(kSettings.low, kSettings);
  EXPECT_NEAR(shedding.share(), 1, kEpsilon) << "just low";
}

// The load follows the share, as clients do: it must come to rest, and not swing.
TEST(LoadShedding, ComesToRestWhenTheLoadFollowsTheShare) {
  for (double demand = 0.1; demand < 30; demand += 0.037) {
    for (const double rest : {0.0, 0.3, 0.55}) {  // of the load, whoever comes
      LoadShedding shedding;
      std::vector<double> shares;
      for (int i = 0; i < 400; ++i) {
        shedding.report(rest + demand * shedding.share(), kSettings);
        shares.push_back(shedding.share());
      }
      SCOPED_TRACE(::testing::Message() << "demand " << demand << ", rest " << rest);
      const auto [least, most] = std::minmax_element(shares.begin() + 200, shares.end());
      ASSERT_NEAR(*least, *most, kEpsilon);
    }
  }
}

}  // namespace
}  // namespace rhumb::health

#include "steering/latency.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steering/ranking_compiler.hpp"

namespace rhumb::steering {
namespace {

using testing::ElementsAre;
using testing::FloatEq;

constexpr std::array<geo::Coordinates, 3> kRegions{{{39.04, -77.49}, {53.35, -6.26}, {1.35, 103.82}}};
constexpr RegionIndex kVirginia = 0;
constexpr RegionIndex kDublin = 1;
constexpr RegionIndex kSingapore = 2;
constexpr std::array<RegionIndex, 3> kAll{kVirginia, kDublin, kSingapore};

geo::LocationId add(geo::Database& database, std::string_view country, std::uint32_t asn, double latitude,
                    double longitude) {
  geo::Location location;
  location.country = country;
  location.asn = asn;
  location.has_coordinates = latitude != 0 || longitude != 0;
  location.latitude = static_cast<float>(latitude);
  location.longitude = static_cast<float>(longitude);
  return database.locations.intern(location);
}

// 10.0.0.0/9 in France in AS 64500, 10.128.0.0/9 there in AS 64501, 11.0.0.0/8 in Japan, 12.0.0.0/8 no place but AS
// 64502, 2001:db8::/32 in France in AS 64500.
geo::Database small_database() {
  geo::Database database;
  auto& v4 = database.map.v4();
  const geo::LocationId france = add(database, "FR", 64'500, 48.86, 2.35);
  v4.append(0x0A000000, france);
  v4.append(0x0A800000, add(database, "FR", 64'501, 48.86, 2.35));
  v4.append(0x0B000000, add(database, "JP", 0, 35.68, 139.69));
  v4.append(0x0C000000, add(database, "", 64'502, 0, 0));
  v4.append(0x0D000000, geo::kUnknownLocation);
  auto& v6 = database.map.v6();
  v6.append(U128{0x2001'0DB8} << 96, france);
  v6.append(U128{0x2001'0DB9} << 96, geo::kUnknownLocation);
  return database;
}

LatencySample sample(std::string_view from, RegionIndex region, float rtt_ms, std::uint32_t count = 1) {
  LatencySample result;
  if (from.starts_with("AS")) {
    result.from = static_cast<Asn>(std::stoul(std::string(from.substr(2))));
  } else {
    result.from = *Network::parse(from);
  }
  result.region = region;
  result.rtt_ms = rtt_ms;
  result.count = count;
  return result;
}

Latencies make(const std::vector<LatencySample>& samples, std::uint32_t samples_min = 3) {
  return {samples, small_database(), samples_min};
}

Latency find(const Latencies& latencies, std::string_view client, RegionIndex region) {
  const geo::Database database = small_database();
  const IpAddress address = *IpAddress::parse(client);
  return latencies.find(latencies.networks().find(address), database.locations.get(database.find(address)), region);
}

TEST(Latencies, AMedianStandsForTheSamplesOfANetwork) {
  const Latencies odd = make(
      {sample("10.1.1.0/24", kDublin, 30), sample("10.1.1.0/24", kDublin, 10), sample("10.1.1.0/24", kDublin, 500)});
  EXPECT_THAT(find(odd, "10.1.1.7", kDublin).rtt_ms, FloatEq(30));
  EXPECT_EQ(find(odd, "10.1.1.7", kDublin).samples, 3U);
  EXPECT_EQ(find(odd, "10.1.1.7", kDublin).source, LatencySource::network);
  EXPECT_FALSE(find(odd, "10.1.1.7", kVirginia).is_measured());

  const Latencies even = make({sample("10.1.1.0/24", kDublin, 10, 2), sample("10.1.1.0/24", kDublin, 20, 2)});
  EXPECT_THAT(find(even, "10.1.1.7", kDublin).rtt_ms, FloatEq(15));
  const Latencies weighted = make({sample("10.1.1.0/24", kDublin, 10, 1), sample("10.1.1.0/24", kDublin, 20, 4)});
  EXPECT_THAT(find(weighted, "10.1.1.7", kDublin).rtt_ms, FloatEq(20));
}

TEST(Latencies, TheNewestSampleTellsTheAge) {
  LatencySample older = sample("10.1.1.0/24", kDublin, 10, 2);
  older.measured_at = 100;
  LatencySample newer = sample("10.1.1.0/24", kDublin, 20, 2);
  newer.measured_at = 200;
  EXPECT_EQ(find(make({newer, older}), "10.1.1.1", kDublin).measured_at, 200U);
}

TEST(Latencies, WhereANetworkHasTooFewItsNeighboursSpeakForIt) {
  // 10.1.1.0/24 has two samples to Dublin; its AS four; its country seven.
  const Latencies latencies = make(
      {
          sample("10.1.1.0/24", kDublin, 10, 2),
          sample("10.1.2.0/24", kDublin, 40, 2),
          sample("10.200.0.0/24", kDublin, 70, 3),
      },
      3);
  EXPECT_EQ(find(latencies, "10.1.1.1", kDublin).source, LatencySource::asn);
  EXPECT_THAT(find(latencies, "10.1.1.1", kDublin).rtt_ms, FloatEq(25));
  EXPECT_THAT(find(latencies, "10.77.0.1", kDublin).rtt_ms, FloatEq(25));
  EXPECT_THAT(find(latencies, "2001:db8::1", kDublin).rtt_ms, FloatEq(25));
  EXPECT_EQ(find(latencies, "10.200.0.1", kDublin).source, LatencySource::network);
  EXPECT_FALSE(find(latencies, "11.0.0.1", kDublin).is_measured());

  const Latencies demanding = make({sample("10.1.1.0/24", kDublin, 10, 2), sample("10.1.2.0/24", kDublin, 40, 2),
                                    sample("10.200.0.0/24", kDublin, 70, 3)},
                                   5);
  EXPECT_EQ(find(demanding, "10.1.1.1", kDublin).source, LatencySource::country);
  EXPECT_THAT(find(demanding, "10.1.1.1", kDublin).rtt_ms, FloatEq(40));
  EXPECT_EQ(demanding.network_count(), 0U);
}

TEST(Latencies, AnAsIsMeasuredAsSuchToo) {
  const Latencies latencies = make({sample("AS64502", kSingapore, 55, 9)});
  EXPECT_THAT(find(latencies, "12.3.4.5", kSingapore).rtt_ms, FloatEq(55));
  EXPECT_FALSE(find(latencies, "10.0.0.1", kSingapore).is_measured());
  EXPECT_FALSE(find(latencies, "99.0.0.1", kSingapore).is_measured());
}

TEST(Latencies, LongerPrefixesCountForWhatResolversTell) {
  const Latencies latencies =
      make({sample("10.1.1.64/26", kDublin, 10, 2), sample("10.1.1.7", kDublin, 20, 2),
            sample("2001:db8:1:2::/64", kDublin, 30, 2), sample("2001:db8:1:ffff::1", kDublin, 50, 2)});
  EXPECT_THAT(find(latencies, "10.1.1.200", kDublin).rtt_ms, FloatEq(15));
  EXPECT_EQ(find(latencies, "10.1.1.200", kDublin).source, LatencySource::network);
  EXPECT_THAT(find(latencies, "2001:db8:1::9", kDublin).rtt_ms, FloatEq(40));
}

TEST(Latencies, TheMeasuredNetworkAroundSpeaksBeforeTheAs) {
  const Latencies latencies = make({sample("10.1.0.0/16", kDublin, 80, 3), sample("10.1.1.0/24", kVirginia, 10, 3),
                                    sample("10.9.9.0/24", kDublin, 5, 90)});
  EXPECT_THAT(find(latencies, "10.1.1.1", kDublin).rtt_ms, FloatEq(80));
  EXPECT_EQ(find(latencies, "10.1.1.1", kDublin).source, LatencySource::network);
  EXPECT_THAT(find(latencies, "10.2.0.1", kDublin).rtt_ms, FloatEq(5));
}

Preference by_latency() {
  Preference preference;
  preference.order = Order::latency;
  preference.regions.assign(kAll.begin(), kAll.end());
  return preference;
}

std::shared_ptr<const RankingMap> compile(const Steering& steering, const Latencies& latencies,
                                          const RankingMap* before = nullptr) {
  return compile_rankings(steering, kRegions, small_database(), {&latencies, kAll, before});
}

Ranked find(const RankingMap& map, std::string_view client) {
  return map.find(*IpAddress::parse(client));
}

TEST(OrderByLatency, TheFastestRegionComesFirst) {
  const Latencies latencies = make({sample("10.1.1.0/24", kDublin, 90, 3), sample("10.1.1.0/24", kVirginia, 80, 3),
                                    sample("10.1.1.0/24", kSingapore, 20, 3), sample("10.1.2.0/24", kDublin, 9, 90)});
  const auto map = compile({by_latency(), {}}, latencies);
  EXPECT_THAT(find(*map, "10.1.1.9").regions, ElementsAre(kSingapore, kVirginia, kDublin));
  EXPECT_THAT(find(*map, "10.1.1.9").tiers, ElementsAre(0, 1, 2));
  EXPECT_EQ(find(*map, "10.1.1.9").scope_bits, 24);
}

TEST(OrderByLatency, WhereNothingIsMeasuredTheNearestRegionComesFirst) {
  const Latencies latencies = make({sample("10.1.1.0/24", kSingapore, 20, 3)});
  const auto map = compile({by_latency(), {}}, latencies);
  EXPECT_THAT(find(*map, "11.0.0.1").regions, ElementsAre(kSingapore, kDublin, kVirginia));
  EXPECT_THAT(find(*map, "99.0.0.1").regions, ElementsAre(kVirginia, kDublin, kSingapore));
  const auto unmeasured = compile_rankings({by_latency(), {}}, kRegions, small_database());
  EXPECT_THAT(find(*unmeasured, "10.1.1.9").regions, ElementsAre(kDublin, kVirginia, kSingapore));
}

// From Paris it is 780 km to Dublin, 6,170 to Virginia and 10,740 to Singapore.
TEST(OrderByLatency, ARegionThatIsNotMeasuredStandsWhereItsDistanceHasIt) {
  const auto ranked = [](std::vector<LatencySample> samples) {
    const auto map = compile({by_latency(), {}}, make(samples));
    const Ranked found = find(*map, "10.1.1.9");
    return std::vector<int>(found.regions.begin(), found.regions.end());
  };
  // Dublin: 80 × 780 / 6170 = 10 ms; Singapore: 139 ms.
  EXPECT_THAT(ranked({sample("10.1.1.0/24", kVirginia, 80, 3)}), ElementsAre(kDublin, kVirginia, kSingapore));
  // Virginia: 20 × 6170 / 10740 = 11 ms; Dublin 1.5 ms.
  EXPECT_THAT(ranked({sample("10.1.1.0/24", kSingapore, 20, 3)}), ElementsAre(kDublin, kVirginia, kSingapore));
  // Virginia: 10 × 6170 / 780 = 79 ms, between Dublin's 10 and Singapore's 150, and behind 50.
  EXPECT_THAT(ranked({sample("10.1.1.0/24", kDublin, 10, 3), sample("10.1.1.0/24", kSingapore, 150, 3)}),
              ElementsAre(kDublin, kVirginia, kSingapore));
  EXPECT_THAT(ranked({sample("10.1.1.0/24", kDublin, 10, 3), sample("10.1.1.0/24", kSingapore, 50, 3)}),
              ElementsAre(kDublin, kSingapore, kVirginia));
  // A slow way to what is near is no reason to guess.
  EXPECT_THAT(ranked({sample("10.1.1.0/24", kDublin, 90, 3), sample("10.1.1.0/24", kSingapore, 80, 3)}),
              ElementsAre(kSingapore, kDublin, kVirginia));
  // Without a place, what is not measured comes last, as listed.
  const auto map = compile({by_latency(), {}}, make({sample("AS64502", kSingapore, 200, 3)}));
  EXPECT_THAT(find(*map, "12.0.0.1").regions, ElementsAre(kSingapore, kVirginia, kDublin));
}

TEST(OrderByLatency, RegionsWithinTheToleranceAreEquals) {
  Preference preference = by_latency();
  preference.tolerance_ms = 15;
  const Latencies latencies = make({sample("10.1.1.0/24", kDublin, 90, 3), sample("10.1.1.0/24", kVirginia, 80, 3),
                                    sample("10.1.1.0/24", kSingapore, 60, 3)});
  const auto map = compile({preference, {}}, latencies);
  EXPECT_THAT(find(*map, "10.1.1.9").regions, ElementsAre(kSingapore, kVirginia, kDublin));
  EXPECT_THAT(find(*map, "10.1.1.9").tiers, ElementsAre(0, 1, 1));
}

class OrderWithHysteresis : public testing::Test {
 protected:
  // Dublin was best for 10.1.1.0/24, with 50 ms to Virginia's 60. Now it is `dublin_ms` to Dublin, `virginia_ms` to
  // Virginia: which is best?
  RegionIndex best_after(float dublin_ms, float virginia_ms) {
    const auto measured = [](float dublin, float virginia) {
      return make({sample("10.1.1.0/24", kDublin, dublin, 3), sample("10.1.1.0/24", kVirginia, virginia, 3)});
    };
    const Latencies old = measured(50, 60);
    const auto before = compile({preference_, {}}, old);
    const Latencies now = measured(dublin_ms, virginia_ms);
    return find(*compile({preference_, {}}, now, before.get()), "10.1.1.9").regions.front();
  }

  Preference preference_ = by_latency();
};

TEST_F(OrderWithHysteresis, AChangeNeedsAnAbsoluteAndARelativeGain) {
  preference_.hysteresis = {5, 10};
  EXPECT_EQ(best_after(50, 49), kDublin);
  EXPECT_EQ(best_after(50, 45.1F), kDublin);
  EXPECT_EQ(best_after(50, 45), kVirginia);    // 5 ms and 10 %
  EXPECT_EQ(best_after(30, 26), kDublin);      // 13 %, but 4 ms
  EXPECT_EQ(best_after(200, 185), kDublin);    // 15 ms, but 7.5 %
  EXPECT_EQ(best_after(200, 180), kVirginia);  // 20 ms and 10 %
  preference_.hysteresis = {0, 0};
  EXPECT_EQ(best_after(50, 49.9F), kVirginia);
}

TEST_F(OrderWithHysteresis, TheFirstTierHoldsItsMembersAlike) {
  preference_.hysteresis = {5, 10};
  preference_.tolerance_ms = 10;  // Dublin's 50 and Virginia's 60 were equals
  const Latencies old = make({sample("10.1.1.0/24", kDublin, 50, 3), sample("10.1.1.0/24", kVirginia, 60, 3)});
  const auto before = compile({preference_, {}}, old);
  const auto after = [&](float virginia_ms) {
    const Latencies now =
        make({sample("10.1.1.0/24", kDublin, 50, 3), sample("10.1.1.0/24", kVirginia, virginia_ms, 3)});
    const auto map = compile({preference_, {}}, now, before.get());
    const Ranked ranked = find(*map, "10.1.1.9");
    return std::vector<int>(ranked.tiers.begin(), ranked.tiers.begin() + 2);
  };
  EXPECT_THAT(after(54), ElementsAre(0, 0));
  EXPECT_THAT(after(61), ElementsAre(0, 1));  // 11 ms and 18 % behind
}

TEST_F(OrderWithHysteresis, HoldsThroughManyReloadsAndForNetworksThatAreNoLongerMeasured) {
  preference_.hysteresis = {5, 10};
  auto map = compile({preference_, {}}, make({sample("10.1.1.0/24", kVirginia, 10, 3),
                                              sample("AS64500", kDublin, 50, 9), sample("AS64500", kVirginia, 49, 9)}));
  EXPECT_EQ(find(*map, "10.1.1.9").regions.front(), kVirginia);
  for (int reload = 0; reload < 5; ++reload) {
    // The AS alone would send everybody to Dublin, by 1 ms.
    map = compile({preference_, {}}, make({sample("AS64500", kDublin, 49, 9), sample("AS64500", kVirginia, 50, 9)}),
                  map.get());
    EXPECT_EQ(find(*map, "10.1.1.9").regions.front(), kVirginia);
    EXPECT_EQ(find(*map, "10.3.3.3").regions.front(), kVirginia);
  }
}

TEST(OrderByLatency, ARuleMayOrderByItAlone) {
  Rule rule;
  rule.countries = {"FR"};
  rule.preference = by_latency();
  Steering steering;
  steering.preference.regions.assign(kAll.begin(), kAll.end());
  steering.rules = {rule};
  const Latencies latencies = make({sample("10.1.1.0/24", kSingapore, 20, 3), sample("10.1.1.0/24", kDublin, 30, 3),
                                    sample("11.1.1.0/24", kDublin, 1, 3)});
  const auto map = compile(steering, latencies);
  EXPECT_EQ(find(*map, "10.1.1.9").regions.front(), kSingapore);
  EXPECT_EQ(find(*map, "10.1.1.9").rule, 0);
  EXPECT_EQ(find(*map, "11.1.1.1").regions.front(), kSingapore);  // the nearest: no rule, no latency
  EXPECT_EQ(find(*map, "11.1.1.1").scope_bits, 8);
}

// The plain reading of the header, sample by sample, for one client.
class Model {
 public:
  Model(std::vector<LatencySample> samples, const geo::Database& database, std::uint32_t samples_min)
      : samples_(std::move(samples)), database_(database), samples_min_(samples_min) {}

  [[nodiscard]] Latency find(IpAddress client, RegionIndex region) const {
    const geo::Location location = database_.locations.get(database_.find(client));
    const int widest = bits_of(client.family);
    for (int bits = widest; bits >= 0; --bits) {
      const auto in_network = [&](const LatencySample& sample) {
        const auto* network = std::get_if<Network>(&sample.from);
        if (network == nullptr || network->address.family != client.family) return false;
        const int taken = std::min<int>(network->prefix_bits, client.family == Family::v4 ? 24 : 48);
        return taken == bits && network_of(network->address, taken) == network_of(client, taken);
      };
      if (const auto found = median(in_network, region, LatencySource::network)) return *found;
    }
    const auto in_as = [&](const LatencySample& sample) {
      const auto* asn = std::get_if<Asn>(&sample.from);
      return location.asn != 0 && location.asn == (asn != nullptr ? *asn : place_of(sample).asn);
    };
    if (const auto found = median(in_as, region, LatencySource::asn)) return *found;
    const auto in_country = [&](const LatencySample& sample) {
      return std::holds_alternative<Network>(sample.from) && !location.country.empty() &&
             place_of(sample).country == location.country;
    };
    return median(in_country, region, LatencySource::country).value_or(Latency{});
  }

 private:
  [[nodiscard]] geo::Location place_of(const LatencySample& sample) const {
    const Network& network = std::get<Network>(sample.from);
    const int bits = std::min<int>(network.prefix_bits, network.address.family == Family::v4 ? 24 : 48);
    return database_.locations.get(database_.find(network_of(network.address, bits)));
  }

  template <typename Belongs>
  [[nodiscard]] std::optional<Latency> median(const Belongs& belongs, RegionIndex region, LatencySource source) const {
    std::vector<float> times;
    for (const LatencySample& sample : samples_) {
      if (sample.region == region && belongs(sample)) times.insert(times.end(), sample.count, sample.rtt_ms);
    }
    if (times.size() < samples_min_) return std::nullopt;
    std::ranges::sort(times);
    return Latency{(times[(times.size() - 1) / 2] + times[times.size() / 2]) / 2, times.size(), 0, source};
  }

  std::vector<LatencySample> samples_;
  const geo::Database& database_;
  std::uint32_t samples_min_;
};

class Randomly {
 public:
  explicit Randomly(std::uint32_t seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t end) { return std::uniform_int_distribution<std::uint32_t>(0, end - 1)(random_); }

  // Few, so that samples, networks and clients meet.
  IpAddress address() {
    if (below(3) == 0)
      return IpAddress::v6((U128{0x2001'0DB8} << 96) | (U128{below(3)} << 80) | (U128{below(3)} << 64));
    return IpAddress::v4((10 + below(4)) << 24 | below(3) << 22 | below(3) << 8 | below(256));
  }

  // Also one inside an IPv6 address: mapped, NAT64, 6to4, Teredo.
  IpAddress client() {
    const IpAddress plain = address();
    if (plain.family == Family::v6 || below(2) == 0) return plain;
    switch (below(4)) {
      case 0:
        return IpAddress::v6((U128{0xFFFF} << 32) | plain.bits);
      case 1:
        return IpAddress::v6((U128{0x0064'FF9B} << 96) | plain.bits);
      case 2:
        return IpAddress::v6((U128{0x2002} << 112) | (plain.bits << 80) | below(256));
      default:
        return IpAddress::v6((U128{0x2001'0000} << 96) | (U128{below(256)} << 64) | (plain.bits ^ 0xFFFF'FFFF));
    }
  }

  LatencySample sample() {
    LatencySample result;
    if (below(5) == 0) {
      result.from = Asn{64'500 + below(4)};
    } else {
      const IpAddress from = address();
      const auto bits = static_cast<std::uint8_t>(from.family == Family::v4 ? 8 + below(25) : 30 + below(99));
      result.from = Network{network_of(from, bits), bits};
    }
    result.region = static_cast<RegionIndex>(below(3));
    result.rtt_ms = static_cast<float>(1 + below(200));
    result.count = 1 + below(3);
    return result;
  }

 private:
  std::mt19937 random_;
};

TEST(Latencies, AreWhatThePlainModelSays) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Randomly randomly(seed);
    const geo::Database database = small_database();
    std::vector<LatencySample> samples;
    for (std::uint32_t i = randomly.below(60); i > 0; --i)
      samples.push_back(randomly.sample());
    const std::uint32_t samples_min = 1 + randomly.below(5);
    const Latencies latencies(samples, database, samples_min);
    const Model model(samples, database, samples_min);
    for (int i = 0; i < 50; ++i) {
      const IpAddress client = randomly.address();
      const auto region = static_cast<RegionIndex>(randomly.below(3));
      const Latency found =
          latencies.find(latencies.networks().find(client), database.locations.get(database.find(client)), region);
      const Latency expected = model.find(client, region);
      ASSERT_EQ(found.source, expected.source) << client.to_string();
      ASSERT_EQ(found.samples, expected.samples) << client.to_string();
      ASSERT_FLOAT_EQ(found.rtt_ms, expected.rtt_ms) << client.to_string();
    }
  }
}

// RFC 7871 §7.2.1: all that can change an answer is the same all over the scope, and a bit less would be too wide.
TEST(OrderByLatency, TheScopeIsTheWidestInWhichTheRankingIsTheSame) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Randomly randomly(seed);
    const auto latencies = [&] {
      std::vector<LatencySample> samples;
      for (std::uint32_t i = randomly.below(40); i > 0; --i)
        samples.push_back(randomly.sample());
      return Latencies(samples, small_database(), 1 + randomly.below(3));
    };
    Steering steering{by_latency(), {}};
    steering.preference.tolerance_ms = randomly.below(2) * 20;
    const Latencies old = latencies();
    const auto before = compile(steering, old);
    const Latencies now = latencies();
    const auto map = compile(steering, now, before.get());
    const auto is_same = [](const Ranked& a, const Ranked& b) {
      return std::ranges::equal(a.regions, b.regions) && std::ranges::equal(a.tiers, b.tiers);
    };
    for (int i = 0; i < 30; ++i) {
      const IpAddress client = randomly.client();
      const Ranked ranked = map->find(client);
      const IpAddress network = network_of(client, ranked.scope_bits);
      for (int j = 0; j < 30; ++j) {
        IpAddress other = randomly.client();
        if (other.family != client.family) continue;
        // Most of them inside.
        if (j % 3 != 0)
          other.bits = network.bits | (other.bits & ~network_of({~U128{0}, client.family}, ranked.scope_bits).bits);
        if (client.family == Family::v4) other.bits &= 0xFFFF'FFFF;
        if (network_of(other, ranked.scope_bits) != network) continue;
        ASSERT_TRUE(is_same(map->find(other), ranked)) << client.to_string() << " " << other.to_string();
      }
    }
  }
}

}  // namespace
}  // namespace rhumb::steering

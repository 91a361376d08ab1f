#include "daemon/latency_store.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr LatencyStore::Time kNow{1'000'000s};

control::MeasuredLatency sample(std::string_view network, float rtt_ms, std::string region = "eu-west") {
  return {*Network::parse(network), std::move(region), rtt_ms};
}

class LatencyStoreTest : public testing::Test {
 protected:
  LatencyStoreTest() { configure(store_, kNow); }

  void configure(LatencyStore& store, LatencyStore::Time now) {
    store.configure(config::LatencySamples{file_, 1h, 30s}, now, problems_);
  }
  bool tell(const std::vector<control::MeasuredLatency>& samples, LatencyStore::Time now = kNow) {
    return store_.add(samples, now);
  }
  [[nodiscard]] std::vector<std::string> known(const LatencyStore& store) const {
    std::vector<std::string> texts;
    const auto kept = store.known();
    for (const config::ToldLatency& latency : kept->latencies) {
      texts.push_back(fmt::format("{} {} {:.4g} ms, {} at {}", latency.network.to_string(), latency.region,
                                  latency.rtt_ms, latency.samples, latency.measured_at));
    }
    return texts;
  }
  [[nodiscard]] std::vector<std::string> known() const { return known(store_); }

  test::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "latency.samples";
  Problems problems_;
  LatencyStore store_;
};

TEST_F(LatencyStoreTest, KeepsNothingUnlessItIsConfigured) {
  store_.configure(std::nullopt, kNow, problems_);
  EXPECT_FALSE(tell({sample("192.0.2.0/24", 5)}));
  EXPECT_FALSE(store_.known());
  EXPECT_FALSE(store_.save(kNow, problems_));
}

TEST_F(LatencyStoreTest, TakesTheNetworksOfOneClientTogetherThatSteeringDoesNotTellApart) {
  EXPECT_TRUE(tell({sample("192.0.2.1", 10), sample("192.0.2.200/29", 20), sample("2001:db8::1", 7)}));
  EXPECT_THAT(known(),
              ElementsAre("192.0.2.0/24 eu-west 15 ms, 2 at 1000000", "2001:db8::/48 eu-west 7 ms, 1 at 1000000"));
}

TEST_F(LatencyStoreTest, CountsTheFirstEightAlikeAndThenEachNewOneAnEighth) {
  for (int i = 1; i <= 8; ++i)
    ASSERT_TRUE(tell({sample("192.0.2.0/24", static_cast<float>(10 * i))}));
  EXPECT_THAT(known(), ElementsAre("192.0.2.0/24 eu-west 45 ms, 8 at 1000000"));
  ASSERT_TRUE(tell({sample("192.0.2.0/24", 125)}));
  EXPECT_THAT(known(), ElementsAre("192.0.2.0/24 eu-west 55 ms, 9 at 1000000"));
}

TEST_F(LatencyStoreTest, KeepsTheTimesToEachRegionApart) {
  ASSERT_TRUE(tell({sample("192.0.2.0/24", 10), sample("192.0.2.0/24", 90, "us-east")}));
  EXPECT_THAT(known(), ElementsAre(HasSubstr("eu-west 10 ms, 1"), HasSubstr("us-east 90 ms, 1")));
}

TEST_F(LatencyStoreTest, GoesOnAfterARestartFromWhatItHasWritten) {
  ASSERT_TRUE(tell({sample("192.0.2.0/24", 10.25), sample("2001:db8::/32", 7)}));
  EXPECT_TRUE(store_.save(kNow, problems_));
  LatencyStore next;
  configure(next, kNow + 5s);
  EXPECT_EQ(known(next), known());
  EXPECT_THAT(problems_.all(), IsEmpty());
}

TEST_F(LatencyStoreTest, WritesOnlyWhatIsNewAndNoMoreOftenThanItSettles) {
  const std::chrono::steady_clock::time_point start{1h};
  ASSERT_TRUE(tell({sample("192.0.2.0/24", 10)}));
  EXPECT_TRUE(store_.save_if_due(start, kNow, problems_));
  ASSERT_TRUE(tell({sample("192.0.2.0/24", 10)}));
  EXPECT_FALSE(store_.save_if_due(start + 29s, kNow, problems_));
  EXPECT_TRUE(store_.save_if_due(start + 30s, kNow, problems_));
  EXPECT_FALSE(store_.save_if_due(start + 90s, kNow, problems_)) << "there is nothing new";
  EXPECT_FALSE(store_.save(kNow, problems_));
}

TEST_F(LatencyStoreTest, ForgetsWhatWasNotToldAgainForLongEnough) {
  ASSERT_TRUE(tell({sample("192.0.2.0/24", 10), sample("198.51.100.0/24", 20)}));
  EXPECT_TRUE(store_.save(kNow, problems_));
  ASSERT_TRUE(tell({sample("198.51.100.0/24", 20)}, kNow + 30min));
  EXPECT_TRUE(store_.save(kNow + 1h, problems_));
  EXPECT_THAT(known(), SizeIs(2)) << "to the last second";
  EXPECT_TRUE(store_.save(kNow + 1h + 1s, problems_)) << "rankings must no longer go by it";
  EXPECT_THAT(known(), ElementsAre(HasSubstr("198.51.100.0/24")));
}

TEST_F(LatencyStoreTest, ForgetsThoseLongestNotToldOfWhenThereAreTooMany) {
  std::vector<control::MeasuredLatency> samples;
  for (std::uint32_t i = 0; i < config::kToldLatenciesMax; ++i)
    samples.push_back({{IpAddress::v4(0x0A00'0000U + (i << 8)), 24}, "eu-west", 5});
  ASSERT_TRUE(tell(samples));
  ASSERT_TRUE(tell({sample("10.0.0.0/24", 5)}, kNow + 1s));
  ASSERT_TRUE(tell({sample("192.0.2.0/24", 5)}, kNow + 2s));
  const auto left = known();
  EXPECT_THAT(left, SizeIs(config::kToldLatenciesMax - config::kToldLatenciesMax / 10));
  EXPECT_THAT(left, testing::Contains(HasSubstr("10.0.0.0/24")));
  EXPECT_THAT(left, testing::Contains(HasSubstr("192.0.2.0/24")));
}

TEST_F(LatencyStoreTest, LeavesOutLinesThatCannotBeRead) {
  directory_.write("latency.samples",
                   "network,region,rtt_ms,samples,measured_at\n192.0.2.0/24,eu-west,5,3,999999\nnonsense\n"
                   "192.0.2.0/24,us-east,-5,3,999999\n192.0.2.0/24,us-east,5,0,999999\n");
  LatencyStore store;
  configure(store, kNow);
  EXPECT_THAT(known(store), ElementsAre("192.0.2.0/24 eu-west 5 ms, 3 at 999999"));
  ASSERT_THAT(problems_.all(), SizeIs(1));
  EXPECT_THAT(problems_.all()[0].to_string(), HasSubstr("warning: 3 lines cannot be read"));
}

TEST_F(LatencyStoreTest, SaysWhyItCannotBeWrittenAndTriesAgain) {
  const auto nowhere = directory_.path() / "nowhere";
  store_.configure(config::LatencySamples{nowhere / "file", 1h, 30s}, kNow, problems_);
  ASSERT_TRUE(tell({sample("192.0.2.0/24", 10)}));
  EXPECT_FALSE(store_.save(kNow, problems_));
  EXPECT_THAT(problems_.all().at(0).message, HasSubstr("No such file or directory"));
  std::filesystem::create_directory(nowhere);
  EXPECT_TRUE(store_.save(kNow, problems_));
}

}  // namespace
}  // namespace rhumb::daemon

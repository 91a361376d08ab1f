#include "config/latency_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LatencyFile : public testing::Test {
 protected:
  LatencyFile() {
    config_.regions = {{"us-east", {39.04, -77.49}}, {"eu-west", {53.35, -6.26}}};
    config_.latency.samples_min = 2;
  }

  std::optional<steering::Latencies> read(const std::vector<std::string>& texts) {
    config_.latency.files.clear();
    for (const std::string& text : texts) {
      const std::string name = std::to_string(config_.latency.files.size()) + ".csv";
      config_.latency.files.push_back(directory_.write(name, text));
    }
    Problems problems;
    auto latencies = read_latencies(config_, database_, problems);
    problems_.clear();
    for (const Problem& problem : problems.all())
      problems_.push_back(problem.to_string().substr(directory_.path().string().size() + 1));
    EXPECT_EQ(latencies.has_value(), !problems.has_errors());
    return latencies;
  }

  [[nodiscard]] static steering::Latency find(const steering::Latencies& latencies, std::string_view client,
                                              steering::RegionIndex region) {
    return latencies.find(latencies.networks().find(*IpAddress::parse(client)), {}, region);
  }

  test::TemporaryDirectory directory_;
  Config config_{};
  geo::Database database_;
  std::vector<std::string> problems_;
};

TEST_F(LatencyFile, EachLineIsANetworkOrAnAsARegionAndATime) {
  const auto latencies =
      read({"network_or_asn,region,rtt_ms,samples\n192.0.2.0/24,eu-west,23.5,40\n"
            "2001:db8::/48 , us-east , 80 , 2  # a comment\nAS64500,us-east,180,2\n64501,us-east,9,3\n"});
  ASSERT_TRUE(latencies);
  EXPECT_FLOAT_EQ(find(*latencies, "192.0.2.7", 1).rtt_ms, 23.5);
  EXPECT_EQ(find(*latencies, "192.0.2.7", 1).samples, 40U);
  EXPECT_GT(find(*latencies, "192.0.2.7", 1).measured_at, 1'700'000'000U) << "the file's time";
  EXPECT_FLOAT_EQ(find(*latencies, "2001:db8::1", 0).rtt_ms, 80);
  geo::Location location;
  location.asn = 64'500;
  EXPECT_FLOAT_EQ(latencies->find(0, location, 0).rtt_ms, 180);
  location.asn = 64'501;
  EXPECT_FLOAT_EQ(latencies->find(0, location, 0).rtt_ms, 9);
}

TEST_F(LatencyFile, SeveralFilesAreOne) {
  const auto latencies = read({"192.0.2.0/24,eu-west,20\n", "192.0.2.0/24,eu-west,30\n"});
  ASSERT_TRUE(latencies);
  EXPECT_FLOAT_EQ(find(*latencies, "192.0.2.7", 1).rtt_ms, 25);
}

TEST_F(LatencyFile, NoFilesMeasureNothing) {
  const auto latencies = read({});
  ASSERT_TRUE(latencies);
  EXPECT_EQ(latencies->network_count(), 0U);
}

TEST_F(LatencyFile, ARegionThatIsNotConfiguredIsToldOnceAndLeftOut) {
  const auto latencies = read({"192.0.2.0/24,eu-west,20,9\n192.0.2.0/24,eu-wst,1,9\n192.0.2.0/24,eu-wst,1,9\n"});
  ASSERT_TRUE(latencies);
  EXPECT_FLOAT_EQ(find(*latencies, "192.0.2.7", 1).rtt_ms, 20);
  EXPECT_THAT(problems_, ElementsAre("0.csv:2: warning: \"eu-wst\" is not a region (did you mean \"eu-west\"?); its "
                                     "lines are left out"));
}

TEST_F(LatencyFile, EveryBadLineIsToldWithItsPlace) {
  EXPECT_FALSE(
      read({"192.0.2.0/24,eu-west\nparis,eu-west,1\n192.0.2.1/24,eu-west,1\n192.0.2.0/24,eu-west,0\n"
            "192.0.2.0/24,eu-west,fast\n192.0.2.0/24,eu-west,nan\n192.0.2.0/24,eu-west,1,0\nAS0,eu-west,1\n"}));
  EXPECT_THAT(
      problems_,
      ElementsAre("0.csv:1: needs network or AS, region and milliseconds, as in 192.0.2.0/24,eu-west,23.5; the number "
                  "of samples may follow",
                  "0.csv:2: \"paris\" is not a network such as 192.0.2.0/24",
                  "0.csv:3: 192.0.2.1/24 has bits set after the prefix; meant 192.0.2.0/24?",
                  "0.csv:4: \"0\" is not a time in milliseconds, above 0 and at most 60000",
                  "0.csv:5: \"fast\" is not a time in milliseconds, above 0 and at most 60000",
                  "0.csv:6: \"nan\" is not a time in milliseconds, above 0 and at most 60000",
                  "0.csv:7: \"0\" is not a number of samples, from 1 to 1000000000",
                  "0.csv:8: \"AS0\" is not a network such as 192.0.2.0/24"));
}

TEST_F(LatencyFile, AFileThatIsNotThereMeasuresNothing) {
  config_.latency.files = {directory_.path() / "none.csv", directory_.write("a.csv", "192.0.2.0/24,eu-west,20,9\n")};
  Problems problems;
  const auto latencies = read_latencies(config_, database_, problems);
  ASSERT_TRUE(latencies);
  EXPECT_EQ(latencies->network_count(), 1U);
  EXPECT_EQ(problems.all().at(0).to_string(),
            (directory_.path() / "none.csv").string() + ": warning: is not there (yet): nothing of it is measured");
}

TEST_F(LatencyFile, AFileThatCannotBeReadIsAnError) {
  config_.latency.files = {directory_.path()};
  Problems problems;
  EXPECT_FALSE(read_latencies(config_, database_, problems));
}

}  // namespace
}  // namespace rhumb::config

#include "config/health_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::chrono::sys_days kToday = std::chrono::year(2026) / 11 / 25;

class HealthReader : public testing::Test {
 protected:
  // A configuration with "health" of all, and of its one service, like this.
  void read(const std::string& health, const std::string& of_service = "{}", const std::string& more = "") {
    config_ = load_config(directory_.write("rhumb.json", R"({"listen": ["127.0.0.1:5300"], "zones": ".",
          "regions": {"here": {"coordinates": [0, 0]}, "there": {"coordinates": [1, 1]}},
          "checks": {"web": {"type": "tcp", "port": 1}, "db": {"type": "tcp", "port": 2},
                     "both": {"type": "calculated", "all": ["web", "db"]}},
          "health": )" + health + R"(, "services": {"www.example.com": {)" +
                                                             more + R"("health": )" + of_service + R"(, "instances": [
            {"region": "here", "address": "192.0.2.1"}, {"region": "there", "address": "192.0.2.2"}]}}})"),
                          problems_, kToday);
  }
  [[nodiscard]] std::string error() const {
    const Problem* error = problems_.first_error();
    return error == nullptr ? "" : error->to_string();
  }
  [[nodiscard]] bool warns_of(const std::string& text) const {
    return std::ranges::any_of(
        problems_.all(), [&](const Problem& problem) { return problem.to_string().find(text) != std::string::npos; });
  }

  test::TemporaryDirectory directory_;
  Problems problems_;
  std::optional<Config> config_;
};

TEST_F(HealthReader, DoesNothingUnlessTold) {
  read("{}");
  ASSERT_TRUE(config_) << error();
  EXPECT_FALSE(config_->health.state_file);
  EXPECT_EQ(config_->health.guard.percent, 0);
  EXPECT_EQ(config_->services[0].health, ServiceHealth{});
}

TEST_F(HealthReader, ReadsWhatHoldsForAll) {
  read(R"({"state_file": "var/rhumb.state", "guard": {"max_down": 40, "within": "20s", "hold_at_most": "2m"},
           "canaries": [{"check": "web", "address": "198.51.100.1"}]})");
  ASSERT_TRUE(config_) << error();
  EXPECT_EQ(config_->health.state_file, directory_.path() / "var/rhumb.state");
  EXPECT_EQ(config_->health.guard, (health::GuardSettings{40, 20s, 120s}));
  EXPECT_EQ(config_->health.canaries, (std::vector{Canary{0, *IpAddress::parse("198.51.100.1")}}));
}

TEST_F(HealthReader, AServiceHasTheRulesOfAllButForItsOwn) {
  read(R"({"failback": {"hold_down": "30s", "slow_start": "2m", "resume": "manual"}, "panic_threshold": 50,
           "min_regions": 1, "load_low": 0.5, "load_high": 0.9})",
       R"({"failback": {"hold_down": "1s"}, "min_regions": 2})");
  ASSERT_TRUE(config_) << error();
  const ServiceHealth& health = config_->services[0].health;
  EXPECT_EQ(health.failback.hold_down, 1s);
  EXPECT_EQ(health.failback.slow_start, 2min);
  EXPECT_TRUE(health.failback.is_manual);
  EXPECT_EQ(health.panic_percent, 50);
  EXPECT_EQ(health.regions_min, 2U);
  EXPECT_EQ(health.load, (health::LoadSettings{0.5, 0.9}));
}

TEST_F(HealthReader, FlapDampingHasUsualFigures) {
  read(R"({"failback": {"flap_damping": {}}})");
  ASSERT_TRUE(config_) << error();
  EXPECT_EQ(config_->services[0].health.failback.damping, (health::FlapDamping{2, 0.75, 5min, 30min}));
}

TEST_F(HealthReader, DampingEndsBelowWhereItBegins) {
  read(R"({"failback": {"flap_damping": {"suppress": 2, "reuse": 2}}})");
  EXPECT_THAT(error(), HasSubstr("/health/failback/flap_damping: reuse 2 is not less than suppress 2"));
}

// RFC 2439 §4.2: the ceiling of the penalty is as high as takes that long to decay.
TEST_F(HealthReader, DampingLastsLongEnoughToBegin) {
  read(R"({"failback": {"flap_damping": {"suppress": 4, "reuse": 1, "half_life": "5m", "suppressed_at_most": "9m"}}})");
  EXPECT_THAT(error(), HasSubstr("/health/failback/flap_damping: suppressed_at_most 9m is too short: a penalty that "
                                 "decays to reuse 1 by then never reaches suppress 4"));
}

TEST_F(HealthReader, LoadsGoTogetherAndUpwards) {
  read(R"({"load_low": 0.5})");
  EXPECT_THAT(error(), HasSubstr("/health: \"load_low\" and \"load_high\" go together"));
}

TEST_F(HealthReader, LoadHighIsAboveLoadLow) {
  read(R"({"load_low": 0.5, "load_high": 0.5})");
  EXPECT_THAT(error(), HasSubstr("/health/load_high: load_high 0.5 is not more than load_low 0.5"));
}

TEST_F(HealthReader, ACanaryProbes) {
  read(R"({"canaries": [{"check": "both", "address": "198.51.100.1"}]})");
  EXPECT_THAT(error(), HasSubstr("a canary needs a check that probes"));
}

TEST_F(HealthReader, ACanarysCheckIsOneThatThereIs) {
  read(R"({"canaries": [{"check": "wen", "address": "198.51.100.1"}]})");
  EXPECT_THAT(error(), HasSubstr("/health/canaries/0/check: \"wen\" is not a check (did you mean \"web\"?)"));
}

TEST_F(HealthReader, AServiceMayHaveSeveralChecksAndATtlMin) {
  read("{}", "{}", R"("ttl": 60, "ttl_min": 7, "checks": ["web", "both"], )");
  ASSERT_TRUE(config_) << error();
  EXPECT_EQ(config_->services[0].checks, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(config_->services[0].ttl_min_s, 7U);
}

TEST_F(HealthReader, ATtlMinAboveTheTtlIsDoubtful) {
  read("{}", "{}", R"("ttl": 10, "ttl_min": 20, )");
  ASSERT_TRUE(config_) << error();
  EXPECT_EQ(config_->services[0].ttl_min_s, 10U);
  EXPECT_TRUE(warns_of("/services/www.example.com/ttl_min: warning: is more than the ttl, 10, which is kept to"));
}

TEST_F(HealthReader, ChecksStandOnceAndInOneList) {
  read("{}", "{}", R"("checks": ["web", "web"], )");
  EXPECT_THAT(error(), HasSubstr("/services/www.example.com/checks/1: stands twice"));
}

TEST_F(HealthReader, MoreRegionsThanThereAreAreDoubtful) {
  read("{}", R"({"min_regions": 3})");
  ASSERT_TRUE(config_) << error();
  EXPECT_TRUE(warns_of("min_regions is 3, and the service has 2"));
}

}  // namespace
}  // namespace rhumb::config

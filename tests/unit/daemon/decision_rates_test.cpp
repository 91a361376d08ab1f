#include "daemon/decision_rates.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "geo/country_table.hpp"

namespace rhumb::daemon {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Counts = DecisionRates::Counts;

constexpr DecisionRates::Clock::time_point kStart{1h};

// Of www.example.com: without a region, in eu-west, in us-east.
Counts counts(std::uint64_t none, std::uint64_t eu_west, std::uint64_t us_east) {
  return {
      {{"www.example.com", "", none}, {"www.example.com", "eu-west", eu_west}, {"www.example.com", "us-east", us_east}},
      {}};
}

// So many of the answers that were looked into, in no country that is known, in France, in Japan.
Counts counts_of_countries(std::uint64_t none, std::uint64_t france, std::uint64_t japan) {
  Counts counts;
  counts.countries.resize(geo::kCountryPlaces);
  counts.countries[geo::kNoCountryPlace] = none;
  counts.countries[geo::place_of(geo::Country::from_text("FR"))] = france;
  counts.countries[geo::place_of(geo::Country::from_text("JP"))] = japan;
  return counts;
}

Json told(const DecisionRates& rates, const Counts& now, DecisionRates::Clock::time_point at) {
  return Json::parse(rates.to_json(now, at));
}

TEST(DecisionRates, AreWhatWasGainedASecondByServiceAndRegion) {
  DecisionRates rates;
  rates.note(counts(5, 100, 7), kStart);
  EXPECT_EQ(told(rates, counts(7, 150, 7), kStart + 20s), Json::parse(R"({"seconds": 20.0, "services": [
    {"service": "www.example.com", "per_second": 2.6, "regions": [{"region": "eu-west", "per_second": 2.5}]}]})"));
}

TEST(DecisionRates, LookAMinuteBack) {
  DecisionRates rates;
  for (int i = 0; i <= 12; ++i) {
    const auto at = kStart + i * 10s;
    EXPECT_TRUE(rates.is_due(at));
    rates.note(counts(0, static_cast<std::uint64_t>(i < 6 ? i * 1'000 : 5'000), 0), at);
    EXPECT_FALSE(rates.is_due(at + 9s));
  }
  const Json now = told(rates, counts(0, 5'060, 0), kStart + 120s);
  EXPECT_EQ(now["seconds"], 60);
  EXPECT_EQ(now["services"][0]["per_second"], 1);
}

TEST(DecisionRates, CountServicesThatHaveComeSinceAndAddTheirPlacesUp) {
  DecisionRates rates;
  rates.note(counts(0, 10, 0), kStart);
  Counts now = counts(0, 20, 0);
  now.steered.push_back({"new.example.com", "", 0});
  now.steered.push_back({"new.example.com", "eu-west", 30});
  now.steered.push_back({"www.example.com", "eu-west", 40});
  now.steered.push_back({"", "", 10});
  const Json services = told(rates, now, kStart + 10s)["services"];
  ASSERT_EQ(services.size(), 3U);
  EXPECT_FALSE(services[0].contains("service")) << "those without a place of their own";
  EXPECT_EQ(services[0]["per_second"], 1);
  EXPECT_EQ(services[1]["service"], "new.example.com");
  EXPECT_EQ(services[1]["regions"][0]["per_second"], 3);
  EXPECT_EQ(services[2]["regions"][0]["per_second"], 5);
}

TEST(DecisionRates, AreNoneWithinNoTime) {
  DecisionRates rates;
  rates.note(counts(0, 10, 0), kStart);
  EXPECT_EQ(told(rates, counts(0, 20, 0), kStart)["services"][0]["per_second"], 0);
}

TEST(DecisionRates, OfCountriesAreEstimatedFromTheAnswersThatWereLookedInto) {
  DecisionRates rates;
  rates.note(counts_of_countries(0, 5, 7), kStart);
  const Json now = told(rates, counts_of_countries(1, 15, 7), kStart + 20s);
  EXPECT_EQ(now["countries"], Json::parse(R"([{"per_second": 12.8}, {"country": "FR", "per_second": 128.0}])"));
  EXPECT_EQ(now["sampled"], 256);
}

TEST(DecisionRates, TellNoCountriesWhileTheyAreNotCounted) {
  DecisionRates rates;
  rates.note(counts_of_countries(0, 5, 0), kStart);
  const Json now = told(rates, counts(0, 10, 0), kStart + 10s);
  EXPECT_FALSE(now.contains("countries"));
  EXPECT_FALSE(now.contains("sampled"));
}

TEST(DecisionRates, OfCountriesAreSinceTheyAreCounted) {
  DecisionRates rates;
  rates.note(counts(0, 10, 0), kStart);
  EXPECT_EQ(told(rates, counts_of_countries(0, 5, 0), kStart + 10s)["countries"], Json::array());
  rates.note(counts_of_countries(0, 5, 0), kStart + 10s);
  const Json now = told(rates, counts_of_countries(0, 10, 0), kStart + 20s);
  EXPECT_EQ(now["seconds"], 20);
  EXPECT_EQ(now["countries"][0]["per_second"], 128) << "in ten seconds";
}

}  // namespace
}  // namespace rhumb::daemon

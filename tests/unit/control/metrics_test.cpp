// What Prometheus reads, and that the manual, the alerts and the dashboard speak of the same.
#include "control/metrics.hpp"

#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::control {
namespace {

using answer::Counters;
using answer::Summary;
using answer::Transport;
using steering::Outcome;
using testing::HasSubstr;
using testing::Not;

const std::filesystem::path kDocs = RHUMB_TEST_DATA "/../../docs";

Summary steered(std::uint32_t service, Outcome outcome, steering::RegionIndex region) {
  Summary summary{.type = dns::type::kA, .zone = 0, .service = service, .scope_bits = 24, .marks = {}};
  summary.set_outcome(outcome, region);
  return summary;
}

// Two places of "www" in "eu", as after a reload that changed its regions.
const std::vector<answer::CountedNames::Steered> kSteeredNames = [] {
  std::vector<answer::CountedNames::Steered> names(answer::CountedPlaces::kOtherServicesCount);
  names.insert(names.end(), {{"www", ""}, {"www", "eu"}, {"www", ""}, {"www", "us"}, {"www", "eu"}});
  return names;
}();
const answer::CountedPlaces kPlaces{
    .zones = {2},
    .services = {answer::CountedPlaces::kOtherServicesCount, answer::CountedPlaces::kOtherServicesCount + 2}};

// Something of everything.
Readings some_readings() {
  Readings readings;
  readings.version = "1.2.3";
  readings.process = {1'700'000'000, 12.5, 4'096};
  Counters counters;
  std::vector<Summary> summaries{
      {.type = dns::type::kA, .zone = 0},
      {.type = dns::type::kAaaa, .rcode = dns::Rcode::refused},
      {.type = 65'280, .zone = 0, .rcode = dns::Rcode::nx_domain},
      steered(0, Outcome::healthy, 0),
      steered(1, Outcome::healthy, 1),
      steered(1, Outcome::all_down, 1),
      steered(1, Outcome::nodata, 0),
      {.marks = {.fate = answer::Fate::malformed}},
      {.marks = {.fate = answer::Fate::limited}},
      {.type = dns::type::kA, .marks = {.fate = answer::Fate::slipped, .is_truncated = true}},
  };
  summaries[3].marks.subnet = answer::Subnet::v4;
  counters.count(summaries, Transport::udp, Family::v4, kPlaces);
  counters.count({summaries.data(), 1}, Transport::tcp, Family::v6, kPlaces);
  counters.count_time(200);
  counters.count_time(2'000'000'000);
  readings.answers += counters;
  readings.over_rate_limit = 3;
  readings.zone_names = {"", "", "example.com"};
  readings.steered_names = kSteeredNames;
  readings.connections = {1, 2, 3};
  readings.reloads = {4, 5, 1.5};
  readings.snapshot_at_s = 1'764'100'000;
  readings.zones_loaded = 6;
  readings.zones_not_loaded = 1;
  readings.services = 2;
  readings.databases = {{"geoip/\"odd\"\\.mmdb", "City", 1'764'000'000}};
  readings.has_held_back_databases = true;
  readings.health.probes = {{"web", "192.0.2.10:80", health::State::up}};
  readings.health.instances = {{"www", "eu", "192.0.2.10", health::State::up, true},
                               {"www", "us", "192.0.2.20", health::State::down, true},
                               {"www", "us", "192.0.2.21", health::State::unknown, true}};
  readings.health.instances[1].share = 0;
  readings.events.by_kind[static_cast<std::size_t>(health::Event::Kind::override_set)].told = 7;
  return readings;
}

const std::string& some_text() {
  static const std::string text = to_prometheus(some_readings());
  return text;
}

// From the lines "# TYPE name type": name and type.
std::set<std::pair<std::string, std::string>> exported() {
  static const std::regex pattern("# TYPE (\\w+) (\\w+)");
  std::set<std::pair<std::string, std::string>> metrics;
  for (std::sregex_iterator it(some_text().begin(), some_text().end(), pattern), end; it != end; ++it)
    metrics.emplace((*it)[1], (*it)[2]);
  return metrics;
}

// Runs promtool, of Debian's package prometheus.
std::string promtool(const std::string& command) {
  const test::TemporaryDirectory directory;
  const auto metrics = directory.write("metrics", some_text());
  test::ChildProcess process(directory.path(), {"/bin/sh", "-c", "promtool " + command + " < " + metrics.string()});
  const std::string exit = process.wait_for_exit();
  return exit == "status 0" ? process.log() : exit + ": " + process.output() + process.log();
}

TEST(Metrics, CountQueriesByTransportFamilyTypeAndRcode) {
  EXPECT_THAT(some_text(), HasSubstr("rhumb_queries_total{transport=\"udp\",family=\"ipv4\",type=\"AAAA\",rcode="
                                     "\"REFUSED\"} 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_queries_total{transport=\"udp\",family=\"ipv4\",type=\"other\",rcode="
                                     "\"NXDOMAIN\"} 1\n"));
  EXPECT_THAT(some_text(),
              HasSubstr("rhumb_queries_total{transport=\"tcp\",family=\"ipv6\",type=\"A\",rcode=\"NOERROR\""
                        "} 1\n"));
  EXPECT_THAT(some_text(), Not(HasSubstr("rcode=\"FORMERR\""))) << "there was none";
}

TEST(Metrics, SayWhetherDatabasesAreHeldBack) {
  EXPECT_THAT(some_text(), HasSubstr("rhumb_geoip_held_back 1\n"));
  Readings readings = some_readings();
  readings.has_held_back_databases = false;
  EXPECT_THAT(to_prometheus(readings), HasSubstr("rhumb_geoip_held_back 0\n"));
}

TEST(Metrics, CountZonesByName) {
  EXPECT_THAT(some_text(), HasSubstr("rhumb_zone_queries_total{zone=\"example.com\"} 7\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_zone_queries_total{zone=\"other\"} 0\n"));
}

TEST(Metrics, OfAServiceGoOnWhenItsRegionsChange) {
  EXPECT_THAT(some_text(), HasSubstr("rhumb_steered_answers_total{service=\"www\",region=\"eu\"} 3\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_steered_answers_total{service=\"www\",region=\"us\"} 0\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_steered_answers_total{service=\"www\",region=\"\"} 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_steered_answers_total{service=\"other\",region=\"\"} 0\n"));
}

TEST(Metrics, TellTheOutcomesThatAreNotHealthy) {
  EXPECT_THAT(some_text(), Not(HasSubstr("outcome=\"healthy\"")));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_steered_outcomes_total{outcome=\"all_down\"} 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_steered_outcomes_total{outcome=\"nodata\"} 1\n"));
}

TEST(Metrics, HistogramsAreCumulative) {
  EXPECT_THAT(some_text(), HasSubstr("rhumb_ecs_scope_prefix_length_bucket{family=\"ipv4\",le=\"20\"} 0\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_ecs_scope_prefix_length_bucket{family=\"ipv4\",le=\"24\"} 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_ecs_scope_prefix_length_bucket{family=\"ipv4\",le=\"+Inf\"} 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_ecs_scope_prefix_length_sum{family=\"ipv4\"} 24\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_answer_seconds_count 2\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_answer_seconds_bucket{le=\"1.25e-07\"} 0\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_answer_seconds_bucket{le=\"2.5e-07\"} 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_answer_seconds_bucket{le=\"+Inf\"} 2\n"));
}

TEST(Metrics, SayWhatWasNotAnswered) {
  EXPECT_THAT(some_text(), HasSubstr("rhumb_dropped_queries_total{transport=\"udp\",reason=\"malformed\"} 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_dropped_queries_total{transport=\"udp\",reason=\"rate_limit\"} 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_slipped_answers_total 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_truncated_answers_total{transport=\"udp\"} 1\n"));
}

TEST(Metrics, AnInstanceThatIsUnknownIsUp) {
  const std::string up = "rhumb_instance_up{service=\"www\",region=\"us\",target=";
  EXPECT_THAT(some_text(), HasSubstr(up + "\"192.0.2.20\"} 0\n"));
  EXPECT_THAT(some_text(), HasSubstr(up + "\"192.0.2.21\"} 1\n"));
  EXPECT_THAT(some_text(), HasSubstr("rhumb_instance_share{service=\"www\",region=\"us\",target=\"192.0.2.20\"} 0\n"));
}

TEST(Metrics, OfVeryManyInstancesOnlyTheFirstHaveSeries) {
  Readings readings;
  readings.health.instances.resize(kInstanceSeriesMax + 1, {"www", "eu", "first"});
  readings.health.instances.back().instance = "last";
  const std::string text = to_prometheus(readings);
  EXPECT_THAT(text, HasSubstr("target=\"first\""));
  EXPECT_THAT(text, Not(HasSubstr("target=\"last\"")));
  EXPECT_THAT(text, HasSubstr("rhumb_instances{state=\"unknown\"} 4097\n"));
}

TEST(Metrics, KindsOfEventsAreWords) {
  EXPECT_THAT(some_text(), HasSubstr("rhumb_events_total{kind=\"override_set\",fate=\"told\"} 7\n"));
}

TEST(Metrics, PromtoolHasNothingToSay) {
  EXPECT_EQ(promtool("check metrics"), "");
}

TEST(Metrics, AreThoseOfTheManual) {
  static const std::regex row("\\| `(\\w+)` \\| (\\w+) \\|");
  const std::string manual = test::read_file(kDocs / "metrics.md");
  std::set<std::pair<std::string, std::string>> described;
  for (std::sregex_iterator it(manual.begin(), manual.end(), row), end; it != end; ++it)
    described.emplace((*it)[1], (*it)[2]);
  EXPECT_EQ(described, exported());
}

// Every metric that `expression` names is exported.
void expect_exported(const std::string& expression) {
  static const std::regex name("\\b(rhumb|process)_\\w+");
  static const std::regex suffix("_(bucket|sum|count)$");
  std::set<std::string> known;
  for (const auto& [metric, type] : exported())
    known.insert(metric);
  std::sregex_iterator it(expression.begin(), expression.end(), name);
  EXPECT_NE(it, std::sregex_iterator()) << expression << ": names no metric";
  for (; it != std::sregex_iterator(); ++it) {
    EXPECT_TRUE(known.contains(it->str()) || known.contains(std::regex_replace(it->str(), suffix, ""))) << it->str();
  }
}

TEST(Metrics, TheDashboardShowsThemAndNoOthers) {
  const auto dashboard = nlohmann::json::parse(test::read_file(kDocs / "monitoring/rhumb-dashboard.json"));
  std::size_t expressions = 0;
  for (const auto& panel : dashboard.at("panels")) {
    for (const auto& target : panel.at("targets")) {
      SCOPED_TRACE(panel.at("title").get<std::string>());
      expect_exported(target.at("expr").get<std::string>());
      ++expressions;
    }
  }
  EXPECT_GT(expressions, 10U);
}

TEST(Metrics, TheAlertsAreSoundAndSpeakOfThem) {
  const auto rules = kDocs / "monitoring/rhumb-alerts.yml";
  EXPECT_EQ(promtool("check rules " + rules.string()), "");
  static const std::regex alert("- alert: ");
  const std::string text = test::read_file(rules);
  std::sregex_token_iterator it(text.begin(), text.end(), alert, -1);
  for (++it; it != std::sregex_token_iterator(); ++it)
    expect_exported(it->str());
}

}  // namespace
}  // namespace rhumb::control

#include "health/push_probe.hpp"

#include <sys/stat.h>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/probe_run.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::health {
namespace {

using ::testing::MatchesRegex;
using ::testing::StartsWith;
using Kind = Outcome::Kind;
using std::chrono::seconds;
using std::chrono::system_clock;

class PushProbe : public testing::Test {
 protected:
  PushProbe() {
    check_.type = Check::Type::push;
    check_.ttl_ms = 30'000;
    check_.report_file = (directory_.path() / "report").string();
  }

  // What a report of this age says.
  Outcome read(const std::string& text, seconds age = seconds(3)) {
    const auto file = directory_.write("report", text);
    const auto now = system_clock::now();
    const auto at = std::chrono::file_clock::from_sys(now - age);
    std::filesystem::last_write_time(file, at);
    return read_report(check_, now);
  }

  test::TemporaryDirectory directory_;
  Check check_;
};

TEST_F(PushProbe, TakesTheFirstLineForTheReport) {
  for (const char* text : {"up", "up\n", "up\r\n", "up\nanything\n"}) {
    const Outcome outcome = read(text);
    EXPECT_EQ(outcome.kind, Kind::success) << text;
    EXPECT_EQ(outcome.evidence, "reported up 3s ago");
  }
  for (const char* text : {"down", "down\nup\n"}) {
    const Outcome outcome = read(text);
    EXPECT_EQ(outcome.kind, Kind::failure) << text;
    EXPECT_EQ(outcome.evidence, "reported down 3s ago");
  }
  EXPECT_EQ(read("down the disk is full\n").evidence, "reported down 3s ago: the disk is full");
}

TEST_F(PushProbe, FailsIfTheReportIsNone) {
  for (const auto& [text, shown] : {std::pair<std::string, std::string>("", ""),
                                    {"UP\n", "UP"},
                                    {"up \n", "up "},
                                    {"downright\n", "downright"},
                                    {"\x1b[1mup\n", "?[1mup"},
                                    {std::string(5'000, 'x'), std::string(kReportMax, 'x')}}) {
    const Outcome outcome = read(text);
    EXPECT_EQ(outcome.kind, Kind::failure) << text;
    EXPECT_EQ(outcome.evidence, "the report \"" + shown + "\" is neither \"up\" nor \"down\"");
  }
}

TEST_F(PushProbe, FailsIfTheReportHasExpired) {
  EXPECT_EQ(read("up\n", seconds(30)).kind, Kind::success);
  const Outcome outcome = read("up\n", seconds(31));
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "the last report is 31s old");
  EXPECT_EQ(read("up\n", seconds(-30)).kind, Kind::success) << "a clock that is a little behind";
  EXPECT_EQ(read("up\n", seconds(-31)).evidence, "the last report is dated in the future");
}

TEST_F(PushProbe, HasNoOpinionAfterExpiryIfToldSo) {
  check_.is_down_on_expiry = false;
  EXPECT_EQ(read("up\n", seconds(31)).kind, Kind::no_opinion);
  EXPECT_EQ(read("down\n", seconds(31)).kind, Kind::no_opinion);
  std::filesystem::remove(check_.report_file);
  EXPECT_EQ(read_report(check_, system_clock::now()).kind, Kind::no_opinion);
}

TEST_F(PushProbe, SaysWhyThereIsNoReport) {
  EXPECT_EQ(read_report(check_, system_clock::now()).evidence,
            "no report: " + check_.report_file + ": No such file or directory");
  ASSERT_EQ(mkfifo(check_.report_file.c_str(), 0600), 0);
  EXPECT_EQ(read_report(check_, system_clock::now()).evidence, "no report: " + check_.report_file + ": not a file");
  std::filesystem::remove(check_.report_file);
  std::filesystem::create_directory(check_.report_file);
  const Outcome outcome = read_report(check_, system_clock::now());
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "no report: " + check_.report_file + ": not a file");
}

TEST_F(PushProbe, IsRunAsOtherProbesAre) {
  directory_.write("report", "up\n");
  Target target{"test", {}, "", check_};
  target.resolved_name = "never.asked.example";
  const Outcome outcome = probe_now(target).outcome;
  EXPECT_EQ(outcome.kind, Kind::success);
  EXPECT_THAT(outcome.evidence, MatchesRegex("reported up [0-9.]+m?s ago"));
}

TEST(ReportFile, IsNamedAfterTheInstance) {
  EXPECT_EQ(report_file_of("/run/{service}/{region}/{address}-{address}", "2001:db8::1", "eu-west", "www.example.com"),
            "/run/www.example.com/eu-west/2001:db8::1-2001:db8::1");
  EXPECT_EQ(report_file_of("/run/{region}", "", "a/../b", ""), "/run/a_.._b");
  EXPECT_EQ(report_file_of("", "192.0.2.1", "eu", "www"), "");
}

}  // namespace
}  // namespace rhumb::health

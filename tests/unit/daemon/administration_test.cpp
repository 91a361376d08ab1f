#include "daemon/administration.hpp"

#include <csignal>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_operations.hpp"
#include "support/small_snapshot.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using namespace std::chrono_literals;
using control::LoadReport;
using testing::ElementsAre;

std::unique_ptr<const answer::Snapshot> some_snapshot() {
  constexpr std::string_view kText = "@ 60 SOA ns1 host 7 1 1 1 1\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n";
  return std::make_unique<const answer::Snapshot>(
      answer::Snapshot{zone::Zones({answer::make_zone("example.com", kText)}, 7, {*dns::Name::from_text("a.example")}),
                       {{"eu-west", {53.35, -6.26}, 10}},
                       {},
                       nullptr});
}

class AdministrationTest : public testing::Test {
 protected:
  AdministrationTest() {
    administration_.introduce("rhumb.json", {"127.0.0.1:53"});
    administration_.note_load({true, {}}, "{}");
  }

  MainLoop loop_{SIGUSR1};
  Published<answer::Snapshot> snapshot_{some_snapshot()};
  int reloads_ = 0;
  Loaded loaded_;
  test::FakeOperations operations_;
  Inspector inspector_{snapshot_, operations_, loop_, [this]() -> const Loaded& { return loaded_; }};
  LatencyStore latencies_;
  ServerAdministration administration_{
      snapshot_,
      loop_,
      {inspector_, latencies_,
       [this](const control::ReloadOrder& order) {
         ++reloads_;
         return LoadReport{true, {"fine" + order.zone + (order.accepts_databases ? " accepted" : "")}};
       },
       [] { return std::string("rhumb_up 1\n"); }, [] { return std::string("{}"); }}};
};

TEST_F(AdministrationTest, KnowsHowTheLastLoadWentAndWhatIsServed) {
  administration_.note_load({false, {"oops"}}, "{\"bad\": 1}");
  control::ServerInfo info = administration_.server_info();
  EXPECT_EQ(info.generation, 1U);
  EXPECT_FALSE(info.reload.is_done);
  EXPECT_THAT(info.reload.lines, ElementsAre("oops"));
  EXPECT_EQ(administration_.config(), "{}");
  administration_.note_load({true, {}}, "{\"good\": 1}");
  info = administration_.server_info();
  EXPECT_EQ(info.generation, 2U);
  EXPECT_EQ(info.loaded_at, info.reload_at);
  EXPECT_EQ(administration_.config(), "{\"good\": 1}");
}

TEST_F(AdministrationTest, ReloadsOnceForAllWhoAskBeforeItBegins) {
  int told = 0;
  const auto tell = [&](const LoadReport& report) {
    EXPECT_THAT(report.lines, ElementsAre("fine"));
    ++told;
  };
  administration_.reload({}, tell);
  administration_.reload({}, tell);
  EXPECT_EQ(reloads_, 0) << "not on the thread that asks";
  (void)loop_.wait(1min);
  EXPECT_EQ(reloads_, 1);
  EXPECT_EQ(told, 2);
  administration_.reload({}, tell);
  (void)loop_.wait(1min);
  EXPECT_EQ(reloads_, 2);
}

TEST_F(AdministrationTest, WhatOneOfThemAcceptsIsAccepted) {
  std::vector<std::string> told;
  for (const bool accepts : {false, true, false})
    administration_.reload({.accepts_databases = accepts},
                           [&](const LoadReport& of) { told.push_back(of.lines.front()); });
  (void)loop_.wait(1min);
  EXPECT_THAT(told, ElementsAre("fine accepted", "fine accepted", "fine accepted"));
  administration_.reload({}, [&](const LoadReport& report) { told = report.lines; });
  (void)loop_.wait(1min);
  EXPECT_THAT(told, ElementsAre("fine")) << "once";
}

TEST_F(AdministrationTest, ReloadsEachZoneThatIsAskedFor) {
  std::vector<std::string> told;
  for (const char* zone : {"a.example", "b.example"})
    administration_.reload({.zone = zone}, [&](const LoadReport& report) { told.push_back(report.lines.front()); });
  (void)loop_.wait(1min);
  EXPECT_THAT(told, ElementsAre("finea.example", "fineb.example"));
}

TEST_F(AdministrationTest, TakesMeasuredTimesToRegionsThatThereAreIfTheyAreKept) {
  const control::MeasuredLatency good{*Network::parse("192.0.2.0/24"), "eu-west", 5};
  const control::MeasuredLatency bad{*Network::parse("192.0.2.0/24"), "eu-wset", 5};
  EXPECT_EQ(administration_.add_latencies({good}).kind, control::Result::Kind::conflict);
  EXPECT_EQ(administration_.latencies("").kind, control::Result::Kind::conflict);
  const test::TemporaryDirectory directory;
  Problems problems;
  latencies_.configure(config::LatencySamples{directory.path() / "samples", 1h, 30s}, {}, problems);
  const control::Result refused = administration_.add_latencies({good, bad});
  EXPECT_EQ(refused.kind, control::Result::Kind::not_found);
  EXPECT_THAT(refused.text, testing::HasSubstr("did you mean \"eu-west\"?"));
  EXPECT_THAT(latencies_.known()->latencies, testing::IsEmpty()) << "all or none";
  EXPECT_EQ(administration_.add_latencies({good}).kind, control::Result::Kind::done);
  EXPECT_THAT(administration_.latencies("").text, testing::HasSubstr("192.0.2.0/24"));
  EXPECT_THAT(administration_.latencies("us-east").text, testing::HasSubstr("\"samples\":[]"));
}

TEST_F(AdministrationTest, TellsOfWhatIsServedNowFromAnotherThread) {
  std::thread other([&] {
    const auto zones = administration_.zones();
    ASSERT_EQ(zones.size(), 2U);
    EXPECT_EQ(zones[0].name, "a.example");
    EXPECT_FALSE(zones[0].is_loaded);
    EXPECT_EQ(zones[1].name, "example.com");
    EXPECT_TRUE(zones[1].is_loaded);
    EXPECT_EQ(zones[1].serial, 7U);
    EXPECT_EQ(zones[1].records, 3U);
    EXPECT_TRUE(administration_.zone("EXAMPLE.com."));
    EXPECT_TRUE(administration_.zone("a.example"));
    EXPECT_FALSE(administration_.zone("elsewhere.example"));
    EXPECT_FALSE(administration_.zone("no..name"));
    EXPECT_EQ(administration_.regions().at(0).name, "eu-west");
  });
  other.join();
  snapshot_.publish(some_snapshot());  // does not wait for a thread that has read
}

}  // namespace
}  // namespace rhumb::daemon

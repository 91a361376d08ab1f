#include "import/geodns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import_run.hpp"

namespace rhumb::importing {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Geodns : public testing::Test {
 protected:
  Geodns() {
    Report report;
    const auto file = std::filesystem::path(RHUMB_TEST_DATA) / "import/geodns/pool.example.com.json";
    import({{ "pool.example.com.json", read_source_file(file, report).value_or("") }});
  }
  void import(const SourceFiles& files) {
    report_ = {};
    draft_ = import_geodns(files, report_);
  }
  [[nodiscard]] Json steering(const std::string& name) const { return service_of(draft_, name)["steering"]; }
  [[nodiscard]] std::vector<std::string> instances(const std::string& name) const { return instances_of(draft_, name); }
  [[nodiscard]] std::vector<std::string> told(Note::Kind kind) const { return notes_of(report_, kind); }

  Draft draft_;
  Report report_;
};

TEST_F(Geodns, TheSoaIsThatWhichGeodnsMakesUp) {
  EXPECT_THAT(told(Note::Kind::error), IsEmpty());
  EXPECT_TRUE(
      draft_.zones.at("pool.example.com")
          .starts_with("pool.example.com. 3600 SOA ns1.example.net. support.example.com. 3 5400 5400 1209600 3600\n"));
}

TEST_F(Geodns, RecordsThatAreNotSteeredAreThoseOfTheZone) {
  const std::string& zone = draft_.zones.at("pool.example.com");
  EXPECT_THAT(zone, HasSubstr("pool.example.com. 86400 NS ns2.example.net.\n"));
  EXPECT_THAT(zone, HasSubstr("pool.example.com. 600 MX 10 mx.example.net.\n"));
  EXPECT_THAT(zone, HasSubstr("pool.example.com. 600 TXT \"who \\\"asks\\\"\"\n"));
  EXPECT_THAT(zone, HasSubstr("_sip._tcp.pool.example.com. 600 SRV 10 100 5060 sip.example.com.\n"));
  EXPECT_THAT(told(Note::Kind::missing),
              Contains(HasSubstr("/data/europe: pool.example.com MX is not steered: clients of \"europe\"")));
}

TEST_F(Geodns, LabelsOfTargetsAreRulesAndNamesOfTheirOwn) {
  EXPECT_EQ(steering("pool.example.com")["regions"], Json({"default"}));
  EXPECT_EQ(steering("pool.example.com")["rules"], Json::parse(R"([
    {"name": "FR", "countries": ["FR"], "regions": ["fr", "europe", "default"]},
    {"name": "EU", "continents": ["EU"], "regions": ["europe", "default"]}])"));
  EXPECT_EQ(steering("pool.example.com")["answers"], 2);
  EXPECT_THAT(instances("pool.example.com"), Contains("default 192.0.2.3 30"));
  EXPECT_THAT(instances("europe.pool.example.com"), ElementsAre("default 192.0.2.11"));
  EXPECT_THAT(instances("fr.pool.example.com"), ElementsAre("default 192.0.2.12 5", "default 2001:db8::12"));
}

TEST_F(Geodns, NetworksAndAutonomousSystemsComeBeforeStatesAndContinents) {
  const auto service = std::ranges::find(draft_.services, "0.pool.example.com", &DraftService::name);
  ASSERT_NE(service, draft_.services.end());
  std::vector<std::string> names;
  for (const DraftRule& rule : service->rules)
    names.push_back(rule.name);
  EXPECT_THAT(names, ElementsAre("203.0.113.0/24", "AS64497", "us-east", "NA"));
  EXPECT_EQ(service_of(draft_, "0.pool.example.com")["ttl"], 30);
  EXPECT_EQ(steering("0.pool.example.com")["answers"], 1);
}

TEST_F(Geodns, AnAliasIsSteeredAsItsTarget) {
  EXPECT_EQ(steering("same.pool.example.com"), steering("0.pool.example.com"));
  EXPECT_EQ(instances("same.pool.example.com"), instances("0.pool.example.com"));
}

TEST_F(Geodns, NamesAreTargetsWhereTheyAreSteeredAndRecordsWhereNot) {
  EXPECT_THAT(instances("www.pool.example.com"),
              ElementsAre("europe eu.pool.example.com.", "default www.example.net."));
  EXPECT_THAT(draft_.zones.at("pool.example.com"),
              HasSubstr("shop.pool.example.com. 600 CNAME www.pool.example.com.\n"));
}

TEST_F(Geodns, WhoIsInNoTargetGetsNoDataIfThereIsNothingForEverybody) {
  EXPECT_EQ(steering("only.pool.example.com")["rules"].back()["action"], "nodata");
}

TEST_F(Geodns, OnlyTargetsThatTheZoneAsksForCount) {
  import({{
    "x.json",
    R"({"targeting": "@ continent", "data": {"": {"ns": ["ns.y."]}, "www": {"a": [["192.0.2.1"]]}, "www.fr": {"a": [["192.0.2.2"]]}}})"
  }});
  EXPECT_FALSE(steering("www.x").contains("rules"));
  EXPECT_THAT(instances("www.fr.x"), ElementsAre("default 192.0.2.2"));
}

TEST_F(Geodns, WhatHasNoCounterpartIsTold) {
  import({{
    "x.json",
    R"({"serial": 1, "data": {"": {"ns": ["ns.y."]}, "www": {"closest": true, "health": {"type": "x"}, "a": [["192.0.2.1"]], "hinfo": "x"},
    "lost": {"alias": "nowhere"}}})"
  }});
  EXPECT_THAT(told(Note::Kind::missing),
              ElementsAre(HasSubstr("/data/www/hinfo: GeoDNS has no type hinfo"),
                          HasSubstr("/data/lost: the alias leads to \"nowhere\""),
                          HasSubstr("/data/www: www.x: closest"), HasSubstr("/data/www: www.x: health")));
}

TEST_F(Geodns, AliasesThatLeadToEachOtherEnd) {
  import({{ "x.json", R"({"data": {"": {"ns": ["ns.y."]}, "a": {"alias": "b"}, "b": {"alias": "a"}}})" }});
  EXPECT_THAT(draft_.services, IsEmpty());
  EXPECT_GT(report_.count(Note::Kind::missing), 0U);
}

TEST_F(Geodns, MistakesHaveTheirPlace) {
  import({{ "x.json", R"({"ttl": "soon", "data": {"www": {"a": [["192.0.2"]]}, "y": {"mx": [7]}}})" }});
  EXPECT_THAT(told(Note::Kind::error), Contains(HasSubstr("x.json: /ttl: \"soon\" is not a number")));
  EXPECT_THAT(told(Note::Kind::error), Contains(HasSubstr("x.json: /data/y/mx/0: ")));
}

}  // namespace
}  // namespace rhumb::importing

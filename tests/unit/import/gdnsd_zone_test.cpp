#include "import/gdnsd_zone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import_run.hpp"

namespace rhumb::importing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GdnsdZone : public testing::Test {
 protected:
  std::string convert(std::string text) {
    files_["zones/example.com"] = std::move(text);
    report_ = {};
    records_.clear();
    return convert_gdnsd_zone(
        files_, "zones/example.com", "example.com.", settings_,
        [this](const DynamicRecord& record) {
          records_.push_back(record);
          return record.plugin == "null" ? record.owner + " 60 A 0.0.0.0\n" : std::string();
        },
        report_);
  }

  SourceFiles files_;
  GdnsdZoneSettings settings_;
  Report report_;
  std::vector<DynamicRecord> records_;
};

TEST_F(GdnsdZone, AStandardZoneStaysAsItIs) {
  const std::string text =
      "; a comment\n@ SOA ns1 admin ( 1 ; serial\n 7200 30M 3D 900 )\n  NS ns1\nns1 60 IN A 192.0.2.1\n\n"
      "x TXT \"; no comment\" ( \"two\"\n \"three\" )\n";
  EXPECT_EQ(convert(text), "$TTL 86400\n" + text);
  EXPECT_THAT(report_.notes(), IsEmpty());
}

TEST_F(GdnsdZone, DynamicRecordsAreToldAndBecomeComments) {
  const std::string text = convert("www 60/30 DYNA geoip!res ; here\ncdn 300 DYNC weighted!a/b\nz DYNA multifo!m\n");
  EXPECT_THAT(text, HasSubstr("; www.example.com. is a service, in rhumb.json: geoip!res\n"));
  ASSERT_EQ(records_.size(), 3U);
  EXPECT_EQ(records_[0].owner, "www.example.com.");
  EXPECT_EQ(records_[0].ttl_s, 60U);
  EXPECT_EQ(records_[0].ttl_min_s, 30U);
  EXPECT_EQ(records_[0].plugin, "geoip");
  EXPECT_EQ(records_[0].resource, "res");
  EXPECT_FALSE(records_[0].may_be_name);
  EXPECT_TRUE(records_[1].may_be_name);
  EXPECT_EQ(records_[1].ttl_min_s, 150U) << "half of the most, if it is not said";
  EXPECT_EQ(records_[1].resource, "a/b");
  EXPECT_EQ(records_[2].ttl_s, 86'400U);
  EXPECT_EQ(records_[2].place, "zones/example.com:3");
}

TEST_F(GdnsdZone, ARecordBehindADynamicOneKeepsItsOwner) {
  EXPECT_THAT(convert("www 60 DYNA geoip!res\n  MX 10 mail\n  TXT \"x\"\n"),
              HasSubstr("www.example.com.  MX 10 mail\n  TXT \"x\"\n"));
}

TEST_F(GdnsdZone, LinesMayStandForADynamicRecord) {
  EXPECT_THAT(convert("zero DYNA null\n"), HasSubstr("\nzero.example.com. 60 A 0.0.0.0\n"));
}

// The example of gdnsd.zonefile(5).
TEST_F(GdnsdZone, OriginsOfZoneAndFileAreWrittenOut) {
  files_["zones/includes/foo"] =
      "$ORIGIN bar\nasdf A 192.0.2.1\n$ORIGIN baz.@F\nasdf A 192.0.2.2\n$ORIGIN quux.@Z\nasdf A 192.0.2.3\n";
  EXPECT_EQ(convert("$INCLUDE includes/foo foo\n@Z NS ns.@Z\nx.@F A 192.0.2.4\nt TXT @Z\n"),
            "$TTL 86400\n; of zones/includes/foo:\n$ORIGIN foo.example.com.\n"
            "$ORIGIN bar.foo.example.com.\nasdf A 192.0.2.1\n$ORIGIN baz.foo.example.com.\nasdf A 192.0.2.2\n"
            "$ORIGIN quux.example.com.\nasdf A 192.0.2.3\n"
            "; end of zones/includes/foo\n$ORIGIN example.com.\n$TTL 86400\n"
            "example.com. NS ns.example.com.\nx.example.com. A 192.0.2.4\nt TXT @Z\n");
}

TEST_F(GdnsdZone, WhatAnIncludedFileSaysOfTtlsEndsWithIt) {
  files_["zones/inc"] = "$TTL 60\na A 192.0.2.1\n";
  EXPECT_THAT(convert("$TTL 3600\n$INCLUDE inc\nb A 192.0.2.2\n"),
              HasSubstr("$TTL 60\na A 192.0.2.1\n; end of zones/inc\n$ORIGIN example.com.\n$TTL 3600\nb A"));
}

TEST_F(GdnsdZone, LimitsOnTtlsAreAppliedHere) {
  EXPECT_THAT(convert("a 1 A 192.0.2.1\nb 1h A 192.0.2.2\nc 999w A 192.0.2.3\n$TTL 2\n"),
              HasSubstr("a 5 A 192.0.2.1\nb 1h A 192.0.2.2\nc 3600000 A 192.0.2.3\n$TTL 5\n"));
  EXPECT_THAT(convert("@ SOA ns admin 1 2 3 4 99999\n"), HasSubstr("@ SOA ns admin 1 2 3 4 10800\n"));
}

TEST_F(GdnsdZone, LongTextsAreCutWhereGdnsdCutsThem) {
  const std::string text = convert("t TXT " + std::string(254, 'a') + "\\065bc\n");
  EXPECT_THAT(text, HasSubstr("t TXT \"" + std::string(254, 'a') + "\\065\" \"bc\"\n"));
}

TEST_F(GdnsdZone, WhatCannotBeConvertedIsToldWithItsLine) {
  convert("a A 192.0.2.1\n$ADDR_LIMIT_V4 3\n$INCLUDE /etc/zone\n");
  EXPECT_THAT(notes_of(report_, Note::Kind::missing),
              ElementsAre(HasSubstr("zones/example.com:2: $ADDR_LIMIT_V4 is left out"),
                          HasSubstr("zones/example.com:3: /etc/zone lies outside")));
  convert("a A 192.0.2.1\nb 300\n");
  EXPECT_THAT(notes_of(report_, Note::Kind::error), ElementsAre("zones/example.com:2: not a record: it has no type"));
}

TEST_F(GdnsdZone, AFileThatIncludesItselfIsRefused) {
  convert("$INCLUDE example.com\n");
  EXPECT_TRUE(report_.has_errors());
}

}  // namespace
}  // namespace rhumb::importing

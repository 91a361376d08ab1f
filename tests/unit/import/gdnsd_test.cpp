#include "import/gdnsd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import_run.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::importing {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Gdnsd : public testing::Test {
 protected:
  // A zone in which `records` stand, and the plugins and service types of `config`.
  void import(const std::string& config, const std::string& records) {
    report_ = {};
    draft_ = import_gdnsd(
        {{"config", config}, {"zones/example.com", "@ SOA ns admin 1 2 3 4 5\n@ NS ns.example.net.\n" + records}},
        "/nowhere", report_);
  }
  [[nodiscard]] Json service(const std::string& name) const { return service_of(draft_, name); }
  [[nodiscard]] std::vector<std::string> instances(const std::string& name) const { return instances_of(draft_, name); }
  [[nodiscard]] std::vector<std::string> told(Note::Kind kind) const { return notes_of(report_, kind); }
  [[nodiscard]] Json check(const std::string& name) const {
    for (const auto& [other, json] : draft_.checks) {
      if (other == name) return json;
    }
    return nullptr;
  }

  Draft draft_;
  Report report_;
};

TEST_F(Gdnsd, MultifoIsOneRegionOfWhichAllAreAnswered) {
  import(
      "service_types => { web => { plugin => http_status, ok_thresh => 1 } }\n"
      "plugins => { multifo => { up_thresh => 0.3, service_types => web, lb => { a => 192.0.2.1, b => 192.0.2.2 } } }",
      "www 300/30 DYNA multifo!lb\n");
  EXPECT_THAT(told(Note::Kind::error), IsEmpty());
  EXPECT_THAT(instances("www.example.com"), ElementsAre("all 192.0.2.1", "all 192.0.2.2"));
  const Json www = service("www.example.com");
  EXPECT_EQ(www["ttl"], 300);
  EXPECT_EQ(www["ttl_min"], 30);
  EXPECT_EQ(www["check"], "web");
  EXPECT_EQ(www["health"]["panic_threshold"], 30);
  EXPECT_EQ(www["steering"]["answers"], 0);
}

TEST_F(Gdnsd, SimplefoIsFailoverForEachFamily) {
  import(
      "plugins => { simplefo => { r => { addrs_v4 => { primary => 192.0.2.1, secondary => 192.0.2.2 },\n"
      "addrs_v6 => { primary => 2001:DB8::1, secondary => 2001:DB8::2 } } } }",
      "www DYNA simplefo!r\n");
  EXPECT_THAT(instances("www.example.com"),
              ElementsAre("primary 192.0.2.1", "primary 2001:db8::1", "secondary 192.0.2.2", "secondary 2001:db8::2"));
  EXPECT_EQ(service("www.example.com")["steering"]["order"], "listed");
  EXPECT_EQ(service("www.example.com")["steering"]["families"], "independent");
}

TEST_F(Gdnsd, WeightedGivesOneByItsWeight) {
  import(
      "plugins => { weighted => { r => { a = [ 192.0.2.1, 9 ], b = [ 192.0.2.2, 1 ] }, c => { a = [ x.example.net., 5 "
      "] } } }",
      "www DYNA weighted!r\ncdn DYNC weighted!c\n");
  EXPECT_THAT(instances("www.example.com"), ElementsAre("all 192.0.2.1 9", "all 192.0.2.2"));
  EXPECT_EQ(service("www.example.com")["steering"]["pick"], "weighted");
  EXPECT_EQ(service("www.example.com")["steering"]["answers"], 1);
  EXPECT_THAT(instances("cdn.example.com"), ElementsAre("all x.example.net. 5"));
}

TEST_F(Gdnsd, GroupsAreEqualRegionsAndUnequalWeightsInThemAreTold) {
  import(
      "plugins => { weighted => { r => { g1 => { a = [ 192.0.2.1, 2 ], b = [ 192.0.2.2, 1 ] }, g2 => { c = [ "
      "192.0.2.3, 1 ] } } } }",
      "www DYNA weighted!r\n");
  EXPECT_EQ(service("www.example.com")["steering"]["order"], "equal");
  EXPECT_THAT(instances("www.example.com"), ElementsAre("g1 192.0.2.1 2", "g1 192.0.2.2", "g2 192.0.2.3"));
  EXPECT_THAT(told(Note::Kind::changed), Contains(HasSubstr("all addresses that are up are answered")));
}

TEST_F(Gdnsd, MetafoIsAListOfRegionsWithWhatItsDatacentersAreMadeOf) {
  import(
      "plugins => { metafo => { resources => { r => { datacenters => [ one, two, three ], dcmap => {\n"
      "one => 192.0.2.1, two => { plugin => simplefo, primary => 192.0.2.2, secondary => 192.0.2.3 }, three => !lb } } "
      "} }\n"
      "multifo => { lb => [ 192.0.2.4, 192.0.2.5 ] } }",
      "www DYNA metafo!r\nthree DYNA metafo!r/three\n");
  EXPECT_EQ(service("www.example.com")["steering"]["regions"], Json({"one", "two-primary", "two-secondary", "three"}));
  EXPECT_THAT(instances("three.example.com"), ElementsAre("three 192.0.2.4", "three 192.0.2.5"));
}

TEST_F(Gdnsd, AMapIsRulesFromTheSmallestPlaceToTheLargest) {
  import(
      "plugins => { geoip => { maps => { m => { datacenters => [ us, eu ],\n"
      "map => { EU => { default => [ eu ], FR => [ us ], DE => { BY => [ us, eu ] }, AT => [ us ] }, AN => [], default "
      "=> [ us ] },\n"
      "nets => { 192.0.2.0/24 => us, 192.0.2.128/25 => [ eu, us ], ::c633:6400/120 => eu } } },\n"
      "resources => { r => { map => m, dcmap => { us => 192.0.2.1, eu => 192.0.2.2 } } } } }",
      "www DYNA geoip!r\n");
  EXPECT_THAT(told(Note::Kind::error), IsEmpty());
  const Json steering = service("www.example.com")["steering"];
  EXPECT_EQ(steering["regions"], Json({"us"}));
  EXPECT_EQ(steering["rules"], Json::parse(R"([
    {"name": "m: networks", "networks": ["192.0.2.128/25"], "regions": ["eu", "us"]},
    {"name": "m: networks", "networks": ["192.0.2.0/24"], "regions": ["us"]},
    {"name": "m: networks", "networks": ["198.51.100.0/24"], "regions": ["eu"]},
    {"name": "m: subdivisions", "subdivisions": ["DE-BY"], "regions": ["us", "eu"]},
    {"name": "m: countries", "countries": ["FR", "AT"], "regions": ["us"]},
    {"name": "m: continents", "continents": ["EU"], "regions": ["eu"]},
    {"name": "m: continents", "continents": ["AN"], "action": "nodata"}])"));
}

TEST_F(Gdnsd, AutoIsTheNearestAndMayBeMixedWithLists) {
  import(
      "plugins => { geoip => { maps => { m => { datacenters => [ us, eu, ap ], auto_dc_limit => 2,\n"
      "auto_dc_coords => { us => [ 39.04, -77.49 ], eu => [ 53.35, -6.26 ] }, map => { AS => [ ap ] } } },\n"
      "resources => { r => { map => m, dcmap => { us => 192.0.2.1, eu => 192.0.2.2, ap => 192.0.2.3 } } } } }",
      "www DYNA geoip!r\n");
  const Json steering = service("www.example.com")["steering"];
  EXPECT_EQ(steering["order"], "nearest");
  EXPECT_EQ(steering["regions"], Json({"us", "eu"})) << "ap has no place, so it is not for auto";
  EXPECT_EQ(steering["rules"][0]["regions"], Json({"ap"}));
  EXPECT_EQ(draft_.regions[1].coordinates, (geo::Coordinates{53.35, -6.26}));
}

TEST_F(Gdnsd, AMapInsideOfMetafoIsFollowedByWhatComesAfter) {
  import(
      "plugins => { geoip => { maps => { m => { datacenters => [ us, eu ], map => { EU => [ eu, us ] } } },\n"
      "resources => { r => { map => m, dcmap => { us => 192.0.2.1, eu => 192.0.2.2 } } } },\n"
      "metafo => { resources => { r => { datacenters => [ real, backup ], dcmap => { real => %geoip!r, backup => "
      "192.0.2.3 } } } } }",
      "www DYNA metafo!r\n");
  const Json steering = service("www.example.com")["steering"];
  EXPECT_EQ(steering["regions"], Json({"us", "eu", "backup"}));
  EXPECT_EQ(steering["rules"][0]["regions"], Json({"eu", "us", "backup"}));
}

TEST_F(Gdnsd, SkipFirstLeavesOutTheFirstOfEachList) {
  import(
      "plugins => { geoip => { maps => { m => { datacenters => [ us, eu ], map => { EU => [ eu, us ] } } },\n"
      "resources => { r => { map => m, skip_first => true, dcmap => { us => 192.0.2.1, eu => 192.0.2.2 } } } } }",
      "www DYNA geoip!r\n");
  EXPECT_EQ(service("www.example.com")["steering"]["regions"], Json({"eu"}));
  EXPECT_EQ(service("www.example.com")["steering"]["rules"][0]["regions"], Json({"us"}));
}

TEST_F(Gdnsd, ServiceTypesAreChecks) {
  import(
      "service_types => {\n"
      "web => { plugin => http_status, port => 8080, url_path => /x, vhost => h.example.com, ok_codes => [ 200, 301 "
      "],\n"
      "  up_thresh => 3, ok_thresh => 4, down_thresh => 2, interval => 5, timeout => 2 }\n"
      "tcp => { plugin => tcp_connect, port => 25, ok_thresh => 1 }\n"
      "script => { plugin => extmon, direct => true, cmd => [ /bin/x, \"http://%%ITEM%%/it's\" ] } }\n"
      "plugins => { multifo => { r => { service_types => [ web, tcp, script ], a => 192.0.2.1 } } }",
      "www DYNA multifo!r\n");
  EXPECT_EQ(check("web"), Json::parse(R"({"type": "http", "port": 8080, "path": "/x", "host": "h.example.com",
    "expected_status": [200, 301], "interval": "5s", "timeout": "2s", "rise": 3, "fall": 2, "window": 5})"));
  EXPECT_EQ(check("tcp"),
            Json::parse(R"({"type": "tcp", "port": 25, "interval": "10s", "timeout": "5s", "rise": 20, "fall": 10})"));
  EXPECT_EQ(check("script")["command"],
            Json::parse(R"(["/bin/sh", "-c", "exec '/bin/x' 'http://'\"$RHUMB_ADDRESS\"'/it'\\''s'"])"));
  EXPECT_EQ(service("www.example.com")["checks"], Json({"web", "tcp", "script"}));
  EXPECT_THAT(told(Note::Kind::changed),
              Contains(HasSubstr("config:2: service type web: down after 2 failures among the last 5")));
}

TEST_F(Gdnsd, WhatIsAlwaysDownComesLast) {
  import(
      "plugins => { metafo => { resources => { r => { datacenters => [ one, two ], dcmap => {\n"
      "one => { service_types => down, a => 192.0.2.1 }, two => 192.0.2.2 } } } } }",
      "www DYNA metafo!r\n");
  EXPECT_THAT(instances("www.example.com"), ElementsAre("one 192.0.2.1 0", "two 192.0.2.2"));
}

TEST_F(Gdnsd, WhatHasNoCounterpartIsToldWithItsPlace) {
  import(
      "options => { tcp_control => 127.0.0.1:885 }\n"
      "service_types => { f => { plugin => extfile, file => x } }\n"
      "plugins => { multifo => { r => { service_types => f, a => 192.0.2.1 } } }",
      "www DYNA multifo!r\nme DYNA reflect\nlost DYNA multifo!nothing\n");
  EXPECT_THAT(told(Note::Kind::missing),
              ElementsAre("config:1: tcp_control: has no counterpart",
                          HasSubstr("config:2: service type f: the file \"x\" is not read"),
                          HasSubstr("zones/example.com:4: me.example.com. is left out"),
                          HasSubstr("zones/example.com:5: multifo!nothing is not in the configuration")));
}

TEST_F(Gdnsd, StaticAnswersAreRecordsOfTheZone) {
  import("plugins => { static => { a => 192.0.2.9, c => x.example.net. } }",
         "a 60 DYNA static!a\nc 60 DYNC static!c\nz 60 DYNA null\n");
  EXPECT_THAT(draft_.zones["example.com"],
              HasSubstr("a.example.com. 60 A 192.0.2.9\nc.example.com. 60 CNAME x.example.net.\n"
                        "z.example.com. 60 A 0.0.0.0\nz.example.com. 60 AAAA ::\n"));
  EXPECT_THAT(draft_.services, IsEmpty());
}

TEST_F(Gdnsd, OptionsThatClientsSeeAreCarriedOver) {
  import(
      "options => { listen => { 192.0.2.1 => {}, \"[2001:DB8::1]:5353\" => { udp_threads => 2 } }, dns_port => 5300,\n"
      "max_edns_response => 16384, tcp_timeout => 20, nsid_ascii => ns1, disable_cookies => true, lock_mem => true }",
      "");
  EXPECT_EQ(draft_.options["listen"], Json({"192.0.2.1:5300", "[2001:db8::1]:5353"}));
  EXPECT_EQ(draft_.options["udp_payload"]["ipv4"], 4096);
  EXPECT_EQ(draft_.options["tcp"]["idle"], "20s");
  EXPECT_EQ(draft_.options["identity"], "ns1");
  EXPECT_EQ(draft_.options["cookies"]["enabled"], false);
  EXPECT_THAT(told(Note::Kind::missing), IsEmpty());
}

TEST_F(Gdnsd, ResourcesThatNameEachOtherAreRefused) {
  import("plugins => { metafo => { resources => { r => { datacenters => [ a ], dcmap => { a => %metafo!r } } } } }",
         "www DYNA metafo!r\n");
  EXPECT_THAT(told(Note::Kind::error), Contains(HasSubstr("metafo!r names itself")));
}

TEST(SourceDirectory, LinksThatLeadOutOfItAreNotRead) {
  const test::TemporaryDirectory directory;
  directory.write("secret", "x");
  directory.write("source/config", "");
  directory.write("source/.hidden", "");
  std::filesystem::create_symlink(directory.path() / "secret", directory.path() / "source/link");
  std::filesystem::create_symlink("config", directory.path() / "source/inside");
  Report report;
  const SourceFiles files = read_source_directory(directory.path() / "source", report);
  EXPECT_THAT(files, ElementsAre(testing::Key("config"), testing::Key("inside")));
  EXPECT_THAT(notes_of(report, Note::Kind::missing), ElementsAre(HasSubstr("link: leads out of ")));
  EXPECT_EQ(path_beside("zones/a", "../config"), "config");
  EXPECT_FALSE(path_beside("zones/a", "../../config"));
}

}  // namespace
}  // namespace rhumb::importing

#include "import/route53.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import_run.hpp"

namespace rhumb::importing {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The zone of tests/data/import/route53, which has a record set of every policy.
class Route53 : public testing::Test {
 protected:
  Route53() { import(read("example.org.json"), read("health-checks.json")); }

  static std::string read(const std::string& name) {
    Report report;
    return read_source_file(std::filesystem::path(RHUMB_TEST_DATA) / "import/route53" / name, report).value_or("");
  }
  void import(const std::string& records, const std::string& checks = {}) {
    report_ = {};
    std::vector<Route53HealthCheck> health_checks;
    if (!checks.empty()) health_checks = read_route53_health_checks("checks.json", checks, report_);
    draft_ = import_route53({{"records.json", records}}, health_checks, report_);
  }
  [[nodiscard]] Json steering(const std::string& name) const { return service_of(draft_, name)["steering"]; }
  [[nodiscard]] std::vector<std::string> instances(const std::string& name) const { return instances_of(draft_, name); }
  [[nodiscard]] std::vector<std::string> told(Note::Kind kind) const { return notes_of(report_, kind); }

  Draft draft_;
  Report report_;
};

TEST_F(Route53, SimpleRecordsAreThoseOfTheZone) {
  EXPECT_THAT(told(Note::Kind::error), IsEmpty());
  const std::string& zone = draft_.zones.at("example.org");
  EXPECT_TRUE(zone.starts_with(
      "example.org. 900 SOA ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400\n"));
  EXPECT_THAT(zone, HasSubstr("example.org. 172800 NS ns-2.awsdns-00.net.\n"));
  EXPECT_THAT(zone, HasSubstr("example.org. 300 MX 10 mail.example.org.\n"));
  EXPECT_THAT(zone, HasSubstr("*.wild.example.org. 60 A 192.0.2.9\n"));
  EXPECT_THAT(zone, HasSubstr("TXT \"caf\\195\\169\"\n")) << "octal in Route 53, decimal in a zone";
}

TEST_F(Route53, AnAliasHasTheRecordsOfItsTarget) {
  EXPECT_THAT(draft_.zones.at("example.org"), HasSubstr("post.example.org. 300 A 192.0.2.25\n"));
  EXPECT_THAT(instances("alias.example.org"),
              ElementsAre("us-east-1 192.0.2.31", "eu-west-1 192.0.2.32", "eu-west-1 192.0.2.33"));
  EXPECT_THAT(told(Note::Kind::missing),
              Contains(HasSubstr("/ResourceRecordSets/4: example.org A is an alias of d111111abcdef8.cloudfront.net")));
}

TEST_F(Route53, LatencyIsDistanceToTheRegionsOfAws) {
  EXPECT_THAT(instances("latency.example.org"), ElementsAre("us-east-1 192.0.2.31", "eu-west-1 192.0.2.32",
                                                            "eu-west-1 192.0.2.33", "eu-west-1 2001:db8::32"));
  EXPECT_EQ(steering("latency.example.org")["order"], "nearest");
  EXPECT_EQ(draft_.regions.at(0).name, "us-east-1") << "alias.example.org comes first, and is the same";
  EXPECT_TRUE(draft_.regions.at(0).coordinates);
  EXPECT_THAT(told(Note::Kind::changed), Contains(HasSubstr("latency.example.org: by distance and not by latency")));
}

TEST_F(Route53, GeolocationIsRulesAndTheDefaultIsForTheOthers) {
  EXPECT_EQ(steering("geo.example.org")["regions"], Json({"default"}));
  EXPECT_EQ(steering("geo.example.org")["rules"], Json::parse(R"([
    {"name": "US-VA", "subdivisions": ["US-VA"], "regions": ["US-VA", "default"]},
    {"name": "FR", "countries": ["FR"], "regions": ["FR", "continent-EU", "default"]},
    {"name": "EU", "continents": ["EU"], "regions": ["continent-EU", "default"]}])"));
}

TEST_F(Route53, WithoutADefaultTheOthersGetNoData) {
  EXPECT_EQ(steering("fence.example.org")["rules"].back(),
            Json::parse(R"({"name": "everybody else", "networks": ["0.0.0.0/0", "::/0"], "action": "nodata"})"));
}

TEST_F(Route53, WeightedSetsOfOneValueAreInstances) {
  EXPECT_THAT(instances("weighted.example.org"), ElementsAre("all 192.0.2.51 255", "all 192.0.2.52 0"));
  EXPECT_EQ(steering("weighted.example.org")["pick"], "weighted");
  EXPECT_EQ(steering("weighted.example.org")["answers"], 1);
  EXPECT_THAT(instances("cname.example.org"), ElementsAre("all lb-a.example.net.", "all lb-b.example.net. 0"));
}

TEST_F(Route53, WeightedSetsOfSeveralValuesAreRegionsWithTheirSharesOfTheClients) {
  EXPECT_THAT(instances("groups.example.org"), ElementsAre("two 192.0.2.53", "two 192.0.2.54", "one 192.0.2.55 6"));
  EXPECT_EQ(steering("groups.example.org")["order"], "equal");
  EXPECT_EQ(steering("groups.example.org")["answers"], 0);
}

TEST_F(Route53, FailoverIsAListAndItsHealthCheckACheck) {
  EXPECT_THAT(instances("failover.example.org"), ElementsAre("primary 192.0.2.61", "secondary 192.0.2.62"));
  EXPECT_EQ(service_of(draft_, "failover.example.org")["check"], "hc-web");
  const auto check = std::ranges::find(draft_.checks, "hc-web", &std::pair<std::string, Json>::first);
  ASSERT_NE(check, draft_.checks.end());
  EXPECT_EQ(check->second, Json::parse(R"({"type": "https", "port": 443, "path": "/healthz", "host": "www.example.org",
    "expected_status": ["200-399"], "body_contains": "fine", "body_limit": 5120, "tls": {"verify": false}, "interval": "10s",
    "timeout": "6s", "rise": 3, "fall": 3})"));
  EXPECT_THAT(told(Note::Kind::changed),
              Contains(HasSubstr("failover.example.org: record sets without a health check are probed too")));
}

TEST_F(Route53, AnInvertedHealthCheckIsTheOppositeOfACheck) {
  EXPECT_EQ(service_of(draft_, "multi.example.org")["check"], "not-hc-tcp");
  EXPECT_EQ(steering("multi.example.org")["answers"], 8);
}

TEST_F(Route53, GeoproximityHasItsPlacesAndItsBias) {
  EXPECT_EQ(steering("near.example.org")["bias"], Json::parse(R"({"us-east-1": 90})"));
  EXPECT_THAT(instances("near.example.org"), ElementsAre("us-east-1 192.0.2.81", "paris 192.0.2.82"));
}

TEST_F(Route53, WithoutTheHealthChecksEverythingCountsAsHealthyWhichIsTold) {
  import(read("example.org.json"));
  EXPECT_FALSE(service_of(draft_, "failover.example.org").contains("check"));
  EXPECT_THAT(told(Note::Kind::missing), Contains(HasSubstr("failover.example.org: health check hc-web is not known")));
}

TEST_F(Route53, WhatHasNoCounterpartIsTold) {
  import(R"({"ResourceRecordSets": [
    {"Name": "x.", "Type": "SOA", "TTL": 1, "ResourceRecords": [{"Value": "ns. admin. 1 2 3 4 5"}]},
    {"Name": "a.x.", "Type": "MX", "SetIdentifier": "a", "Weight": 1, "TTL": 1, "ResourceRecords": [{"Value": "1 m.x."}]},
    {"Name": "a.x.", "Type": "MX", "SetIdentifier": "b", "Weight": 2, "TTL": 1, "ResourceRecords": [{"Value": "2 m.x."}]},
    {"Name": "c.x.", "Type": "A", "SetIdentifier": "c", "CidrRoutingConfig": {"CollectionId": "1", "LocationName": "l"}, "TTL": 1,
     "ResourceRecords": [{"Value": "192.0.2.1"}]},
    {"Name": "m.x.", "Type": "A", "SetIdentifier": "m", "Weight": 1, "HealthCheckId": "m", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.1"}]},
    {"Name": "y.", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.1"}]}]})",
         R"({"HealthChecks": [{"Id": "m", "HealthCheckConfig": {"Type": "CLOUDWATCH_METRIC"}}]})");
  EXPECT_THAT(
      told(Note::Kind::missing),
      ElementsAre(HasSubstr("/ResourceRecordSets/2: a.x MX is not steered: all clients get the record set \"b\""),
                  HasSubstr("c.x: the networks of a CIDR collection"),
                  HasSubstr("checks.json: /HealthChecks/0: health check m: nothing here is like"),
                  HasSubstr("y. lies in no zone")));
}

TEST_F(Route53, MistakesHaveTheirPlace) {
  import("{");
  EXPECT_THAT(told(Note::Kind::error), Contains(HasSubstr("records.json:1:")));
  import(R"({"ResourceRecordSets": [{"Name": "x."}, {"Name": 3, "Type": "A"}, 7]})");
  EXPECT_THAT(told(Note::Kind::error), Contains(HasSubstr("records.json: /ResourceRecordSets/0: ")));
  EXPECT_THAT(told(Note::Kind::error), Contains(HasSubstr("records.json: /ResourceRecordSets/1/Name: ")));
  EXPECT_THAT(told(Note::Kind::error), Contains(HasSubstr("records.json: /ResourceRecordSets/2: ")));
}

}  // namespace
}  // namespace rhumb::importing

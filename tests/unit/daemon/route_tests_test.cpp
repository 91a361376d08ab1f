#include "daemon/route_tests.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Regions in an order in which no client of Paris or Ashburn would have them (tests/data/README.md).
constexpr std::string_view kRoutedConfig = R"({{
  "listen": ["127.0.0.1:5300"],
  "zones": "zones",
  "geoip": ["{0}/city.mmdb", "{0}/asn.mmdb"],
  "regions": {{"ap-southeast": {{"coordinates": [1.35, 103.82]}}, "us-east": {{"coordinates": [39.04, -77.49]}},
              "eu-west": {{"coordinates": [53.35, -6.26]}}}},
  "services": {{
    "www.example.com": {{"steering": {{"families": "independent"}}, "instances": [
      {{"region": "ap-southeast", "address": "192.0.2.30"}}, {{"region": "us-east", "address": "192.0.2.10"}},
      {{"region": "us-east", "address": "2001:db8::10"}}, {{"region": "eu-west", "address": "192.0.2.20"}}]}},
    "one.example.com": {{"steering": {{"answers": 1}}, "instances": [
      {{"region": "eu-west", "address": "192.0.2.20"}}, {{"region": "eu-west", "address": "192.0.2.21"}}]}},
    "none.example.com": {{"steering": {{"when_all_down": "nodata"}}, "instances": [
      {{"region": "eu-west", "address": "192.0.2.20"}}]}},
    "cname.example.com": {{"instances": [{{"region": "us-east", "target": "elsewhere.example.net"}},
      {{"region": "eu-west", "target": "one.example.com"}}]}}
  }}{1}
}})";

class RouteTests : public testing::Test {
 protected:
  RouteTests() {
    directory_.write("zones/example.com.zone",
                     "@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\nshop CNAME www\n"
                     "static A 192.0.2.80\nstatic A 192.0.2.81\n"
                     "www HTTPS 1 . alpn=h2 ipv4hint=192.0.2.99 ipv6hint=2001:db8::99\n");
    loaded_ = load("");
  }

  // With `more` at the end of the configuration; what is wrong is then in `problems_`.
  std::optional<Loaded> load(std::string_view more) {
    const auto file = directory_.write("rhumb.json", fmt::format(fmt::runtime(kRoutedConfig), RHUMB_TEST_DATA, more));
    Problems problems;
    auto loaded = daemon::load(file, Secrets{1, {}}, nullptr, problems);
    keep_errors(problems);
    return loaded;
  }

  // A whole file; what is wrong with it is then in `problems_`.
  std::optional<std::vector<RouteTest>> read(std::string_view text) {
    Problems problems;
    auto tests = read_route_tests(directory_.write("routes.test.json", text), *loaded_, problems);
    keep_errors(problems);
    EXPECT_EQ(tests.has_value(), problems_.empty());
    return tests;
  }
  // A file of one test.
  std::optional<std::vector<RouteTest>> read_one(std::string_view test) {
    return read(fmt::format(R"({{"tests": [{}]}})", test));
  }

  RouteTestResult run(std::string_view test) {
    const auto tests = read_one(test);
    if (!tests) ADD_FAILURE() << testing::PrintToString(problems_);
    return run_route_tests(*loaded_, tests.value()).front();
  }
  // Of a test of www.example.com for this client: each "expected X, came Y".
  std::vector<std::string> failures(std::string_view client, std::string_view expect, std::string_view more = "") {
    return failures_of(
        fmt::format(R"({{"query": "www.example.com", "client": {}, "expect": {{{}}}{}}})", client, expect, more));
  }
  std::vector<std::string> failures_of(std::string_view test) {
    std::vector<std::string> texts;
    for (const Mismatch& mismatch : run(test).mismatches)
      texts.push_back("expected " + mismatch.expected + ", came " + mismatch.came);
    return texts;
  }

  test::TemporaryDirectory directory_;
  std::optional<Loaded> loaded_;
  std::vector<std::string> problems_;  // without the directory

 private:
  void keep_errors(const Problems& problems) {
    problems_.clear();
    for (const Problem& problem : problems.all()) {
      if (problem.severity == Severity::error)
        problems_.push_back(problem.to_string().substr(directory_.path().string().size() + 1));
    }
  }
};

constexpr std::string_view kParis = "\"203.0.113.9\"";
constexpr std::string_view kAshburn = "\"192.0.2.9\"";

TEST_F(RouteTests, ReadsEverything) {
  const auto tests = read(R"({
    // comments are welcome
    "clients": {"paris": "203.0.113.9"},
    "tests": [{"name": "Paris goes to us-east", "client": "paris", "query": "WWW.example.com", "type": "AAAA",
               "resolver": "192.0.2.53", "down": ["eu-west", "ap-southeast"],
               "expect": {"regions": ["us-east"], "not_regions": ["eu-west"], "addresses": ["2001:db8::10"],
                          "scope": {"min": 8, "max": 24}, "rcode": "NOERROR"}},
              {"client": "paris", "resolver": "192.0.2.53", "query": "www.example.com", "expect": {"rcode": "NXDOMAIN"}},
              {"client": "paris", "query": "www.example.com", "expect": {"rcode": "NXDOMAIN"}}]
  })");
  ASSERT_TRUE(tests) << testing::PrintToString(problems_);
  ASSERT_THAT(*tests, SizeIs(3));
  const RouteTest& test = tests->front();
  EXPECT_EQ(test.place, (directory_.path() / "routes.test.json").string() + ": /tests/0");
  EXPECT_EQ(test.name, "Paris goes to us-east");
  EXPECT_EQ(test.question.name.to_text(), "www.example.com");
  EXPECT_EQ(test.question.type, dns::type::kAaaa);
  EXPECT_EQ(test.question.client.address.to_string(), "203.0.113.0");
  EXPECT_EQ(test.question.client.source_bits, 24);
  EXPECT_EQ(test.question.resolver, IpAddress::parse("192.0.2.53"));
  EXPECT_THAT(test.down, ElementsAre("eu-west", "ap-southeast"));
  EXPECT_THAT(test.expect.regions, ElementsAre("us-east"));
  EXPECT_THAT(test.expect.not_regions, ElementsAre("eu-west"));
  EXPECT_THAT(test.expect.addresses.value(), ElementsAre(*IpAddress::parse("2001:db8::10")));
  EXPECT_EQ(test.expect.scope->min, 8);
  EXPECT_EQ(test.expect.scope->max, 24);
  EXPECT_EQ(test.expect.rcode, dns::Rcode::no_error);

  const RouteTest& bare = tests->back();
  EXPECT_EQ((*tests)[1].name, "www.example.com A for paris through 192.0.2.53");
  EXPECT_EQ(bare.name, "www.example.com A for paris");
  EXPECT_FALSE(bare.question.resolver);
  EXPECT_EQ(bare.question.type, dns::type::kA);
  EXPECT_THAT(bare.down, IsEmpty());
  EXPECT_THAT(bare.expect.regions, IsEmpty());
  EXPECT_FALSE(bare.expect.addresses);
  EXPECT_FALSE(bare.expect.scope);
}

// Each line: a client, and the network that stands for it. city.mmdb is in tests/data/README.md.
TEST_F(RouteTests, ACountryOrAnAsIsItsFirstNetwork) {
  const auto network_of = [&](std::string_view client) {
    const auto tests = read_one(
        fmt::format(R"({{"query": "www.example.com", "client": {}, "expect": {{"rcode": "NOERROR"}}}})", client));
    if (!tests) return testing::PrintToString(problems_);
    const dns::ClientSubnet& subnet = tests->front().question.client;
    return fmt::format("{}/{} {}", subnet.address.to_string(), subnet.source_bits, tests->front().name);
  };
  EXPECT_EQ(network_of(R"({"country": "FR"})"), "203.0.113.0/24 www.example.com A for FR") << "IPv4 before IPv6";
  EXPECT_EQ(network_of(R"({"country": "SG"})"), "198.51.100.0/25 www.example.com A for SG") << "no wider than it is";
  EXPECT_EQ(network_of(R"({"country": "AU"})"), "198.51.100.128/25 www.example.com A for AU");
  EXPECT_EQ(network_of(R"({"country": "JP"})"), "100.64.0.0/10 www.example.com A for JP");
  EXPECT_EQ(network_of(R"({"country": "BR"})"), "2001:db8:6::1/128 www.example.com A for BR");
  EXPECT_EQ(network_of(R"({"asn": 64499})"), "203.0.113.0/24 www.example.com A for AS64499");
  EXPECT_EQ(network_of(R"({"asn": 64505})"), "2001:db8:5:0:8000::/65 www.example.com A for AS64505");
}

TEST_F(RouteTests, EveryMistakeIsToldWithItsPlace) {
  EXPECT_FALSE(read(R"({
    "client": {},
    "clients": {"paris": "203.0.113.256", "rome": {"country": "IT"}, "unknown": {"asn": 1}},
    "tests": [
      {"client": "pariss", "query": "www..example.com", "type": "MX", "resolver": "ns",
       "down": ["eu-wset"], "expect": {}},
      {"client": {}, "query": "www.example.com", "expcet": {},
       "expect": {"regions": ["us-east", "eu-wset"], "not_regions": ["us-west"], "addresses": ["192.0.2.1", "x"],
                  "scope": {"min": 9, "max": 8}, "rcode": "NXDOMIAN"}},
      {"client": {"country": "FR", "asn": 64499},
       "expect": {"regions": [], "not_regions": [], "scope": {}, "region": []}},
      {"name": 7, "client": {"county": "FR"}, "query": "www.example.com", "expect": {"regions": [], "scope": {"max": 129}}},
      [], {"query": "www.example.com", "expect": {"not_regions": [], "scope": {}}}
    ]})"));
  EXPECT_THAT(
      problems_,
      ElementsAre(
          R"(routes.test.json: /client: unknown key (did you mean "clients"?))",
          R"(routes.test.json: /clients/paris: "203.0.113.256" is not an IP address or network, nor one of "clients")",
          R"(routes.test.json: /clients/rome/country: no database has a network in the country "IT")",
          R"(routes.test.json: /clients/unknown/asn: no database has a network in AS1)",
          R"(routes.test.json: /tests/0/query: "www..example.com" is not a domain name)",
          R"(routes.test.json: /tests/0/type: "MX" must be one of "A", "AAAA", "HTTPS", "SVCB")",
          R"(routes.test.json: /tests/0/client: "pariss" is not an IP address or network, nor one of "clients" (did you mean "paris"?))",
          R"(routes.test.json: /tests/0/resolver: "ns" is not an IP address)",
          R"(routes.test.json: /tests/0/down/0: "eu-wset" is not a region (did you mean "eu-west"?))",
          R"(routes.test.json: /tests/0/expect: must expect something)",
          R"(routes.test.json: /tests/1/expcet: unknown key (did you mean "expect"?))",
          R"(routes.test.json: /tests/1/client: must have either "country" or "asn")",
          R"(routes.test.json: /tests/1/expect/regions/1: "eu-wset" is not a region (did you mean "eu-west"?))",
          R"(routes.test.json: /tests/1/expect/not_regions/0: "us-west" is not a region (did you mean "us-east"?))",
          R"(routes.test.json: /tests/1/expect/addresses/1: "x" is not an IP address)",
          R"(routes.test.json: /tests/1/expect/scope: min 9 is more than max 8)",
          R"(routes.test.json: /tests/1/expect/rcode: "NXDOMIAN" must be one of "NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "YXDOMAIN" (did you mean "NXDOMAIN"?))",
          R"(routes.test.json: /tests/2: "query" is missing)",
          R"(routes.test.json: /tests/2/client: must have either "country" or "asn")",
          R"(routes.test.json: /tests/2/expect/region: unknown key (did you mean "regions"?))",
          R"(routes.test.json: /tests/3/client/county: unknown key (did you mean "country"?))",
          R"(routes.test.json: /tests/3/expect/regions: must name at least one region)",
          R"(routes.test.json: /tests/3/expect/scope/max: must be a whole number from 0 to 128)",
          R"(routes.test.json: /tests/3/name: must be a string, not number)",
          R"(routes.test.json: /tests/4: must be an object, not array)",
          R"(routes.test.json: /tests/5: "client" is missing)",
          R"(routes.test.json: /tests/5/expect/not_regions: must name at least one region)",
          R"(routes.test.json: /tests/5/expect/scope: must have "min", "max" or both)"));
}

TEST_F(RouteTests, AFileWithoutTestsIsAnError) {
  EXPECT_FALSE(read(R"({"tests": []})"));
  EXPECT_THAT(problems_, ElementsAre("routes.test.json: /tests: must hold at least one test"));
  EXPECT_FALSE(read("{}"));
  EXPECT_THAT(problems_, ElementsAre("routes.test.json: /: \"tests\" is missing"));
}

TEST_F(RouteTests, MoreTestsThanTheLimitAreAnError) {
  std::string tests = "0";
  for (std::size_t i = 1; i < kRouteTestsMax; ++i)
    tests += ",0";
  EXPECT_FALSE(read_one(tests));
  EXPECT_THAT(problems_, Contains("routes.test.json: /tests/0: must be an object, not number"))
      << "read, not refused as a whole";
  EXPECT_FALSE(read_one(tests + ",0"));
  EXPECT_THAT(problems_, ElementsAre("routes.test.json: /tests: more than 10000 tests"));
}

TEST_F(RouteTests, BadJsonIsToldWithItsLine) {
  EXPECT_FALSE(read("{\n\"tests\": [,]}"));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("routes.test.json:2:11: ")));
}

TEST_F(RouteTests, AnAnswerComesFromOneOfTheRegions) {
  EXPECT_THAT(failures(kParis, R"("regions": ["eu-west"])"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("regions": ["us-east", "eu-west"])"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("regions": ["us-east", "ap-southeast"])"),
              ElementsAre("expected a region of us-east, ap-southeast, came eu-west"));
}

TEST_F(RouteTests, AnAnswerComesFromNoneOfTheOtherRegions) {
  EXPECT_THAT(failures(kParis, R"("not_regions": ["us-east", "ap-southeast"])"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("not_regions": ["us-east", "eu-west"])"),
              ElementsAre("expected no region of us-east, eu-west, came eu-west"));
}

TEST_F(RouteTests, WhatIsNotSteeredComesFromNoRegion) {
  const auto failures_of_expecting = [&](std::string_view expect) {
    return failures_of(
        fmt::format(R"({{"query": "static.example.com", "client": {}, "expect": {{{}}}}})", kParis, expect));
  };
  EXPECT_THAT(failures_of_expecting(R"("not_regions": ["us-east", "eu-west", "ap-southeast"])"), IsEmpty());
  EXPECT_THAT(failures_of_expecting(R"("regions": ["us-east", "eu-west", "ap-southeast"])"),
              ElementsAre("expected a region of us-east, eu-west, ap-southeast, came none"));
  EXPECT_THAT(failures_of_expecting(R"("scope": {"max": 0}, "addresses": ["192.0.2.80", "192.0.2.81"])"), IsEmpty());
}

TEST_F(RouteTests, AServiceThatGivesNoRecordsComesFromNoRegion) {
  const std::string test = fmt::format(
      R"({{"query": "none.example.com", "client": {}, "down": ["eu-west"], "expect": {{"regions": ["eu-west"]}}}})",
      kParis);
  EXPECT_THAT(failures_of(test), ElementsAre("expected a region of eu-west, came none"));
}

TEST_F(RouteTests, AnAnswerHasNoOtherAddresses) {
  EXPECT_THAT(failures(kParis, R"("addresses": ["192.0.2.20"])"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("addresses": ["192.0.2.20", "192.0.2.21"])"), IsEmpty()) << "not all of them";
  EXPECT_THAT(failures(kParis, R"("addresses": ["192.0.2.10", "192.0.2.30"])"),
              ElementsAre("expected only 192.0.2.10, 192.0.2.30, came 192.0.2.20"));
  EXPECT_THAT(failures(kParis, R"("addresses": ["2001:db8::10"])", R"(, "type": "AAAA")"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("addresses": ["2001:db8::11"])", R"(, "type": "AAAA")"),
              ElementsAre("expected only 2001:db8::11, came 2001:db8::10"));
  EXPECT_THAT(
      failures_of(fmt::format(
          R"({{"query": "static.example.com", "client": {}, "expect": {{"addresses": ["192.0.2.80"]}}}})", kParis)),
      ElementsAre("expected only 192.0.2.80, came 192.0.2.80, 192.0.2.81"))
      << "every one counts";
}

TEST_F(RouteTests, AnAnswerWithoutAddressesIsOnlyWhatNoAddressesExpect) {
  const auto failures_of_expecting = [&](std::string_view addresses) {
    return failures_of(fmt::format(
        R"({{"query": "static.example.com", "type": "AAAA", "client": {}, "expect": {{"addresses": [{}]}}}})", kParis,
        addresses));
  };
  EXPECT_THAT(failures_of_expecting(""), IsEmpty());
  EXPECT_THAT(failures_of_expecting("\"2001:db8::1\""), ElementsAre("expected only 2001:db8::1, came no address"));
  EXPECT_THAT(failures(kParis, R"("addresses": [])"), ElementsAre("expected no address, came 192.0.2.20"));
}

TEST_F(RouteTests, AddressesAfterAnAliasCount) {
  EXPECT_THAT(
      failures_of(fmt::format(
          R"({{"query": "shop.example.com", "client": {}, "expect": {{"regions": ["eu-west"], "addresses": ["192.0.2.1"]}}}})",
          kParis)),
      ElementsAre("expected only 192.0.2.1, came 192.0.2.20"));
}

// 203.0.113.0/24 is in Paris, and nothing round it is in any place.
TEST_F(RouteTests, TheScopeIsWithinItsBounds) {
  EXPECT_THAT(failures(kParis, R"("scope": {"min": 24, "max": 24})"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("scope": {"min": 24})"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("scope": {"max": 24})"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("scope": {"max": 23})"), ElementsAre("expected a scope from /0 to /23, came /24"));
  EXPECT_THAT(failures(kParis, R"("scope": {"min": 25})"), ElementsAre("expected a scope from /25 to /128, came /24"));
}

TEST_F(RouteTests, TheRcodeIsTheOneExpected) {
  const auto failures_of_query = [&](std::string_view query, std::string_view rcode) {
    return failures_of(
        fmt::format(R"({{"query": "{}", "client": {}, "expect": {{"rcode": "{}"}}}})", query, kParis, rcode));
  };
  EXPECT_THAT(failures_of_query("www.example.com", "NOERROR"), IsEmpty());
  EXPECT_THAT(failures_of_query("nowhere.example.com", "NXDOMAIN"), IsEmpty());
  EXPECT_THAT(failures_of_query("www.example.net", "REFUSED"), IsEmpty());
  EXPECT_THAT(failures_of_query("nowhere.example.com", "NOERROR"), ElementsAre("expected NOERROR, came NXDOMAIN"));
}

TEST_F(RouteTests, EveryExpectationThatIsNotMetIsTold) {
  EXPECT_THAT(failures(kParis, R"("rcode": "NXDOMAIN", "regions": ["us-east"], "scope": {"max": 24})"),
              ElementsAre("expected a region of us-east, came eu-west", "expected NXDOMAIN, came NOERROR"));
}

TEST_F(RouteTests, EverythingIsUpButWhatIsDown) {
  EXPECT_THAT(failures(kParis, R"("regions": ["us-east"])", R"(, "down": ["eu-west"])"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("regions": ["ap-southeast"])", R"(, "down": ["us-east", "eu-west"])"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("regions": ["eu-west"])"), IsEmpty()) << "what another test assumed is over";
}

TEST_F(RouteTests, ATestAssumesOnlyItsOwnRegionsDown) {
  const auto tests = read(R"({"tests": [
    {"client": "203.0.113.9", "query": "www.example.com", "down": ["eu-west"], "expect": {"regions": ["us-east"]}},
    {"client": "203.0.113.9", "query": "www.example.com", "expect": {"regions": ["eu-west"]}},
    {"client": "192.0.2.9", "query": "www.example.com", "down": ["us-east"], "expect": {"regions": ["eu-west"]}}]})");
  ASSERT_TRUE(tests);
  for (const RouteTestResult& result : run_route_tests(*loaded_, *tests))
    EXPECT_TRUE(result.has_passed()) << result.place;
}

// one.example.com gives one of two addresses, drawn at random.
TEST_F(RouteTests, AnExpectationMustHoldHoweverThePickFalls) {
  const auto failures_of_expecting = [&](std::string_view addresses) {
    return failures_of(fmt::format(R"({{"query": "one.example.com", "client": {}, "expect": {{"addresses": [{}]}}}})",
                                   kParis, addresses));
  };
  EXPECT_THAT(failures_of_expecting(R"("192.0.2.20", "192.0.2.21")"), IsEmpty());
  EXPECT_THAT(failures_of_expecting(R"("192.0.2.20")"), ElementsAre("expected only 192.0.2.20, came 192.0.2.21"));
  EXPECT_THAT(failures_of_expecting(R"("192.0.2.21")"), ElementsAre("expected only 192.0.2.21, came 192.0.2.20"));
}

TEST_F(RouteTests, HintsAreAddressesAndComeFromTheRegionsOfBothFamilies) {
  const auto failures_of_https = [&](std::string_view expect) {
    return failures(kParis, expect, R"(, "type": "HTTPS")");
  };
  EXPECT_THAT(failures_of_https(R"("addresses": ["192.0.2.20", "2001:db8::10"], "regions": ["eu-west", "us-east"])"),
              IsEmpty());
  EXPECT_THAT(failures_of_https(R"("addresses": ["192.0.2.20"])"),
              ElementsAre("expected only 192.0.2.20, came 192.0.2.20, 2001:db8::10"));
  EXPECT_THAT(failures_of_https(R"("regions": ["eu-west"], "not_regions": ["us-east"])"),
              ElementsAre("expected a region of eu-west, came eu-west, us-east",
                          "expected no region of us-east, came eu-west, us-east"));
}

TEST_F(RouteTests, TargetsAreTheNamesThatServicesLedTo) {
  const auto failures_of_alias = [&](std::string_view client, std::string_view expect) {
    return failures_of(
        fmt::format(R"({{"query": "cname.example.com", "client": {}, "expect": {{{}}}}})", client, expect));
  };
  EXPECT_THAT(failures_of_alias(kAshburn, R"("targets": ["Elsewhere.example.net."], "regions": ["us-east"])"),
              IsEmpty());
  EXPECT_THAT(failures_of_alias(kAshburn, R"("addresses": [])"), IsEmpty()) << "it is none of our names";
  EXPECT_THAT(failures_of_alias(kParis, R"("targets": ["one.example.com"], "regions": ["eu-west"],
                                           "addresses": ["192.0.2.20", "192.0.2.21"])"),
              IsEmpty())
      << "which is a service too";
  EXPECT_THAT(failures_of_alias(kParis, R"("targets": ["elsewhere.example.net"])"),
              ElementsAre("expected only elsewhere.example.net, came one.example.com"));
  EXPECT_THAT(failures(kParis, R"("targets": [])"), IsEmpty());
  EXPECT_THAT(failures(kParis, R"("targets": ["one.example.com"])"),
              ElementsAre("expected only one.example.com, came no target"));
}

TEST_F(RouteTests, AResultHasTheAnswerThatFailed) {
  const std::string test = fmt::format(
      R"({{"name": "N", "query": "www.example.com", "client": {}, "down": ["us-east"], "expect": {{"regions": ["us-east"]}}}})",
      kAshburn);
  const RouteTestResult result = run(test);
  EXPECT_FALSE(result.has_passed());
  EXPECT_EQ(result.name, "N");
  EXPECT_THAT(result.place, HasSubstr("routes.test.json: /tests/0"));
  EXPECT_THAT(result.answer.regions, ElementsAre("eu-west"));
  EXPECT_THAT(result.answer.addresses, ElementsAre(*IpAddress::parse("192.0.2.20")));
  EXPECT_EQ(result.answer.scope_bits, 24);
  EXPECT_EQ(result.answer.rcode, dns::Rcode::no_error);
  ASSERT_THAT(result.reply.decision.steered, SizeIs(1));
  EXPECT_EQ(result.board->read(1).state, health::State::down) << "us-east, as the test assumed";
  EXPECT_EQ(result.board->read(3).state, health::State::unknown);

  EXPECT_EQ(run(fmt::format(R"({{"query": "www.example.com", "client": {}, "expect": {{"regions": ["us-east"]}}}})",
                            kAshburn))
                .answer.regions,
            std::vector<std::string>{"us-east"})
      << "and that of a test that passes";
}

constexpr std::string_view kAssertions = R"(, "assertions": "routes.test.json")";

TEST_F(RouteTests, ALoadKeepsItsAssertions) {
  directory_.write("routes.test.json", R"({"tests": [
    {"client": "203.0.113.9", "query": "www.example.com", "expect": {"regions": ["eu-west"]}}]})");
  const auto loaded = load(kAssertions);
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_EQ(loaded->snapshot->board, nullptr) << "it is the server's to make";
}

TEST_F(RouteTests, ALoadIsRefusedByEveryAssertionThatFails) {
  directory_.write("routes.test.json", R"({"tests": [
    {"client": "203.0.113.9", "query": "www.example.com", "expect": {"regions": ["us-east"]}, "name": "Paris"},
    {"client": "192.0.2.9", "query": "www.example.com", "expect": {"rcode": "NXDOMAIN"}},
    {"client": "203.0.113.9", "query": "www.example.com", "expect": {"regions": ["eu-west"]}}]})");
  EXPECT_FALSE(load(kAssertions));
  EXPECT_THAT(problems_,
              ElementsAre("routes.test.json: /tests/0: \"Paris\": expected a region of us-east, came eu-west",
                          "routes.test.json: /tests/1: \"www.example.com A for 192.0.2.9\": expected NXDOMAIN, came "
                          "NOERROR"));
}

TEST_F(RouteTests, ALoadIsRefusedByAssertionsThatCannotBeRead) {
  EXPECT_FALSE(load(kAssertions));
  EXPECT_THAT(problems_, ElementsAre("routes.test.json: No such file or directory"));
  directory_.write("routes.test.json", R"({"tests": [{}]})");
  EXPECT_FALSE(load(kAssertions));
  EXPECT_THAT(problems_, SizeIs(3)) << "query, client and expect are missing";
}

TEST_F(RouteTests, WithoutAssertionsNothingIsAsserted) {
  directory_.write("routes.test.json", "broken");
  EXPECT_TRUE(load(""));
  const auto file =
      directory_.write("rhumb.json", fmt::format(fmt::runtime(kRoutedConfig), RHUMB_TEST_DATA, kAssertions));
  Problems problems;
  EXPECT_TRUE(load_unasserted(file, Secrets{1, {}}, nullptr, problems));
  EXPECT_FALSE(problems.has_errors());
}

}  // namespace
}  // namespace rhumb::daemon

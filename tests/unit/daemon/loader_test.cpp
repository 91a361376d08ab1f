#include "daemon/loader.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geo/country_table.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kZone = "@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n";

constexpr std::string_view kTwoInstances =
    R"("instances": [{"region": "eu-west", "address": "192.0.2.20"}, {"region": "us-east", "address": "192.0.2.10"}])";

class Loader : public testing::Test {
 protected:
  Loader() { directory_.write("zones/example.com.zone", kZone); }

  // A configuration with these services, each "NAME": {…}; on a reload, `served` is what is served until then.
  std::optional<Loaded> load(const std::string& services = "", const Loaded* served = nullptr) {
    directory_.write("rhumb.json", fmt::format(R"({{
      "listen": ["127.0.0.1:5300"],
      "zones": "zones",
      "zone_cache": "cache",
      "strict": {},
      {}
      {}
      "geoip": ["{}/city.mmdb"],
      "regions": {{"us-east": {{"coordinates": [39.04, -77.49]}}, "eu-west": {{"coordinates": {}}},
                  "ap-southeast": {{"coordinates": [1.35, 103.82]}}}},
      "checks": {{{}}},
      "rule_sets": {{{}}},
      "services": {{{}}}
    }})",
                                               is_strict_, assertions_, counts_countries_, RHUMB_TEST_DATA, eu_west_,
                                               checks_, rule_sets_, services));
    Problems problems;
    std::optional<Served> before;
    if (served != nullptr) before.emplace(Served{*served, *served->snapshot});
    auto loaded =
        daemon::load(directory_.path() / "rhumb.json", Secrets{1, {}}, before ? &*before : nullptr, problems, started_);
    problems_.clear();
    const std::string prefix = directory_.path().string() + "/";
    for (const Problem& problem : problems.all()) {
      std::string text = problem.to_string();
      for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
        text.erase(at, prefix.size());
      // The configuration has regions and a check that most tests do not use.
      if (!text.ends_with("no service has an instance in this region") && !text.ends_with("no service uses this check"))
        problems_.push_back(text);
    }
    return loaded;
  }

  // The service that lies over `name`, if one does.
  static const steering::Service* service_at(const Loaded& loaded, std::string_view name) {
    const zone::Lookup found = find(loaded, name);
    if (found.zone == nullptr || found.node == zone::kNoNode) return nullptr;
    const zone::Overlay overlay = found.zone->overlay(found.node);
    return overlay == zone::kNoOverlay ? nullptr : &loaded.snapshot->services[overlay];
  }

  // What is at `name` now.
  static zone::Lookup find(const Loaded& loaded, std::string_view name) {
    dns::LookupName question;
    EXPECT_NE(question.parse(dns::Name::from_text(name)->wire(), loaded.snapshot->zones.hash_key()), 0U);
    return loaded.snapshot->zones.find(question, dns::type::kA);
  }
  static std::vector<std::string> not_loaded(const Loaded& loaded) {
    std::vector<std::string> names;
    for (const dns::Name& name : loaded.snapshot->zones.not_loaded())
      names.push_back(name.to_text());
    return names;
  }

  KnownFiles::Time started_ = std::chrono::system_clock::now();
  bool is_strict_ = false;
  std::string assertions_;        // the key, if there are any
  std::string counts_countries_;  // likewise
  std::string eu_west_ = "[53.35, -6.26]";
  std::string rule_sets_;
  std::string checks_ = R"("web": {"type": "http", "port": 8080, "path": "/healthz"})";
  test::TemporaryDirectory directory_;
  std::vector<std::string> problems_;  // without the directory
};

TEST_F(Loader, ReadsConfigurationZonesAndDatabases) {
  const auto loaded = load(fmt::format(R"("www.example.com": {{"ttl": 20, "check": "web", {}}})", kTwoInstances));
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_THAT(loaded->snapshot->zones.zones(), SizeIs(1));
  EXPECT_THAT(loaded->snapshot->regions, SizeIs(3));
  EXPECT_EQ(loaded->snapshot->board, nullptr) << "it is the server's to make";
  EXPECT_EQ(loaded->databases.get().sources.size(), 1U);
  const steering::Service* service = service_at(*loaded, "www.example.com");
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->settings().name, "www.example.com");
  EXPECT_EQ(service->settings().ttl_s, 20U);
}

TEST_F(Loader, ServicesWithTheSameSetsOfRulesShareOneRankingMap) {
  directory_.write("partners.csv", "10.0.0.0/8,us-east\n");
  rule_sets_ = R"("offices": [{"countries": ["FR"], "regions": ["eu-west"]}], "partners": {"file": "partners.csv"})";
  constexpr std::string_view kSteering =
      R"("steering": {"rules": [{"rule_set": "offices"}, {"rule_set": "partners"}]})";
  const auto loaded = load(fmt::format(R"("a.example.com": {{{0}, {1}}}, "b.example.com": {{{0}, {1}}},
    "c.example.com": {{"steering": {{"rules": [{{"rule_set": "offices"}}]}}, {1}}})",
                                       kSteering, kTwoInstances));
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  const auto& services = loaded->snapshot->services;
  EXPECT_EQ(&services[0].ranking_map(), &services[1].ranking_map());
  EXPECT_NE(&services[0].ranking_map(), &services[2].ranking_map());
  EXPECT_THAT(services[0].settings().steering->rules, SizeIs(2));
  const auto ranked = services[0].ranking_map().find(*IpAddress::parse("10.1.2.3"));
  EXPECT_EQ(services[0].settings().regions[ranked.regions[0]], "us-east");
}

TEST_F(Loader, AServiceLiesOverTheZoneWithTheLongestApex) {
  directory_.write("zones/cdn.example.com.zone", kZone);
  directory_.write("zones/com.zone", kZone);
  const auto loaded = load(fmt::format(R"("a.cdn.example.com": {{{0}}}, "cdn.example.com": {{{0}}},
    "xcdn.example.com": {{{0}}}, "other.com": {{{0}}})",
                                       kTwoInstances));
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  const auto zone_of = [&](std::string_view name) {
    EXPECT_NE(service_at(*loaded, name), nullptr) << name;
    return loaded->snapshot->zones.zone_of(*dns::Name::from_text(name))->apex().to_text();
  };
  EXPECT_EQ(zone_of("a.cdn.example.com"), "cdn.example.com");
  EXPECT_EQ(zone_of("cdn.example.com"), "cdn.example.com") << "the apex itself";
  EXPECT_EQ(zone_of("xcdn.example.com"), "example.com") << "labels count, not letters";
  EXPECT_EQ(zone_of("other.com"), "com");
}

constexpr std::string_view kTargets = R"("instances": [{"region": "eu-west", "target": "lb.example.net."},
  {"region": "us-east", "target": "b.example.com", "check_address": "192.0.2.7"}])";

TEST_F(Loader, ATargetIsProbedWhereItsNameLeadsOrAtItsCheckAddress) {
  const auto loaded = load(fmt::format(R"("www.example.com": {{"check": "web", {}}})", kTargets));
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_THAT(service_at(*loaded, "www.example.com")->settings().names,
              ElementsAre(*dns::Name::from_text("lb.example.net"), *dns::Name::from_text("b.example.com")));
  const auto& probes = loaded->plan.probes;
  ASSERT_THAT(probes, SizeIs(2));
  EXPECT_EQ(probes[0].name, "www.example.com eu-west lb.example.net");
  EXPECT_EQ(probes[0].resolved_name, "lb.example.net");
  EXPECT_EQ(probes[0].host, "www.example.com");
  EXPECT_EQ(probes[0].check_name, "web");
  EXPECT_EQ(probes[1].resolved_name, "");
  EXPECT_EQ(probes[1].address, IpAddress::parse("192.0.2.7"));
}

TEST_F(Loader, AnInstanceIsProbedAtTheAddressOfItsCheckIfThatHasOne) {
  checks_ = R"("web": {"type": "icmp", "address": "192.0.2.99"})";
  const auto loaded = load(fmt::format(
      R"("a.example.com": {{"check": "web", {}}}, "c.example.com": {{"check": "web", {}}})", kTargets, kTwoInstances));
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  ASSERT_THAT(loaded->plan.instances, SizeIs(4));
  ASSERT_THAT(loaded->plan.probes, SizeIs(1));
  EXPECT_EQ(loaded->plan.probes[0].address, IpAddress::parse("192.0.2.99"));
  EXPECT_EQ(loaded->plan.probes[0].resolved_name, "");
}

TEST_F(Loader, ServicesShareAProbeThatIsMadeInNobodysName) {
  constexpr std::string_view kServices =
      R"("a.example.com": {{"check": "web", {0}}}, "b.example.com": {{"check": "web", {0}}})";
  for (const auto& [check, is_shared] : {std::pair(R"("type": "http", "port": 80)", false),
                                         {R"("type": "http", "port": 80, "host": "c.example.com")", true},
                                         {R"("type": "tls", "port": 443)", false},
                                         {R"("type": "grpc", "port": 443)", false},
                                         {R"("type": "grpc", "port": 443, "host": "c.example.com")", true},
                                         {R"("type": "tcp", "port": 80)", true},
                                         {R"("type": "icmp")", true},
                                         {R"("type": "dns", "port": 53, "query": "a.example.com")", true},
                                         {R"("type": "exec", "command": ["/bin/true"])", false},
                                         {R"("type": "push", "ttl": "1m")", false}}) {
    checks_ = fmt::format(R"("web": {{{}}})", check);
    const auto loaded = load(fmt::format(kServices, kTwoInstances));
    ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
    EXPECT_THAT(loaded->plan.probes, SizeIs(is_shared ? 2 : 4)) << check;
  }
}

TEST_F(Loader, ReportsAreReadFromAFileOfEachInstance) {
  checks_ = R"("web": {"type": "push", "ttl": "1m", "file": "up/{service}/{region}/{address}"})";
  const auto loaded = load(fmt::format(
      R"("a.example.com": {{"check": "web", {}}}, "c.example.com": {{"check": "web", {}}})", kTwoInstances, kTargets));
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  const std::string top = directory_.path().string();
  EXPECT_EQ(loaded->plan.probes.at(0).check.report_file, top + "/up/a.example.com/eu-west/192.0.2.20");
  EXPECT_EQ(loaded->plan.probes.at(2).check.report_file, top + "/up/c.example.com/eu-west/lb.example.net");
}

TEST_F(Loader, AServiceWithTargetsAtAnApexOrBesideOtherDataIsAnErrorAtItsPlace) {
  directory_.write("zones/example.com.zone", std::string(kZone) + "www TXT a\n");
  is_strict_ = true;
  EXPECT_FALSE(load(
      fmt::format(R"("example.com": {{"check": "web", {0}}}, "www.example.com": {{"check": "web", {0}}})", kTargets)));
  EXPECT_THAT(problems_, testing::UnorderedElementsAre(
                             StartsWith("rhumb.json: /services/example.com: example.com is the apex of its zone"),
                             HasSubstr("www.example.com is an alias, as its instances are names, and has a TXT record "
                                       "at zones/example.com.zone:4")));
}

TEST_F(Loader, EachServiceLiesAtItsOwnName) {
  const auto loaded = load(
      fmt::format(R"("b.example.com": {{{0}}}, "A.Example.COM": {{{0}}}, "c.example.com": {{{0}}})", kTwoInstances));
  ASSERT_TRUE(loaded);
  for (const char* name : {"a", "b", "c"}) {
    const steering::Service* service = service_at(*loaded, name + std::string(".example.com"));
    ASSERT_NE(service, nullptr) << name;
    EXPECT_THAT(service->settings().name, testing::StrCaseEq(name + std::string(".example.com")));
  }
  EXPECT_EQ(service_at(*loaded, "ns.example.com"), nullptr) << "a name of the zone that is not steered";
}

TEST_F(Loader, AWildcardServiceStandsForTheNamesBelowIt) {
  const auto loaded = load(fmt::format(R"("*.cdn.example.com": {{"check": "web", {}}})", kTwoInstances));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(service_at(*loaded, "a.b.cdn.example.com"), &loaded->snapshot->services[0]);
  EXPECT_EQ(service_at(*loaded, "cdn.example.com"), nullptr);
  ASSERT_THAT(loaded->plan.probes, SizeIs(2));
  for (const health::Target& target : loaded->plan.probes)
    EXPECT_EQ(target.host, "") << "the name is no host that a web server would know";
}

TEST_F(Loader, ProbesNameTheServiceAsTheirHost) {
  const auto loaded = load(fmt::format(R"("WWW.example.com": {{"check": "web", {}}})", kTwoInstances));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->plan.probes.at(0).host, "www.example.com");
}

TEST_F(Loader, ServicesWithEqualRegionsAndOrderShareOneRankingMap) {
  constexpr std::string_view kOtherWayRound =
      R"("instances": [{"region": "us-east", "address": "198.51.100.1"}, {"region": "eu-west", "address": "198.51.100.2"}])";
  constexpr std::string_view kOthers =
      R"("instances": [{"region": "us-east", "address": "192.0.2.10"}, {"region": "ap-southeast", "address": "192.0.2.30"}])";
  const auto loaded =
      load(fmt::format(R"("a.example.com": {{{0}}}, "b.example.com": {{"ttl": 5, {1}}}, "others.example.com": {{{2}}},
    "listed.example.com": {{"steering": {{"order": "listed"}}, {0}}})",
                       kTwoInstances, kOtherWayRound, kOthers));
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  const auto map_of = [&](std::string_view name) { return &service_at(*loaded, name)->ranking_map(); };
  EXPECT_EQ(map_of("a.example.com"), map_of("b.example.com")) << "the order of the instances does not matter";
  EXPECT_NE(map_of("a.example.com"), map_of("others.example.com"));
  EXPECT_NE(map_of("a.example.com"), map_of("listed.example.com"));
}

TEST_F(Loader, RegionsAreInTheOrderOfTheConfigurationWhateverThatOfTheInstances) {
  const auto loaded = load(fmt::format(R"("www.example.com": {{{}}})", kTwoInstances));
  ASSERT_TRUE(loaded);
  const steering::Service& service = loaded->snapshot->services.at(0);
  ASSERT_THAT(service.settings().regions, ElementsAre("us-east", "eu-west"));
  EXPECT_EQ(service.pool(Family::v4, 0).front().address, IpAddress::parse("192.0.2.10"));
  EXPECT_EQ(service.pool(Family::v4, 1).front().address, IpAddress::parse("192.0.2.20"));
}

TEST_F(Loader, EveryInstanceHasAPlaceOfItsOwnOnTheBoard) {
  const auto loaded =
      load(fmt::format(R"("a.example.com": {{"check": "web", {0}}}, "b.example.com": {{{0}}})", kTwoInstances));
  ASSERT_TRUE(loaded);
  const health::Plan& plan = loaded->plan;
  ASSERT_THAT(plan.instances, SizeIs(4));
  std::set<steering::TargetIndex> seen;
  for (const steering::Service& service : loaded->snapshot->services) {
    for (const steering::Instance& instance : service.settings().instances) {
      EXPECT_TRUE(seen.insert(instance.target).second);
      const health::InstancePlan& planned = plan.instances.at(instance.target);
      EXPECT_EQ(planned.shown, instance.address.to_string());
      EXPECT_EQ(plan.services.at(planned.service).name, service.settings().name);
      EXPECT_EQ(plan.regions.at(planned.region), service.settings().regions[instance.region]);
      const bool is_checked = service.settings().name == "a.example.com";
      ASSERT_EQ(planned.condition.has_value(), is_checked);
      if (is_checked) {
        EXPECT_EQ(plan.probes.at(planned.condition->probe).address, instance.address);
      }
    }
  }
}

TEST_F(Loader, OneProbeIsMadeForAllThatAskTheSame) {
  checks_ += R"(, "uplink": {"type": "tcp", "port": 179, "address": "192.0.2.250"})";
  const auto loaded = load(fmt::format(R"("www.example.com": {{"check": "uplink", {0}}},
    "b.example.com": {{"checks": ["uplink", "web"], {0}}})",
                                       kTwoInstances));
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_THAT(loaded->plan.probes, SizeIs(3)) << "one uplink, and two instances over HTTP";
  const auto& of_www = loaded->plan.instances[0].condition;
  EXPECT_EQ(of_www, loaded->plan.instances[1].condition);
  const auto& of_b = loaded->plan.instances[2].condition;
  ASSERT_THAT(of_b->parts, SizeIs(2));
  EXPECT_EQ(of_b->parts[0].probe, of_www->probe);
  EXPECT_EQ(of_b->at_least, 2U) << "all must pass";
}

TEST_F(Loader, AServiceInNoZoneIsAnErrorAtItsPlace) {
  EXPECT_FALSE(load(fmt::format(R"("www.example.net": {{{}}})", kTwoInstances)));
  EXPECT_THAT(problems_, ElementsAre("rhumb.json: /services/www.example.net: no zone in zones holds this name"));
}

TEST_F(Loader, AServiceWhoseNameHasACnameIsAnErrorAtItsPlace) {
  is_strict_ = true;
  directory_.write("zones/example.com.zone", std::string(kZone) + "www CNAME ns\n");
  EXPECT_FALSE(load(fmt::format(R"("www.example.com": {{{}}})", kTwoInstances)));
  EXPECT_THAT(problems_, ElementsAre("rhumb.json: /services/www.example.com: www.example.com has a CNAME at "
                                     "zones/example.com.zone:4; remove it there, or the service here"));
}

TEST_F(Loader, AServiceInADelegationIsAnErrorAtItsPlace) {
  is_strict_ = true;
  directory_.write("zones/example.com.zone", std::string(kZone) + "lab NS ns.example.net.\n");
  EXPECT_FALSE(load(fmt::format(R"("www.lab.example.com": {{{}}})", kTwoInstances)));
  EXPECT_THAT(problems_, ElementsAre(StartsWith("rhumb.json: /services/www.lab.example.com: ")));
}

TEST_F(Loader, TwoSpellingsOfAZonesNameAreAnError) {
  is_strict_ = true;
  directory_.write("zones/EXAMPLE.com.zone", kZone);
  EXPECT_FALSE(load());
  EXPECT_THAT(problems_, ElementsAre("zones/example.com.zone: the same zone as zones/EXAMPLE.com.zone"));
}

TEST_F(Loader, AFinalDotIsNoOtherSpelling) {
  is_strict_ = true;
  directory_.write("zones/example.com..zone", kZone);
  EXPECT_FALSE(load());
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("the same zone as")));
}

TEST_F(Loader, AFileWhoseNameIsNoDomainNameIsAnError) {
  is_strict_ = true;
  directory_.write("zones/bad..name.zone", kZone);
  EXPECT_FALSE(load());
  EXPECT_THAT(problems_,
              ElementsAre("zones/bad..name.zone: the file's name without \".zone\" must be the name of its zone"));
}

TEST_F(Loader, FilesThatDoNotEndInZoneAreNotRead) {
  for (const char* name : {"zones/example.com.zone~", "zones/README", "zones/common.inc"})
    directory_.write(name, "not a zone");
  EXPECT_TRUE(load());
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(Loader, ADirectoryWithoutZonesIsAWarning) {
  std::filesystem::remove(directory_.path() / "zones/example.com.zone");
  EXPECT_TRUE(load());
  EXPECT_THAT(problems_, ElementsAre("zones: warning: no file NAME.zone: every query will be refused"));
}

TEST_F(Loader, NoDirectoryOfZonesIsAnError) {
  std::filesystem::remove_all(directory_.path() / "zones");
  EXPECT_FALSE(load());
  EXPECT_THAT(problems_, ElementsAre("zones: No such file or directory"));
}

TEST_F(Loader, AnErrorOutsideZonesLoadsNothingAndAllAreTold) {
  directory_.write("zones/example.com.zone", std::string(kZone) + "bad A 192.0.2.256\nworse A x\n");
  directory_.write("zones/example.net.zone", "@ NS ns.example.com.\n");
  EXPECT_FALSE(load(fmt::format(R"("www.example.org": {{{}}})", kTwoInstances)));
  EXPECT_THAT(problems_, SizeIs(6)) << "and the warnings that two zones are not served";
  EXPECT_THAT(problems_, Contains(StartsWith("zones/example.com.zone:4: ")));
  EXPECT_THAT(problems_, Contains(StartsWith("zones/example.com.zone:5: ")));
  EXPECT_THAT(problems_, Contains(StartsWith("zones/example.net.zone: ")));
  EXPECT_THAT(problems_, Contains(StartsWith("rhumb.json: /services/www.example.org: ")));
}

TEST_F(Loader, AZoneThatIsADirectoryOrCannotBeReadIsAnError) {
  is_strict_ = true;
  std::filesystem::create_directory(directory_.path() / "zones/example.net.zone");
  std::filesystem::create_symlink("nowhere", directory_.path() / "zones/example.org.zone");
  EXPECT_FALSE(load());
  EXPECT_THAT(problems_, Contains(StartsWith("zones/example.net.zone: ")));
  EXPECT_THAT(problems_, Contains(StartsWith("zones/example.org.zone: ")));
}

constexpr std::string_view kBroken = "bad A 192.0.2.256\n";

TEST_F(Loader, AZoneWithErrorsIsNotServedAndTheOthersAre) {
  directory_.write("zones/example.net.zone", std::string(kZone) + std::string(kBroken) + "worse A x\n");
  const auto loaded = load(fmt::format(R"("www.example.com": {{{0}}}, "www.example.net": {{{0}}})", kTwoInstances));
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_THAT(
      problems_,
      ElementsAre(StartsWith("zones/example.net.zone:4: "), StartsWith("zones/example.net.zone:5: "),
                  StartsWith("zones/example.net.zone: warning: the zone is not served, its names get SERVFAIL: 2 "
                             "errors, the first: zones/example.net.zone:4: ")));
  EXPECT_THAT(not_loaded(*loaded), ElementsAre("example.net"));
  EXPECT_EQ(find(*loaded, "www.example.net").kind, zone::Lookup::Kind::not_loaded);
  EXPECT_NE(service_at(*loaded, "www.example.com"), nullptr);
}

TEST_F(Loader, EveryZoneMayBeBroken) {
  directory_.write("zones/example.com.zone", "");
  const auto loaded = load();
  ASSERT_TRUE(loaded);
  EXPECT_THAT(not_loaded(*loaded), ElementsAre("example.com"));
}

TEST_F(Loader, AZoneOfTwoFilesIsNotServed) {
  directory_.write("zones/EXAMPLE.com.zone", kZone);
  directory_.write("zones/example.net.zone", kZone);
  const auto loaded = load();
  ASSERT_TRUE(loaded);
  EXPECT_THAT(problems_, Contains("zones/example.com.zone: the same zone as zones/EXAMPLE.com.zone"));
  EXPECT_THAT(not_loaded(*loaded), ElementsAre("example.com"));
  EXPECT_EQ(find(*loaded, "example.net").kind, zone::Lookup::Kind::found);
}

TEST_F(Loader, AFileThatCanBeNoZoneStopsNoZone) {
  directory_.write("zones/bad..name.zone", kZone);
  const auto loaded = load();
  ASSERT_TRUE(loaded);
  EXPECT_THAT(not_loaded(*loaded), IsEmpty());
  EXPECT_THAT(problems_, SizeIs(1));
}

TEST_F(Loader, AServiceThatDoesNotFitItsZoneStopsThatZone) {
  directory_.write("zones/example.com.zone", std::string(kZone) + "www CNAME ns\n");
  directory_.write("zones/example.net.zone", kZone);
  const auto loaded = load(fmt::format(R"("www.example.com": {{{}}})", kTwoInstances));
  ASSERT_TRUE(loaded);
  EXPECT_THAT(problems_, Contains(StartsWith("rhumb.json: /services/www.example.com: ")));
  EXPECT_THAT(not_loaded(*loaded), ElementsAre("example.com"));
}

TEST_F(Loader, WithStrictAnErrorInAZoneLoadsNothing) {
  is_strict_ = true;
  directory_.write("zones/example.net.zone", std::string(kZone) + std::string(kBroken));
  EXPECT_FALSE(load());
  EXPECT_THAT(problems_, ElementsAre(StartsWith("zones/example.net.zone:4: ")));
}

class Reloader : public Loader {
 protected:
  Reloader() {
    directory_.write("zones/example.net.zone", std::string(kZone) + "old A 192.0.2.1\n");
    auto loaded = load(services_);
    served_ = std::move(*loaded);
  }

  std::optional<Loaded> reload() { return load(services_, &*served_); }

  std::string services_ = fmt::format(R"("www.example.net": {{{0}}}, "www.example.com": {{{0}}})", kTwoInstances);
  std::optional<Loaded> served_;
};

TEST_F(Reloader, AZoneThatIsBrokenNowKeepsTheVersionThatIsServed) {
  directory_.write("zones/example.net.zone", std::string(kZone) + "new A 192.0.2.1\n" + std::string(kBroken));
  directory_.write("zones/example.com.zone", std::string(kZone) + "new A 192.0.2.1\n");
  const auto loaded = reload();
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_THAT(problems_, ElementsAre(StartsWith("zones/example.net.zone:5: "),
                                     StartsWith("zones/example.net.zone: warning: the version that is being served, "
                                                "serial 1, is kept: 1 errors, the first: zones/example.net.zone:5: ")));
  EXPECT_THAT(not_loaded(*loaded), IsEmpty());
  EXPECT_EQ(find(*loaded, "old.example.net").kind, zone::Lookup::Kind::found);
  EXPECT_EQ(find(*loaded, "new.example.net").kind, zone::Lookup::Kind::nx_domain);
  EXPECT_EQ(find(*loaded, "new.example.com").kind, zone::Lookup::Kind::found) << "the other one is the new version";
  EXPECT_EQ(service_at(*loaded, "www.example.net"), &loaded->snapshot->services[0])
      << "steered as it is configured now";
}

TEST_F(Reloader, AZoneIsNotKeptUnderAServiceThatCannotBeAnAliasThere) {
  directory_.write("zones/example.net.zone", std::string(kZone) + "www TXT a\n");
  served_ = reload();
  ASSERT_TRUE(served_) << testing::PrintToString(problems_);
  directory_.write("zones/example.net.zone", std::string(kZone) + std::string(kBroken));
  EXPECT_TRUE(reload());
  services_ = fmt::format(R"("www.example.net": {{{}}}, "www.example.com": {{{}}})", kTargets, kTwoInstances);
  EXPECT_FALSE(reload());
  EXPECT_THAT(problems_, Contains(HasSubstr("the version that is being served cannot be kept")));
}

TEST_F(Reloader, AZoneIsKeptForAsLongAsItIsBroken) {
  std::filesystem::remove(directory_.path() / "zones/example.net.zone");
  std::filesystem::create_directory(directory_.path() / "zones/example.net.zone");
  for (int i = 0; i < 3; ++i) {
    auto loaded = reload();
    ASSERT_TRUE(loaded);
    served_ = std::move(*loaded);
    EXPECT_EQ(find(*served_, "old.example.net").kind, zone::Lookup::Kind::found);
  }
}

TEST_F(Reloader, AZoneThatWasNeverLoadedIsStillNotServed) {
  directory_.write("zones/example.org.zone", kBroken);
  for (int i = 0; i < 2; ++i) {
    auto loaded = reload();
    ASSERT_TRUE(loaded);
    served_ = std::move(*loaded);
    EXPECT_THAT(not_loaded(*served_), ElementsAre("example.org"));
  }
  directory_.write("zones/example.org.zone", kZone);
  const auto loaded = reload();
  ASSERT_TRUE(loaded);
  EXPECT_THAT(not_loaded(*loaded), IsEmpty()) << "mended";
}

TEST_F(Reloader, ABrokenZoneWithOtherServicesRefusesTheReload) {
  directory_.write("zones/example.net.zone", kBroken);
  for (const char* services : {"", R"("x.example.net": {{{0}}}, "www.example.com": {{{0}}})",
                               R"("www.example.com": {{{0}}}, "www.example.net": {{{0}}})",
                               R"("www.example.net": {{{0}}}, "a.example.net": {{{0}}})"}) {
    services_ = fmt::format(fmt::runtime(services), kTwoInstances);
    EXPECT_FALSE(reload()) << services;
    EXPECT_THAT(problems_,
                Contains("zones/example.net.zone: the zone has errors, and the version that is being served cannot be "
                         "kept, because the services in it are not those that it was loaded with; mend the zone, or "
                         "leave the services as they were"));
  }
  services_ = fmt::format(R"("WWW.example.net": {{"ttl": 5, {0}}}, "b.example.com": {{{0}}})", kTwoInstances);
  const auto loaded = reload();
  ASSERT_TRUE(loaded) << "how the service answers, and what is in other zones, may change";
  EXPECT_EQ(service_at(*loaded, "www.example.net")->settings().ttl_s, 5U);
}

TEST_F(Reloader, WithStrictABrokenZoneRefusesTheReload) {
  is_strict_ = true;
  directory_.write("zones/example.net.zone", std::string(kZone) + std::string(kBroken));
  EXPECT_FALSE(reload());
  EXPECT_THAT(problems_, ElementsAre(StartsWith("zones/example.net.zone:4: ")));
}

TEST_F(Reloader, AZoneWhoseFileIsGoneIsGone) {
  services_ = fmt::format(R"("www.example.com": {{{0}}})", kTwoInstances);
  std::filesystem::remove(directory_.path() / "zones/example.net.zone");
  const auto loaded = reload();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(find(*loaded, "old.example.net").kind, zone::Lookup::Kind::not_ours);
}

// Everything was written long before the loads, so that files with the same marks are sure to be the same.
class LaterReloader : public Reloader {
 protected:
  LaterReloader() {
    started_ += std::chrono::hours(1);
    served_ = reload();
    served_->databases.forget();
  }

  [[nodiscard]] const zone::Zone* zone(const std::optional<Loaded>& loaded, std::string_view apex) const {
    const dns::Name name = *dns::Name::from_text(apex);
    const auto zones = loaded->snapshot->zones.zones();
    const auto found = std::ranges::find(zones, name, [](const auto& zone) { return zone->apex(); });
    return found == zones.end() ? nullptr : found->get();
  }
  [[nodiscard]] bool is_kept(const std::optional<Loaded>& loaded, std::string_view apex) const {
    return zone(loaded, apex) == zone(served_, apex);
  }
  // Whether the ranking map of a service is that which is served.
  [[nodiscard]] bool is_ranked_as_before(const std::optional<Loaded>& loaded, std::string_view service) const {
    return &service_at(*loaded, service)->ranking_map() == &service_at(*served_, service)->ranking_map();
  }
};

TEST_F(LaterReloader, AZoneWhoseTextIsAsItWasIsNotReadAgain) {
  directory_.write("zones/example.net.zone", std::string(kZone) + "new A 192.0.2.1\n");
  const auto loaded = reload();
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_TRUE(is_kept(loaded, "example.com"));
  EXPECT_FALSE(is_kept(loaded, "example.net"));
  EXPECT_EQ(find(*loaded, "new.example.net").kind, zone::Lookup::Kind::found);
}

TEST_F(LaterReloader, TheTextOfAZoneIsWhatItIncludesToo) {
  directory_.write("zones/hosts", "a A 192.0.2.1\n");
  directory_.write("zones/example.net.zone", std::string(kZone) + "$INCLUDE hosts\n");
  served_ = reload();
  EXPECT_TRUE(is_kept(reload(), "example.net"));
  directory_.write("zones/hosts", "b A 192.0.2.1\n");
  EXPECT_EQ(find(*reload(), "b.example.net").kind, zone::Lookup::Kind::found);
}

TEST_F(LaterReloader, WhatAZoneWasWarnedAboutIsSaidAgain) {
  directory_.write("zones/example.net.zone", std::string(kZone) + "elsewhere.test. A 192.0.2.1\n");
  served_ = reload();
  const auto warnings = problems_;
  ASSERT_THAT(warnings, ElementsAre(HasSubstr("is not in the zone")));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(is_kept(served_ = reload(), "example.net"));
    EXPECT_EQ(problems_, warnings);
  }
}

TEST_F(LaterReloader, AZoneWithOtherServicesIsReadAgain) {
  services_ = fmt::format(R"("new.example.com": {{{0}}}, "www.example.net": {{{0}}}, "www.example.com": {{{0}}})",
                          kTwoInstances);
  const auto loaded = reload();
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_EQ(service_at(*loaded, "www.example.net")->settings().name, "www.example.net") << "by its new number";
}

// Its clock may not have ticked between a first and a second change.
TEST_F(LaterReloader, AFileThatHadJustBeenChangedWhenItWasReadIsReadAgain) {
  directory_.write("zones/example.com.zone", std::string(kZone) + "new A 192.0.2.1\n");
  started_ = std::chrono::system_clock::now();
  served_ = reload();
  started_ += std::chrono::hours(1);
  EXPECT_FALSE(is_kept(reload(), "example.com"));
}

TEST_F(LaterReloader, DatabasesAreNotReadAgainForSteeringsThatAreAsTheyWere) {
  directory_.write("zones/example.net.zone", std::string(kZone) + "new A 192.0.2.1\n");
  services_ = fmt::format(R"("www.example.net": {{"ttl": 5, {0}}}, "www.example.com": {{{0}}})", kTwoInstances);
  const auto loaded = reload();
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_FALSE(loaded->databases.are_in_memory());
  EXPECT_TRUE(is_ranked_as_before(loaded, "www.example.com"));
  EXPECT_TRUE(is_ranked_as_before(loaded, "www.example.net"));
  EXPECT_EQ(loaded->databases.sources().size(), 1U) << "they are known all the same";
}

TEST_F(LaterReloader, TheTableOfCountriesIsMadeOnceAndDroppedWhenNobodyCountsThem) {
  EXPECT_EQ(served_->snapshot->countries, nullptr);
  counts_countries_ = R"("count_countries": true,)";
  served_ = reload();
  ASSERT_TRUE(served_) << testing::PrintToString(problems_);
  const auto table = served_->snapshot->countries;
  ASSERT_NE(table, nullptr) << "though nothing else has changed";
  EXPECT_EQ(geo::country_at(table->find(*IpAddress::parse("203.0.113.7")).value), "FR");
  served_->databases.forget();

  served_ = reload();
  EXPECT_EQ(served_->snapshot->countries, table);
  EXPECT_FALSE(served_->databases.are_in_memory());

  counts_countries_ = "";
  const auto loaded = reload();
  EXPECT_EQ(loaded->snapshot->countries, nullptr);
  EXPECT_EQ(loaded->databases.country_table(), nullptr);
}

TEST_F(LaterReloader, OnlySteeringsThatHaveChangedAreRankedAnew) {
  services_ = fmt::format(
      R"("www.example.net": {{"steering": {{"order": "listed"}}, {0}}}, "www.example.com": {{{0}}})", kTwoInstances);
  const auto loaded = reload();
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_TRUE(is_ranked_as_before(loaded, "www.example.com"));
  EXPECT_FALSE(is_ranked_as_before(loaded, "www.example.net"));
}

TEST_F(LaterReloader, ARuleFileThatSaysTheSameRanksNothingAnew) {
  directory_.write("partners.csv", "10.0.0.0/8,us-east\n");
  rule_sets_ = R"("partners": {"file": "partners.csv"})";
  services_ =
      fmt::format(R"("www.example.com": {{"steering": {{"rules": [{{"rule_set": "partners"}}]}}, {}}})", kTwoInstances);
  served_ = reload();
  directory_.write("partners.csv", "10.0.0.0/8,us-east\n\n");
  EXPECT_TRUE(is_ranked_as_before(reload(), "www.example.com"));
  directory_.write("partners.csv", "10.0.0.0/8,eu-west\n");
  EXPECT_FALSE(is_ranked_as_before(reload(), "www.example.com"));
}

TEST_F(LaterReloader, ARegionElsewhereIsRankedAnew) {
  eu_west_ = "[-30, 170]";
  EXPECT_FALSE(is_ranked_as_before(reload(), "www.example.com"));
}

TEST_F(LaterReloader, AnAssertionThatAsksForACountryIsStillKept) {
  directory_.write("routes.test.json", R"({"tests": [
    {"client": {"country": "GB"}, "query": "www.example.com", "expect": {"regions": ["us-east"]}}]})");
  assertions_ = R"("assertions": "routes.test.json",)";
  EXPECT_FALSE(reload());
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("expected a region of us-east, came eu-west")));
}

class ZoneReloader : public Reloader {
 protected:
  // Of this zone alone; the problems are in problems_. Null when it was refused.
  std::unique_ptr<answer::Snapshot> reload(std::string_view apex) {
    Problems problems;
    const auto served = std::move(served_->snapshot);
    auto snapshot = daemon::reload_zone(*served_, *served, Secrets{1, {}}, *dns::Name::from_text(apex), problems);
    served_->snapshot = std::make_unique<answer::Snapshot>(*served);
    problems_.clear();
    for (const Problem& problem : problems.all())
      problems_.push_back(problem.to_string());
    return snapshot;
  }
  // Serves what it gave.
  bool serve(std::unique_ptr<answer::Snapshot> snapshot) {
    if (snapshot == nullptr) return false;
    served_->snapshot = std::move(snapshot);
    return true;
  }
  void add_name_to(const std::string& zone) {
    directory_.write("zones/" + zone + ".zone", std::string(kZone) + "new A 192.0.2.1\n");
  }
};

TEST_F(ZoneReloader, ReadsOneZoneAndNothingElse) {
  add_name_to("example.net");
  add_name_to("example.com");
  add_name_to("example.org");
  ASSERT_TRUE(serve(reload("example.net"))) << testing::PrintToString(problems_);
  EXPECT_EQ(find(*served_, "new.example.net").kind, zone::Lookup::Kind::found);
  EXPECT_EQ(find(*served_, "new.example.com").kind, zone::Lookup::Kind::nx_domain);
  EXPECT_EQ(find(*served_, "new.example.org").kind, zone::Lookup::Kind::not_ours);
  EXPECT_EQ(service_at(*served_, "www.example.net"), &served_->snapshot->services[0]) << "its services are over it";
}

TEST_F(ZoneReloader, TakesAZoneInThatCouldNotBeLoaded) {
  directory_.write("zones/example.org.zone", kBroken);
  served_ = Reloader::reload();
  ASSERT_THAT(not_loaded(*served_), ElementsAre("example.org"));
  EXPECT_FALSE(serve(reload("example.org")));
  EXPECT_THAT(problems_, Contains(HasSubstr("example.org.zone:1: ")));
  add_name_to("example.org");
  ASSERT_TRUE(serve(reload("example.org"))) << testing::PrintToString(problems_);
  EXPECT_THAT(not_loaded(*served_), IsEmpty());
  EXPECT_EQ(find(*served_, "new.example.org").kind, zone::Lookup::Kind::found);
}

TEST_F(ZoneReloader, RefusesZonesThatAreNotServedOrHaveNoFile) {
  add_name_to("example.org");
  EXPECT_FALSE(serve(reload("example.org")));
  EXPECT_THAT(problems_,
              ElementsAre(HasSubstr("zone example.org is not served; a reload of everything takes new zones")));
  std::filesystem::remove(directory_.path() / "zones/example.net.zone");
  EXPECT_FALSE(serve(reload("example.net")));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("no file of zone example.net")));
  EXPECT_EQ(find(*served_, "old.example.net").kind, zone::Lookup::Kind::found) << "it is still served";
}

// 30,000 names: as much text as it takes for the cache to be worth it.
std::string large_zone() {
  std::string text(kZone);
  for (int i = 0; i < 30'000; ++i)
    text += fmt::format("a-name-as-long-as-any-other-{} 3600 A 192.0.2.1\n", i);
  return text + "elsewhere.test. A 192.0.2.1\n";
}

TEST_F(Loader, TakesALargeZoneFromTheCacheOnceItIsThere) {
  directory_.write("zones/large.example.zone", large_zone());
  directory_.write("cache/.keep", "");
  const auto first = load();
  ASSERT_TRUE(first);
  const auto warnings = problems_;
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("is not in the zone")));
  ASSERT_THAT(first->uncached_zones, SizeIs(1)) << "the other zone is too small";
  EXPECT_EQ(zone::write(first->uncached_zones[0]), std::nullopt);

  const auto second = load();
  ASSERT_TRUE(second);
  EXPECT_THAT(second->uncached_zones, IsEmpty());
  EXPECT_EQ(problems_, warnings);
  EXPECT_EQ(find(*second, "a-name-as-long-as-any-other-77.large.example").kind, zone::Lookup::Kind::found);
  EXPECT_EQ(second->snapshot->zones.zones()[1]->record_count(), first->snapshot->zones.zones()[1]->record_count());
}

TEST_F(Loader, ACacheThatIsNotThereIsNoReasonNotToLoad) {
  directory_.write("zones/large.example.zone", large_zone());
  const auto loaded = load();
  ASSERT_TRUE(loaded);
  ASSERT_THAT(loaded->uncached_zones, SizeIs(1));
  EXPECT_NE(zone::write(loaded->uncached_zones[0]), std::nullopt);
}

TEST_F(Loader, TellsTheProblemsOfManyZonesInTheOrderOfTheirNames) {
  std::vector<std::string> expected;
  for (int i = 100; i < 150; ++i) {
    directory_.write(fmt::format("zones/z{}.example.zone", i), std::string(kZone) + "elsewhere.test. A 192.0.2.1\n");
    expected.push_back(
        fmt::format("zones/z{}.example.zone:4: warning: elsewhere.test is not in the zone z{}.example; "
                    "ignored",
                    i, i));
  }
  ASSERT_TRUE(load());
  EXPECT_EQ(problems_, expected);
}

}  // namespace
}  // namespace rhumb::daemon

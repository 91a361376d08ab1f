#include "config/config.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::sys_days kLoadingDay = std::chrono::year(2026) / 11 / 23;

constexpr std::string_view kWhole = R"({
  "listen": ["127.0.0.1:5300", "[::1]:5300"],
  "threads": 2,
  "zones": "zones",
  "zone_cache": "/var/cache/rhumb",
  "strict": true,
  "assertions": "routes.test.json",
  "geoip": ["geoip/country.mmdb", "/var/lib/city.mmdb"],
  "geofeeds": ["offices.csv"],
  "regions": {"us-east": {"coordinates": [39.04, -77.49]}, "eu-west": {"coordinates": [53.35, -6.26]}},
  "checks": {"web": {"type": "http", "port": 8080, "path": "/healthz", "interval": "5s", "timeout": "200ms", "rise": 4, "fall": 5}},
  "services": {
    "WWW.example.com": {
      "ttl": 60, "check": "web",
      "steering": {"order": "listed", "pick": "rotate", "answers": 2, "when_all_down": "fallback"},
      "instances": [{"region": "us-east", "address": "192.0.2.10"}, {"region": "eu-west", "address": "192.0.2.20"}]
    }
  }
})";

class LoadConfig : public testing::Test {
 protected:
  std::optional<Config> load(std::string_view text) {
    Problems problems;
    auto config = load_config(directory_.write("rhumb.json", text), problems, kLoadingDay);
    for (const Problem& problem : problems.all()) {
      messages_.push_back(problem.to_string().substr(directory_.path().string().size() + 1));
    }
    return config;
  }
  // The whole configuration with `from` replaced by `to`.
  std::optional<Config> load_with(std::string_view from, std::string_view to) {
    std::string text(kWhole);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return load(text.replace(at, from.size(), to));
  }

  test::TemporaryDirectory directory_;
  std::vector<std::string> messages_;
};

constexpr std::string_view kRuleSets = R"("rule_sets": {
    "offices": [{"countries": ["FR"], "regions": ["eu-wset"], "expires": "2020-01-01"}],
    "partners": {"file": "lists/partners.csv", "comment": "from Ada"},
    "unused": []
  }, "services": {
    "a.example.com": {"steering": {"rules": [{"rule_set": "offices"}, {"rule_set": "partners"}]},
                      "instances": [{"region": "us-east", "address": "192.0.2.10"}]},)";

TEST_F(LoadConfig, TellsWhatIsWrongWithASetOfRulesOnce) {
  directory_.write("lists/partners.csv", "10.0.0.0/8,us-east\n11.0.0.0/8,us-esat\n");
  load_with("\"services\": {", std::string(kRuleSets) + R"("b.example.com": {"steering": {"rules": [
      {"rule_set": "offices"}, {"rule_set": "partners"}]}, "instances": [{"region": "us-east", "address": "192.0.2.11"}]},)");
  EXPECT_THAT(messages_,
              ElementsAre("rhumb.json: /rule_sets/offices/0/regions/0: \"eu-wset\" is not a region (did you mean "
                          "\"eu-west\"?)",
                          "rhumb.json: /rule_sets/offices/0/expires: warning: the rule expired on 2020-01-01 and is "
                          "ignored",
                          "lists/partners.csv:2: \"us-esat\" is not a region (did you mean \"us-east\"?)",
                          "rhumb.json: /rule_sets/unused: warning: no service uses this set of rules"));
}

TEST_F(LoadConfig, HasASetOfRulesOnceForAllServices) {
  directory_.write("partners.csv", "10.0.0.0/8,us-east\n");
  const auto config = load_with("\"services\": {", R"("rule_sets": {"partners": {"file": "partners.csv"}}, "services": {
    "a.example.com": {"steering": {"rules": [{"rule_set": "partners"}]},
                      "instances": [{"region": "us-east", "address": "192.0.2.10"}]},
    "b.example.com": {"steering": {"rules": [{"rule_set": "partners"}]},
                      "instances": [{"region": "us-east", "address": "192.0.2.11"}]},)");
  ASSERT_TRUE(config) << testing::PrintToString(messages_);
  EXPECT_THAT(config->services[0].steering.rule_sets, SizeIs(1));
  EXPECT_EQ(config->services[0].steering.rule_sets, config->services[1].steering.rule_sets);
}

TEST_F(LoadConfig, ReadsEverything) {
  const auto config = load(kWhole);
  ASSERT_TRUE(config) << testing::PrintToString(messages_);
  EXPECT_THAT(messages_, IsEmpty());
  EXPECT_THAT(config->listen, ElementsAre(*Endpoint::parse("127.0.0.1:5300"), *Endpoint::parse("[::1]:5300")));
  EXPECT_EQ(config->threads, 2U);
  EXPECT_EQ(config->zones, directory_.path() / "zones") << "relative to the file";
  EXPECT_EQ(config->zone_cache, "/var/cache/rhumb");
  EXPECT_TRUE(config->strict);
  EXPECT_EQ(config->assertions, directory_.path() / "routes.test.json") << "relative to the file";
  EXPECT_THAT(config->geoip, ElementsAre(directory_.path() / "geoip/country.mmdb", "/var/lib/city.mmdb"));
  EXPECT_THAT(config->geofeeds, ElementsAre(directory_.path() / "offices.csv"));
  ASSERT_THAT(config->regions, SizeIs(2));
  EXPECT_EQ(config->regions[0].name, "us-east");
  EXPECT_EQ(config->regions[1].coordinates, (geo::Coordinates{53.35, -6.26}));
  ASSERT_THAT(config->checks, SizeIs(1));
  const health::Check check = config->checks[0].check;
  EXPECT_EQ(check.port, 8080);
  EXPECT_EQ(check.path, "/healthz");
  EXPECT_EQ(check.interval_ms, 5'000U);
  EXPECT_EQ(check.timeout_ms, 200U);
  EXPECT_EQ(check.rise, 4);
  EXPECT_EQ(check.fall, 5);
  ASSERT_THAT(config->services, SizeIs(1));
  const Service& service = config->services[0];
  EXPECT_EQ(service.name, dns::Name::from_text("www.example.com"));
  EXPECT_EQ(service.ttl_s, 60U);
  EXPECT_THAT(service.checks, ElementsAre(0U));
  EXPECT_EQ(service.steering.steering.preference.order, steering::Order::listed);
  EXPECT_EQ(service.steering.answers, 2);
  EXPECT_EQ(service.steering.when_all_down, steering::WhenAllDown::fallback);
  ASSERT_THAT(service.instances, SizeIs(2));
  EXPECT_EQ(service.instances[1].region, 1U);
}

TEST_F(LoadConfig, CountsCountriesIfItSaysSo) {
  EXPECT_FALSE(load(kWhole)->counts_countries);
  EXPECT_TRUE(load_with("\"geofeeds\"", R"("count_countries": true, "geofeeds")")->counts_countries);
  EXPECT_FALSE(load_with("\"geofeeds\"", R"("count_countries": "FR", "geofeeds")"));
}

TEST_F(LoadConfig, GuardsDatabasesUnlessItSaysAnything) {
  EXPECT_EQ(load(kWhole)->geoip_guard.moved_max, kGeoipMovedUsual);
  EXPECT_EQ(load_with("\"geofeeds\"", R"("geoip_guard": {"max_moved": 2.5}, "geofeeds")")->geoip_guard.moved_max,
            0.025);
  const auto of_queries = load_with("\"geofeeds\"", R"("geoip_guard": {"queries": "q.jsonl"}, "geofeeds")");
  EXPECT_EQ(of_queries->geoip_guard.moved_max, kGeoipMovedUsual);
  EXPECT_EQ(of_queries->geoip_guard.clients.queries, of_queries->file.parent_path() / "q.jsonl");
  for (const char* wrong : {R"({"weights": "w", "queries": "q"})", R"({"max_moved": 101})", R"({"max_moved": "5%"})",
                            R"({"max_down": 5})"}) {
    EXPECT_FALSE(load_with("\"geofeeds\"", fmt::format(R"("geoip_guard": {}, "geofeeds")", wrong))) << wrong;
  }
}

TEST_F(LoadConfig, RegionsKeepTheOrderOfTheFile) {
  const auto config = load_with("\"us-east\": {\"coordinates\": [39.04, -77.49]},",
                                "\"zz\": {\"coordinates\": [0, 0]}, \"us-east\": {\"coordinates\": [39.04, -77.49]}, "
                                "\"aa\": {\"coordinates\": [1, 1]},");
  ASSERT_TRUE(config);
  std::vector<std::string> names;
  for (const auto& region : config->regions)
    names.push_back(region.name);
  EXPECT_THAT(names, ElementsAre("zz", "us-east", "aa", "eu-west"));
}

TEST_F(LoadConfig, MostCanBeLeftOut) {
  const auto config = load(R"({"listen": ["127.0.0.1:53"], "zones": "z"})");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->threads, 0U);
  EXPECT_FALSE(config->zone_cache);
  EXPECT_FALSE(config->strict);
  EXPECT_THAT(messages_, IsEmpty());
}

struct Mistake {
  const char* from;
  const char* to;
  const char* message;
};

class LoadConfigMistake : public LoadConfig, public testing::WithParamInterface<Mistake> {};

TEST_P(LoadConfigMistake, IsRefusedWithItsPlace) {
  EXPECT_FALSE(load_with(GetParam().from, GetParam().to));
  EXPECT_THAT(messages_, testing::Contains(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, LoadConfigMistake,
    testing::Values(
        Mistake{"\"strict\": true", "\"strict\": \"yes\"", "rhumb.json: /strict: must be true or false, not string"},
        Mistake{"\"threads\": 2", "\"thread\": 2", "rhumb.json: /thread: unknown key (did you mean \"threads\"?)"},
        Mistake{"\"threads\": 2", "\"threads\": 257", "rhumb.json: /threads: must be a whole number from 0 to 256"},
        Mistake{"\"threads\": 2", "\"threads\": 1.5", "rhumb.json: /threads: must be a whole number from 0 to 256"},
        Mistake{"\"threads\": 2", "\"threads\": 18446744073709551615",
                "rhumb.json: /threads: must be a whole number from 0 to 256"},
        Mistake{"[\"127.0.0.1:5300\", \"[::1]:5300\"]", "[]",
                "rhumb.json: /listen: must name at least one address and port"},
        Mistake{"127.0.0.1:5300", "localhost:53",
                "rhumb.json: /listen/0: \"localhost:53\" is not an address and port such as \"192.0.2.1:53\" or "
                "\"[2001:db8::1]:53\""},
        Mistake{"127.0.0.1:5300", "[::1]:5300", "rhumb.json: /listen/1: [::1]:5300 stands twice"},
        Mistake{"\"zones\": \"zones\",", "", "rhumb.json: /: \"zones\" is missing"},
        Mistake{"\"zones\": \"zones\"", "\"zones\": 5", "rhumb.json: /zones: must be a string, not number"},
        Mistake{"[39.04, -77.49]", "[39.04]",
                "rhumb.json: /regions/us-east/coordinates: must be [latitude, longitude] in degrees, such as [53.35, "
                "-6.26]"},
        Mistake{"[39.04, -77.49]", "[139.04, -77.49]",
                "rhumb.json: /regions/us-east/coordinates/0: must be a number from -90 to 90"},
        Mistake{"\"type\": \"http\"", "\"type\": \"htp\"",
                "rhumb.json: /checks/web/type: \"htp\" must be one of \"http\", \"https\", \"grpc\", \"tcp\", \"tls\", "
                "\"icmp\", "
                "\"dns\", \"exec\", \"push\" (did you "
                "mean \"http\"?)"},
        Mistake{"\"port\": 8080", "\"port\": 0",
                "rhumb.json: /checks/web/port: must be a whole number from 1 to 65535"},
        Mistake{"/healthz", "healthz",
                "rhumb.json: /checks/web/path: must start with / and hold only printable ASCII without spaces, at most "
                "2048 octets"},
        Mistake{"/healthz", "/a\\r\\nHost: evil",
                "rhumb.json: /checks/web/path: must start with / and hold only printable ASCII without spaces, at most "
                "2048 octets"},
        Mistake{"\"interval\": \"5s\"", "\"interval\": 5",
                "rhumb.json: /checks/web/interval: must be a duration from \"100ms\" to \"1d\", such as \"5s\" or "
                "\"200ms\""},
        Mistake{"\"timeout\": \"200ms\"", "\"timeout\": \"6s\"",
                "rhumb.json: /checks/web: timeout 6s is longer than interval 5s: probes would overlap"},
        Mistake{"\"rise\": 4", "\"rise\": 0", "rhumb.json: /checks/web/rise: must be a whole number from 1 to 64"},
        Mistake{"\"check\": \"web\"", "\"check\": \"wbe\"",
                "rhumb.json: /services/WWW.example.com/check: \"wbe\" is not a check (did you mean \"web\"?)"},
        Mistake{"\"WWW.example.com\"", "\"a..b\"", "rhumb.json: /services/a..b: \"a..b\" is not a domain name"},
        Mistake{"\"ttl\": 60", "\"ttl\": -1",
                "rhumb.json: /services/WWW.example.com/ttl: must be a whole number from 0 to 604800"},
        Mistake{"\"listed\"", "\"nearst\"",
                "rhumb.json: /services/WWW.example.com/steering/order: \"nearst\" must be one of \"nearest\", "
                "\"latency\", \"listed\", \"equal\" (did you mean \"nearest\"?)"},
        Mistake{"192.0.2.10", "300.1.1.1",
                "rhumb.json: /services/WWW.example.com/instances/0/address: \"300.1.1.1\" is not an IP address"},
        Mistake{"192.0.2.10", "192.0.2.20",
                "rhumb.json: /services/WWW.example.com/instances/1: 192.0.2.20 stands twice in this service"},
        Mistake{"{\"region\": \"us-east\"", "{\"region\": \"us-eats\"",
                "rhumb.json: /services/WWW.example.com/instances/0/region: \"us-eats\" is not a region (did you mean "
                "\"us-east\"?)"},
        Mistake{"\"region\": \"us-east\", ", "",
                "rhumb.json: /services/WWW.example.com/instances/0: \"region\" is missing"}));

constexpr std::string_view kFirstInstance = R"({"region": "us-east", "address": "192.0.2.10"})";
constexpr std::string_view kBothInstances =
    R"([{"region": "us-east", "address": "192.0.2.10"}, {"region": "eu-west", "address": "192.0.2.20"}])";

class LoadConfigWithTargets : public LoadConfig {
 protected:
  // With these instances and this member "steering".
  std::optional<Config> load_targets(std::string_view instances, std::string_view steering = "{}") {
    messages_.clear();
    std::string text(kWhole);
    text.replace(text.find(kBothInstances), kBothInstances.size(), instances);
    const std::string_view old = R"({"order": "listed", "pick": "rotate", "answers": 2, "when_all_down": "fallback"})";
    text.replace(text.find(old), old.size(), steering);
    return load(text);
  }
};

TEST_F(LoadConfigWithTargets, AnInstanceMayBeAName) {
  const auto config = load_targets(R"([{"region": "us-east", "target": "LB-1.us.example.net.", "weight": 2},
                                       {"region": "eu-west", "target": "lb-1.eu.example.net", "check_address": "::1"}])");
  ASSERT_TRUE(config) << testing::PrintToString(messages_);
  EXPECT_THAT(messages_, IsEmpty()) << "names have no family that could be missing";
  const Service& service = config->services[0];
  EXPECT_TRUE(has_targets(service));
  EXPECT_EQ(service.steering.answers, 1) << "whatever the policy: a name has one CNAME";
  EXPECT_EQ(service.instances[0].target, dns::Name::from_text("lb-1.us.example.net"));
  EXPECT_EQ(service.instances[0].weight, 2);
  EXPECT_EQ(service.instances[0].check_address, std::nullopt);
  EXPECT_EQ(service.instances[1].check_address, IpAddress::parse("::1"));
  EXPECT_FALSE(has_targets(load(kWhole)->services[0]));
}

TEST_F(LoadConfigWithTargets, MistakesAreToldWithTheirPlace) {
  const std::string place = "rhumb.json: /services/WWW.example.com";
  const std::string target = R"({"region": "us-east", "target": "a.example"})";
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"[" + std::string(kFirstInstance) + ", " + target + "]", "{}",
       "/instances/1: has a target, and those before it have addresses: one service cannot have both"},
      {"[" + target + ", " + std::string(kFirstInstance) + "]", "{}",
       "/instances/1: has an address, and those before it have targets: one service cannot have both"},
      {"[" + target + ", {\"region\": \"eu-west\", \"target\": \"A.example.\"}]", "{}",
       "/instances/1: a.example stands twice in this service"},
      {R"([{"region": "us-east", "target": "a.example", "address": "192.0.2.1"}])", "{}",
       "/instances/0: has an \"address\" and a \"target\"; remove one of them"},
      {R"([{"region": "us-east"}])", "{}",
       "/instances/0: \"address\" is missing, or \"target\", the name of a host elsewhere"},
      {R"([{"region": "us-east", "target": "192.0.2.1"}])", "{}",
       "/instances/0/target: \"192.0.2.1\" is an address; meant \"address\"?"},
      {R"([{"region": "us-east", "target": "a..b"}])", "{}",
       "/instances/0/target: \"a..b\" is not the name of a host such as \"lb.example.net\""},
      {R"([{"region": "us-east", "target": "*.example"}])", "{}",
       "/instances/0/target: \"*.example\" is not the name of a host such as \"lb.example.net\""},
      {R"([{"region": "us-east", "target": "www.EXAMPLE.com."}])", "{}",
       "/instances/0/target: is the name of the service itself"},
      {"[" + target + "]", R"({"answers": 2})", "/steering/answers: must be 1 where instances have a \"target\""},
      {"[" + target + "]", R"({"families": "independent"})",
       "/steering/families: is only for instances that have an \"address\": a target has no family"},
      {R"([{"region": "us-east", "address": "192.0.2.1", "check_address": "192.0.2.2"}])", "{}",
       "/instances/0/check_address: is only for an instance with a \"target\": an \"address\" is probed itself"},
      {R"([{"region": "us-east", "target": "a.example", "check_address": "a.example"}])", "{}",
       "/instances/0/check_address: \"a.example\" is not an IP address"},
  };
  for (const auto& [instances, steering, message] : cases) {
    EXPECT_FALSE(load_targets(instances, steering)) << instances;
    EXPECT_THAT(messages_, testing::Contains(place + message)) << instances;
  }
}

TEST_F(LoadConfigWithTargets, WarnsOfACheckAddressThatNothingProbes) {
  EXPECT_TRUE(
      load(R"({"listen": ["127.0.0.1:53"], "zones": "z", "geoip": ["g"], "regions": {"a": {"coordinates": [0, 0]}},
                       "services": {"a.example": {"instances": [
                         {"region": "a", "target": "b.example", "check_address": "192.0.2.1"}]}}})"));
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /services/a.example/instances/0/check_address: warning: the service "
                                     "has no \"check\", so nothing is probed there"));
}

TEST_F(LoadConfig, ReportsEveryMistakeInOneRun) {
  EXPECT_FALSE(
      load(R"({"listen": ["x"], "zones": 1, "oops": 1, "geoip": ["g"], "services": {"a": {"instances": []}}})"));
  EXPECT_THAT(messages_, SizeIs(4));
}

TEST_F(LoadConfig, TwoSpellingsOfOneNameAreOneService) {
  EXPECT_FALSE(load_with("\"services\": {",
                         "\"services\": {\"www.EXAMPLE.com.\": {\"instances\": [{\"region\": \"us-east\", \"address\": "
                         "\"192.0.2.1\"}]},"));
  EXPECT_THAT(
      messages_,
      ElementsAre(
          "rhumb.json: /services/WWW.example.com: another service has the same name; case does not matter in names"));
}

TEST_F(LoadConfig, WarnsOfWhatIsUnusedAndOfFamilyGaps) {
  const auto config = load(R"({
    "listen": ["127.0.0.1:53"], "zones": "z", "geoip": ["g"],
    "regions": {"used": {"coordinates": [0, 0]}, "gap": {"coordinates": [0, 0]}, "idle": {"coordinates": [0, 0]}},
    "checks": {"web": {"type": "tcp", "port": 80}},
    "services": {"a.example": {"instances": [
      {"region": "used", "address": "192.0.2.1"}, {"region": "used", "address": "2001:db8::1"}, {"region": "gap", "address": "192.0.2.2"}]}}})");
  EXPECT_TRUE(config);
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /services/a.example: warning: region \"gap\" has IPv4 but no IPv6 "
                                     "instances, which other regions have: it is used only while none that has both "
                                     "is healthy; \"families\": \"independent\" changes that",
                                     "rhumb.json: /regions/idle: warning: no service has an instance in this region",
                                     "rhumb.json: /checks/web: warning: no service uses this check"));
}

TEST_F(LoadConfig, WarnsOfALastResortThatIsNeverAnswered) {
  EXPECT_TRUE(load_with("\"fallback\"", R"(["192.0.2.99", "2001:db8::99"])"));
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /services/WWW.example.com/steering/when_all_down: warning: the "
                                     "service has no IPv6 instance, so its IPv6 addresses here are never answered"));
}

TEST_F(LoadConfig, WarnsWhenNearestHasNoDatabase) {
  EXPECT_TRUE(load(R"({"listen": ["127.0.0.1:53"], "zones": "z", "regions": {"a": {"coordinates": [0, 0]}},
                       "services": {"a.example": {"instances": [{"region": "a", "address": "192.0.2.1"}]}}})"));
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /: warning: no \"geoip\" database: order \"nearest\" gives every "
                                     "client the regions in their configured order"));
}

TEST_F(LoadConfig, WarnsWhenLatencyHasNoFiles) {
  EXPECT_TRUE(load(R"({"listen": ["127.0.0.1:53"], "zones": "z", "regions": {"a": {"coordinates": [0, 0]}},
                       "services": {"a.example": {"steering": {"order": "latency"},
                                                  "instances": [{"region": "a", "address": "192.0.2.1"}]}}})"));
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /: warning: no \"latency\" files: order \"latency\" gives every "
                                     "client the nearest region"));
}

TEST_F(LoadConfig, ReadsWhereLatencyComesFrom) {
  EXPECT_THAT(load(kWhole)->latency.files, IsEmpty());
  const auto config = load_with(R"("threads": 2,)", R"("threads": 2, "latency": {"files": ["a.csv", "/b.csv"]},)");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->latency.files, ElementsAre(directory_.path() / "a.csv", "/b.csv"));
  EXPECT_EQ(config->latency.samples_min, 3U);
  EXPECT_EQ(load_with(R"("threads": 2,)", R"("threads": 2, "latency": {"files": [], "min_samples": 9},)")
                ->latency.samples_min,
            9U);
  const auto told = load_with(R"("threads": 2,)", R"("threads": 2, "latency": {"samples": {"file": "told.csv"}},)");
  ASSERT_TRUE(told && told->latency.samples);
  EXPECT_EQ(told->latency.samples->file, directory_.path() / "told.csv");
  EXPECT_EQ(told->latency.samples->keep, std::chrono::hours(24));
  EXPECT_EQ(told->latency.samples->settle, std::chrono::seconds(30));
  EXPECT_FALSE(load_with(R"("threads": 2,)", R"("threads": 2, "latency": {"min_samples": 0},)"));
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /latency/min_samples: must be a whole number from 1 to 1000000",
                                     "rhumb.json: /latency: needs \"files\", or \"samples\", or both"));
}

TEST_F(LoadConfig, TheProtocolHasDefaults) {
  const auto config = load(kWhole);
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->settings.identity.empty()) << "the machine's name";
  EXPECT_EQ(config->settings.version, "");
  EXPECT_EQ(config->settings.payload_v4, 1232);
  EXPECT_EQ(config->settings.payload_v6, 1232);
  EXPECT_TRUE(config->has_own_cookies);
  EXPECT_FALSE(config->settings.cookies);
  EXPECT_EQ(config->rate_limit, transport::RateLimits{});
  EXPECT_EQ(config->tcp, transport::TcpLimits{});
}

TEST_F(LoadConfig, ReadsWhatTheProtocolLeavesToTheOperator) {
  const auto config = load_with(R"("threads": 2,)", R"("threads": 2,
    "identity": "ns1", "version": "Rhumb", "udp_payload": {"ipv4": 1400, "ipv6": 512},
    "cookies": {"secrets": ["e5e973e5a6b2a43f48e7dc849e37bfcf", "00000000000000000000000000000000"]},
    "tcp": {"connections": 10, "connections_per_network": 2, "idle": "3s", "lifetime": "1m"},
    "rate_limit": {"responses_per_second": 50, "slip": 3, "log_only": true, "ipv4_prefix_length": 32, "ipv6_prefix_length": 64},)");
  ASSERT_TRUE(config) << testing::PrintToString(messages_);
  EXPECT_EQ(config->settings.identity, "ns1");
  EXPECT_EQ(config->settings.version, "Rhumb");
  EXPECT_EQ(config->settings.payload_v4, 1400);
  EXPECT_EQ(config->settings.payload_v6, 512);
  EXPECT_EQ(config->settings.tcp_idle, std::chrono::seconds(3));
  EXPECT_TRUE(config->settings.cookies);
  EXPECT_FALSE(config->has_own_cookies);
  EXPECT_EQ(config->tcp.connections, 10U);
  EXPECT_EQ(config->tcp.connections_per_network, 2U);
  EXPECT_EQ(config->tcp.lifetime, std::chrono::minutes(1));
  EXPECT_EQ(config->rate_limit.responses_per_second, 50U);
  EXPECT_EQ(config->rate_limit.slip, 3U);
  EXPECT_TRUE(config->rate_limit.log_only);
  EXPECT_EQ(config->rate_limit.v4_bits, 32);
  EXPECT_EQ(config->rate_limit.v6_bits, 64);
}

TEST_F(LoadConfig, CookiesCanBeTurnedOff) {
  const auto config = load_with(R"("threads": 2,)", R"("cookies": {"enabled": false},)");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->has_own_cookies);
  EXPECT_FALSE(config->settings.cookies);
}

TEST_F(LoadConfig, RefusesASecretThatIsNone) {
  EXPECT_FALSE(
      load_with(R"("threads": 2,)", R"("cookies": {"secrets": ["e5e973", "xyz973e5a6b2a43f48e7dc849e37bfcf"]},)"));
  EXPECT_THAT(messages_, ElementsAre("rhumb.json: /cookies/secrets/0: a secret is 32 hexadecimal digits",
                                     "rhumb.json: /cookies/secrets/1: a secret is 32 hexadecimal digits"));
}

TEST_F(LoadConfig, RefusesAPayloadThatNoDatagramHas) {
  EXPECT_FALSE(load_with(R"("threads": 2,)", R"("udp_payload": {"ipv4": 511, "ipv6": 4097},)"));
  EXPECT_THAT(messages_, SizeIs(2));
}

}  // namespace
}  // namespace rhumb::config

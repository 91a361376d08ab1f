// What is imported answers as its source does: import, check, serve, ask for clients everywhere. gdnsd itself is asked
// beside it.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using dns::type::kAaaa;
using dns::type::kCname;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kSydney = "198.51.100.128/25";
constexpr const char* kTokyo = "100.64.0.0/24";
constexpr const char* kNowhere = "10.0.0.0/24";

class Import : public testing::Test {
 protected:
  // Runs the import and, unless it fails, serves what it has made.
  Finished import(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"import"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.insert(all.end(), {"--out", "out"});
    return run_rhumb(world_.path(), all);
  }
  void serve() {
    world_.config = Json::parse(read_file(world_.path() / "out/rhumb.json"), nullptr, true, true);
    world_.config["zones"] = "out/zones";
    world_.config["geoip"] = {"geo.mmdb"};
    world_.config.erase("checks");  // nothing is there that they could probe
    for (auto& [name, service] : world_.config["services"].items()) {
      service.erase("check");
      service.erase("checks");
    }
    // World waits for this zone.
    world_.write("out/zones/example.com.zone",
                 read_file(world_.path() / "out/zones/example.com.zone") +
                     (has_own_zone_ ? "" : "@ 60 SOA ns admin 1 2 3 4 5\n@ 60 NS ns.example.net.\n"));
    world_.serve();
  }
  [[nodiscard]] static std::string data(const std::string& name) {
    return std::string(RHUMB_TEST_DATA) + "/import/" + name;
  }
  // All that clients of a network get, of many answers.
  [[nodiscard]] std::set<std::string> all(const Question& question) const {
    std::set<std::string> seen;
    for (int i = 0; i < 40; ++i) {
      for (const std::string& address : world_.addresses(question))
        seen.insert(address);
    }
    return seen;
  }

  World world_;
  bool has_own_zone_ = false;
};

TEST_F(Import, Route53AnswersByPlaceWeightAndFailover) {
  const Finished run =
      import({"route53", data("route53/example.org.json"), "--health-checks", data("route53/health-checks.json")});
  EXPECT_EQ(run.exit, "status 2") << run.errors;
  EXPECT_THAT(run.output,
              HasSubstr("\nnot carried over (1):\n  example.org.json: /ResourceRecordSets/4: example.org A is an "
                        "alias of d111111abcdef8.cloudfront.net"));
  EXPECT_THAT(run.output, HasSubstr("out/rhumb.json: good: 1 zones"));
  serve();
  EXPECT_THAT(world_.addresses({.name = "geo.example.org", .client = kAshburn}), ElementsAre("192.0.2.41"));
  EXPECT_THAT(world_.addresses({.name = "geo.example.org", .client = kParis}), ElementsAre("192.0.2.42"));
  EXPECT_THAT(world_.addresses({.name = "geo.example.org", .client = "81.2.69.0/24"}), ElementsAre("192.0.2.43"));
  EXPECT_THAT(world_.addresses({.name = "geo.example.org", .client = kSingapore}), ElementsAre("192.0.2.44"));
  EXPECT_THAT(world_.addresses({.name = "fence.example.org", .client = kSingapore}), IsEmpty());
  EXPECT_THAT(world_.addresses({.name = "fence.example.org", .client = kParis}), ElementsAre("192.0.2.45"));
  EXPECT_THAT(world_.addresses({.name = "alias.example.org", .client = kParis}),
              UnorderedElementsAre("192.0.2.32", "192.0.2.33"));
  EXPECT_THAT(world_.addresses({.name = "latency.example.org", .type = kAaaa, .client = kAshburn}),
              ElementsAre("2001:db8::32"));
  EXPECT_THAT(world_.addresses({.name = "near.example.org", .client = kParis}), ElementsAre("192.0.2.82"));
  EXPECT_THAT(all({.name = "weighted.example.org"}), ElementsAre("192.0.2.51"));
  EXPECT_THAT(world_.addresses({.name = "failover.example.org"}), ElementsAre("192.0.2.61"));
  EXPECT_THAT(world_.addresses({.name = "multi.example.org"}), UnorderedElementsAre("192.0.2.71", "192.0.2.72"));
  EXPECT_THAT(world_.addresses({.name = "any.wild.example.org"}), ElementsAre("192.0.2.9"));
  EXPECT_THAT(world_.addresses({.name = "cname.example.org", .type = kCname}), ElementsAre("lb-a.example.net."));
}

TEST_F(Import, GeodnsAnswersByTarget) {
  const Finished run = import({"geodns", data("geodns/pool.example.com.json")});
  EXPECT_EQ(run.exit, "status 2") << run.output << run.errors;
  serve();
  const std::string pool = "pool.example.com";
  EXPECT_THAT(all({.name = pool, .client = kParis}), ElementsAre("192.0.2.12"));
  EXPECT_THAT(all({.name = pool, .client = "81.2.69.0/24"}), ElementsAre("192.0.2.11"));
  EXPECT_THAT(all({.name = pool, .client = kSingapore}), ElementsAre("192.0.2.1", "192.0.2.2", "192.0.2.3"));
  EXPECT_EQ(world_.addresses({.name = pool, .client = kSingapore}).size(), 2U) << "max_hosts";
  EXPECT_THAT(all({.name = "europe." + pool, .client = kSingapore}), ElementsAre("192.0.2.11"));
  EXPECT_THAT(all({.name = "0." + pool, .client = kAshburn}), ElementsAre("192.0.2.23")) << "us-east";
  EXPECT_THAT(all({.name = "same." + pool, .client = kParis}), ElementsAre("192.0.2.25")) << "its network";
  EXPECT_THAT(all({.name = "0." + pool, .client = kTokyo}), ElementsAre("192.0.2.20", "192.0.2.21"));
  EXPECT_THAT(all({.name = "only." + pool, .client = kParis}), IsEmpty());
  EXPECT_THAT(world_.addresses({.name = "www." + pool, .type = kCname, .client = kParis}),
              ElementsAre("eu.pool.example.com."));
  EXPECT_THAT(world_.addresses({.name = "www." + pool, .type = kCname, .client = kTokyo}),
              ElementsAre("www.example.net."));
}

TEST_F(Import, NothingIsEverOverwritten) {
  world_.write("out/mine", "x");
  const Finished run = import({"geodns", data("geodns/pool.example.com.json")});
  EXPECT_EQ(run.exit, "status 1");
  EXPECT_THAT(run.errors, HasSubstr("out is not empty; --out names a new or an empty directory"));
  EXPECT_FALSE(std::filesystem::exists(world_.path() / "out/rhumb.json"));
}

TEST_F(Import, AWrongSourceIsToldAndNothingIsWritten) {
  world_.write("x.json", "{\"data\": 7}");
  const Finished run = import({"geodns", "x.json"});
  EXPECT_EQ(run.exit, "status 1");
  EXPECT_THAT(run.output, HasSubstr("wrong in the source (1):\n  x.json: /data: "));
  EXPECT_FALSE(std::filesystem::exists(world_.path() / "out"));
}

// gdnsd on the source and Rhumb on what is made of it, side by side.
class ImportBesideGdnsd : public Import {
 protected:
  static constexpr const char* kProgram = "/usr/sbin/gdnsd";

  void SetUp() override {
    if (!std::filesystem::exists(kProgram)) GTEST_SKIP() << kProgram << " is not installed";
    has_own_zone_ = true;
    std::filesystem::copy(data("gdnsd"), world_.path() / "source", std::filesystem::copy_options::recursive);
    std::filesystem::copy_file(world_.path() / "geo.mmdb", world_.path() / "source/geoip/city.mmdb");
  }

  void start_gdnsd() {
    gdnsd_ = {loopback(2), free_port({loopback(2)})};
    std::string config = read_file(world_.path() / "source/config");
    const std::string listen = "listen => [ 127.0.0.1, \"[::1]:5353\" ]";
    const std::size_t at = config.find(listen);
    ASSERT_NE(at, std::string::npos);
    config.replace(at, listen.size(),
                   fmt::format("listen => \"{}\" run_dir => {} state_dir => {}", gdnsd_.to_string(),
                               (world_.path() / "run").string(), (world_.path() / "state").string()));
    world_.write("source/config", config);
    process_.emplace(world_.path(),
                     std::vector<std::string>{kProgram, "-c", (world_.path() / "source").string(), "start"});
    const bool is_there = wait_until([this] {
      const UdpClient client(gdnsd_);
      client.send(to_query({.name = "example.com", .type = dns::type::kSoa}));
      return client.receive(std::chrono::milliseconds(200)).has_value() || !process_->is_running();
    });
    ASSERT_TRUE(is_there && process_->is_running()) << process_->log();
  }

  struct Seen {
    std::set<std::string> records;  // of many answers: owner, TTL, type and data
    std::set<std::size_t> counts;   // of records in them
    std::set<std::string> codes;
  };
  static Seen ask(const Endpoint& server, const Question& question, int times) {
    Seen seen;
    for (int i = 0; i < times; ++i) {
      const auto message = UdpClient(server).ask(to_query(question));
      if (!message) continue;
      const Response response = parse_response(*message);
      seen.records.insert(response.answer.begin(), response.answer.end());
      seen.counts.insert(response.answer.size());
      seen.codes.insert(response.rcode);
    }
    return seen;
  }

  Endpoint gdnsd_;
  std::optional<ChildProcess> process_;
};

TEST_F(ImportBesideGdnsd, BothGiveEveryClientTheSame) {
  const Finished run = import({"gdnsd", "source"});
  ASSERT_EQ(run.exit, "status 2") << run.output << run.errors;
  EXPECT_THAT(run.output,
              HasSubstr("conf.d/geoip.conf:10: map world: US: \"Dallas\" is left out: rules know no cities"));
  serve();
  start_gdnsd();
  if (HasFatalFailure()) return;
  for (const char* client : {kAshburn, kParis, kSingapore, kSydney, kTokyo, kNowhere, "81.2.69.0/24",
                             "203.0.113.128/26", "2001:db8:4::/56", "2001:db8:2::/56"}) {
    for (const char* name : {"www",
                             "near",
                             "www-us",
                             "cdn",
                             "lb",
                             "both",
                             "pair",
                             "groups",
                             "names",
                             "chain",
                             "zeros",
                             "home",
                             "away",
                             "mail",
                             "paris.elsewhere",
                             "leeds.north.offices",
                             "kent.south.offices",
                             "after",
                             "ns2",
                             "none"}) {
      // What is drawn has a chance of a quarter at the least: one in 30 million that it is not seen.
      const bool is_drawn = std::ranges::count(std::vector<std::string>{"share", "groups", "names"}, name) > 0;
      const int times = is_drawn ? 60 : 2;
      for (const dns::Type type : {dns::type::kA, kAaaa, dns::type::kMx, dns::type::kTxt}) {
        const Question question{fmt::format("{}.example.com", name), type, client};
        const Seen ours = ask(world_.server(), question, times);
        const Seen theirs = ask(gdnsd_, question, times);
        EXPECT_EQ(ours.records, theirs.records) << question.name << ' ' << type << ' ' << client;
        EXPECT_EQ(ours.counts, theirs.counts) << question.name << ' ' << type << ' ' << client;
        EXPECT_EQ(ours.codes, theirs.codes) << question.name << ' ' << type << ' ' << client;
      }
    }
  }
}

}  // namespace
}  // namespace rhumb::test

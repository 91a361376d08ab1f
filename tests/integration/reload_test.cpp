// SIGHUP: what is new and right is served, what is wrong is refused, and nobody notices the change.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <list>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health_world.hpp"
#include "support/wait_until.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Reload, AChangedZoneIsServed) {
  World world;
  world.serve();
  world.write("zones/example.com.zone", std::string(kZoneText) + "new A 192.0.2.100\n");
  EXPECT_EQ(world.ask({.name = "new.example.com"}).rcode, "NXDOMAIN") << "not before it is told";
  world.reload();
  EXPECT_THAT(world.addresses({.name = "new.example.com"}), ElementsAre("192.0.2.100"));
}

TEST(Reload, ANewZoneIsServedAndARemovedOneIsNot) {
  World world;
  world.serve();
  world.write("zones/example.net.zone", kZoneText);
  world.reload();
  EXPECT_THAT(world.addresses({.name = "static.example.net"}), ElementsAre("192.0.2.80"));
  std::filesystem::remove(world.path() / "zones/example.net.zone");
  world.reload();
  EXPECT_EQ(world.ask({.name = "static.example.net"}).rcode, "REFUSED");
}

TEST(Reload, AChangedConfigurationIsServed) {
  World world;
  world.serve();
  world.config["services"]["www.example.com"]["ttl"] = 77;
  world.config["regions"]["eu-west"]["coordinates"] = {-30.0, 170.0};
  world.config["services"]["api.example.com"] = world.config["services"]["www.example.com"];
  world.reload();
  EXPECT_THAT(world.ask({.name = "www.example.com", .client = kParis}).answer,
              ElementsAre(std::string("www.example.com. 77 IN A ") + kUsEast));
  EXPECT_THAT(world.addresses({.name = "api.example.com", .client = kAshburn}), ElementsAre(kUsEast));
  world.config["services"].erase("www.example.com");
  world.reload();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre("192.0.2.1"))
      << "the zone's own";
}

TEST(Reload, ReadingMakesWayForAnswering) {
  World world;
  world.serve();
  world.reload();  // then it has started
  const int usual = getpriority(PRIO_PROCESS, 0);
  const auto reading = static_cast<id_t>(world.rhumb().id());  // the main thread
  EXPECT_EQ(getpriority(PRIO_PROCESS, reading), std::max(usual, 10));
  std::size_t answering = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(reading) + "/task")) {
    if (read_file(task.path() / "comm") != "rhumb-udp\n") continue;
    EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(std::stoul(task.path().filename()))), usual);
    ++answering;
  }
  EXPECT_GT(answering, 0U);
}

TEST(Reload, SaysWhatHasChanged) {
  World world;
  world.use_database("asn.mmdb");
  world.serve();
  EXPECT_THAT(world.reload(), HasSubstr("info: nothing has changed"));
  world.write("zones/example.com.zone", std::string(kZoneText) + "new A 192.0.2.100\n");
  world.write("zones/example.net.zone", kZoneText);
  world.config["services"]["www.example.com"]["ttl"] = 77;
  const std::string log = world.reload();
  EXPECT_THAT(log, HasSubstr("/services/www.example.com/ttl: 30 → 77"));
  EXPECT_THAT(log, HasSubstr("zone example.com: serial 1, as before, 1 RRset added"));
  EXPECT_THAT(log, HasSubstr("zone example.net: new, serial 1"));
  std::filesystem::remove(world.path() / "zones/example.net.zone");
  EXPECT_THAT(world.reload(), HasSubstr("zone example.net: no longer served"));
}

TEST(Reload, FilesThatAreWatchedAreLoadedByThemselves) {
  World world;
  world.config["watch_files"] = "1s";
  world.serve();
  world.write("zones/example.com.zone", std::string(kZoneText) + "new A 192.0.2.100\n");
  EXPECT_TRUE(world.logs("1 RRset added"));
  EXPECT_THAT(world.addresses({.name = "new.example.com"}), ElementsAre("192.0.2.100"));
  world.write("zones/example.com.zone", "not a zone\n");
  EXPECT_TRUE(world.logs("the version that is being served, serial 1, is kept"));
  EXPECT_THAT(world.addresses({.name = "new.example.com"}), ElementsAre("192.0.2.100"));
}

TEST(Reload, AFileThatTheConfigurationNamesIsWatched) {
  World world;
  world.config["watch_files"] = "1s";
  world.config["checks"]["web"] = {{"type", "https"}, {"port", 443}, {"tls", {{"ca_file", "ca.pem"}}}};
  std::filesystem::copy_file(std::filesystem::path(RHUMB_TEST_DATA) / "tls/ca.pem", world.path() / "ca.pem");
  world.serve();
  world.write("ca.pem", "no certificate\n");
  EXPECT_TRUE(world.logs("reload refused"));
}

TEST(Reload, AChangedDatabaseIsServed) {
  World world;
  world.config["geoip_guard"]["max_moved"] = 100;
  world.use_database("asn.mmdb");
  world.serve();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kApSoutheast))
      << "no place is known: the configured order";
  world.use_database("city.mmdb");
  world.reload();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kEuWest));
}

TEST(Reload, InstancesThatAreProbedAsBeforeKeepTheirState) {
  HealthWorld world;
  world.play_well_everywhere();
  world.close(kInEuWest);
  RhumbProcess& rhumb = world.serve();
  for (const char* region : {"us-east", "ap-southeast"}) {
    ASSERT_TRUE(world.logs(std::string("www.example.com ") + region));
  }
  ASSERT_TRUE(world.comes_to(kParis, kInUsEast));

  // Something else changes, and the order of the instances with it.
  auto& instances = world.config["services"]["www.example.com"]["instances"];
  std::swap(instances[0], instances[2]);
  world.config["services"]["www.example.com"]["ttl_min"] = 31;
  world.config["services"]["www.example.com"]["ttl"] = 31;
  const std::size_t before = rhumb.log().size();
  world.reload();
  EXPECT_THAT(world.ask({.name = "www.example.com", .client = kParis}).answer,
              ElementsAre("www.example.com. 31 IN A " + world.address(kInUsEast)))
      << "an instance that is unknown again counts as up";
  world.wait_for_probes(kInUsEast, 3);
  EXPECT_THAT(rhumb.log().substr(before), Not(HasSubstr("unknown")));

  world.play(kInEuWest, health::scripts::status(200));
  EXPECT_TRUE(world.comes_to(kParis, kInEuWest)) << "and is still probed";
}

// What is known of an address is better than nothing, whatever it is asked from now on: nobody is sent to what was
// down.
TEST(Reload, InstancesThatAreProbedOtherwiseKeepTheirStateToo) {
  HealthWorld world;
  world.play_well_everywhere();
  world.close(kInEuWest);
  RhumbProcess& rhumb = world.serve();
  ASSERT_TRUE(world.comes_to(kParis, kInUsEast));
  const std::size_t before = rhumb.log().size();
  world.config["checks"]["web"]["path"] = "/other";
  world.config["checks"]["web"]["rise"] = 1;
  world.reload();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(world.address(kInUsEast)));
  world.play(kInEuWest, health::scripts::status(200));
  EXPECT_TRUE(world.logs("eu-west " + world.address(kInEuWest) + ": down → up: HTTP 200", before));
  EXPECT_TRUE(world.comes_to(kParis, kInEuWest));
}

class ReloadRefused : public testing::Test {
 protected:
  ReloadRefused() { world_.serve(); }

  // Reloads, which must fail, and leave everything as it was. What was logged.
  std::string refused_reload() {
    std::string log = world_.reload();
    EXPECT_THAT(log, HasSubstr("reload refused: the old configuration, zones and databases keep serving"));
    EXPECT_THAT(world_.ask({.name = "www.example.com", .client = kParis}).answer,
                ElementsAre(std::string("www.example.com. 30 IN A ") + kEuWest));
    EXPECT_THAT(world_.addresses({.name = "static.example.com"}), ElementsAre("192.0.2.80"));
    EXPECT_TRUE(world_.rhumb().is_running());
    return log;
  }
  // Once it is mended, a reload takes place again.
  void expect_reload() {
    world_.config["services"]["www.example.com"]["ttl"] = 55;
    world_.reload();
    EXPECT_THAT(world_.ask({.name = "www.example.com", .client = kParis}).answer,
                ElementsAre(std::string("www.example.com. 55 IN A ") + kEuWest));
  }

  World world_;
};

TEST_F(ReloadRefused, ForABrokenZoneWithFileAndLineIfThatIsToBeFatal) {
  world_.config["strict"] = true;
  world_.config["services"]["www.example.com"]["ttl"] = 99;  // good, but not without the rest
  world_.write("zones/example.com.zone", std::string(kZoneText) + "www CNAME static\n");
  EXPECT_THAT(refused_reload(), HasSubstr("error: zones/example.com.zone:13: "));
  world_.write("zones/example.com.zone", kZoneText);
  expect_reload();
}

TEST_F(ReloadRefused, ForABrokenConfigurationWithThePlaceInIt) {
  world_.config["services"]["www.example.com"]["instances"][2]["region"] = "eu-wset";
  EXPECT_THAT(refused_reload(),
              HasSubstr("error: rhumb.json: /services/www.example.com/instances/2/region: \"eu-wset\" is not a region "
                        "(did you mean \"eu-west\"?)"));
  world_.config["services"]["www.example.com"]["instances"][2]["region"] = "eu-west";
  expect_reload();
}

TEST_F(ReloadRefused, ForACorruptDatabaseWithItsName) {
  world_.write("geo.mmdb", std::string(5'000, 'x'));
  EXPECT_THAT(refused_reload(), HasSubstr("error: geo.mmdb: not a MaxMind DB"));
  world_.use_database("city.mmdb");
  expect_reload();
}

TEST_F(ReloadRefused, ForADatabaseThatIsGone) {
  std::filesystem::remove(world_.path() / "geo.mmdb");
  EXPECT_THAT(refused_reload(), HasSubstr("error: geo.mmdb: cannot be opened: No such file or directory"));
}

TEST_F(ReloadRefused, ForAZoneThatIsGoneWhileAServiceNeedsIt) {
  std::filesystem::remove(world_.path() / "zones/example.com.zone");
  EXPECT_THAT(refused_reload(), HasSubstr("rhumb.json: /services/www.example.com: no zone in zones holds this name"));
}

TEST(Reload, ABrokenZoneStopsOnlyItself) {
  World world;
  world.write("zones/example.net.zone", kZoneText);
  world.write("zones/example.org.zone", "broken\n");
  RhumbProcess& rhumb = world.serve();
  EXPECT_THAT(rhumb.log(), HasSubstr("warning: 1 zones are not served: example.org"));
  EXPECT_EQ(world.ask({.name = "static.example.org"}).rcode, "SERVFAIL");
  EXPECT_THAT(world.addresses({.name = "static.example.net"}), ElementsAre("192.0.2.80"));

  world.write("zones/example.com.zone", std::string(kZoneText) + "new A 192.0.2.100\n");
  world.write("zones/example.net.zone", std::string(kZoneText) + "new A 192.0.2.256\n");
  world.write("zones/example.org.zone", kZoneText);
  EXPECT_THAT(world.reload(),
              AllOf(HasSubstr("error: zones/example.net.zone:13: "),
                    HasSubstr("warning: zones/example.net.zone: the version that is being served, serial "),
                    HasSubstr("reloaded")));
  EXPECT_THAT(world.addresses({.name = "new.example.com"}), ElementsAre("192.0.2.100"));
  EXPECT_THAT(world.addresses({.name = "static.example.net"}), ElementsAre("192.0.2.80"));
  EXPECT_EQ(world.ask({.name = "new.example.net"}).rcode, "NXDOMAIN");
  EXPECT_THAT(world.addresses({.name = "static.example.org"}), ElementsAre("192.0.2.80"));
}

TEST(Reload, AChangeOfListenIsWarnedAboutAndTheRestTaken) {
  World world;
  RhumbProcess& rhumb = world.serve();
  const auto listen = std::exchange(world.config["listen"], Json::array({"127.0.0.1:9"}));
  world.config["services"]["www.example.com"]["ttl"] = 44;
  EXPECT_THAT(
      world.reload(),
      HasSubstr("warning: rhumb.json: changes of \"listen\", \"threads\", \"tcp\", "
                "\"rate_limit\", \"control\", \"user\", \"sandbox\" and the state file take effect at the next start"));
  EXPECT_THAT(world.ask({.name = "www.example.com", .client = kParis}).answer,
              ElementsAre(std::string("www.example.com. 44 IN A ") + kEuWest));
  world.config["listen"] = listen;
  EXPECT_THAT(world.reload(), AllOf(HasSubstr("reloaded"), Not(HasSubstr("warning"))));
  EXPECT_TRUE(rhumb.is_running());
}

// Asks one question after the other, waiting for each answer.
class SteadyClient {
 public:
  SteadyClient(const World& world, Question question)
      : thread_([this, server = world.server(), query = to_query(question)] { run(server, query); }) {}
  ~SteadyClient() { finish(); }
  SteadyClient(const SteadyClient&) = delete;
  SteadyClient& operator=(const SteadyClient&) = delete;

  void finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] int asked() const noexcept { return asked_; }
  [[nodiscard]] int answered() const noexcept { return answered_; }

 private:
  void run(const Endpoint& server, const dns::Message& query) {
    const UdpClient client(server);
    while (!stop_) {
      ++asked_;
      const auto response = client.ask(query);
      if (response && parse_response(*response).rcode == "NOERROR") ++answered_;
    }
  }

  std::atomic<bool> stop_ = false;
  std::atomic<int> asked_ = 0;
  std::atomic<int> answered_ = 0;
  std::thread thread_;
};

TEST(Reload, NoQueryIsLostMeanwhile) {
  World world;
  world.serve();
  std::list<SteadyClient> clients;
  for (const char* client : {kParis, kAshburn, kSingapore})
    clients.emplace_back(world, Question{.name = "www.example.com", .client = client});
  clients.emplace_back(world, Question{.name = "static.example.com"});
  for (int reload = 0; reload < 8; ++reload) {
    for (const SteadyClient& client : clients) {  // between any two reloads everybody gets an answer
      const int before = client.answered();
      ASSERT_TRUE(wait_until([&] { return client.answered() > before; }));
    }
    world.config["services"]["www.example.com"]["ttl"] = 100 + reload;
    world.use_database(reload % 2 == 0 ? "country.mmdb" : "city.mmdb");
    ASSERT_THAT(world.reload(), HasSubstr("info: reloaded"));
  }
  for (SteadyClient& client : clients) {
    client.finish();
    EXPECT_EQ(client.answered(), client.asked());
  }
}

TEST(Reload, TcpConnectionsStayOpen) {
  World world;
  world.serve();
  const TcpClient client(world.server());
  const auto ask = [&] {
    client.send_raw(with_length(to_query({.name = "www.example.com", .client = kParis})));
    const auto response = client.receive();
    return response ? parse_response(*response).answer : std::vector<std::string>{};
  };
  EXPECT_THAT(ask(), ElementsAre(std::string("www.example.com. 30 IN A ") + kEuWest));
  world.config["services"]["www.example.com"]["ttl"] = 31;
  world.reload();
  EXPECT_THAT(ask(), ElementsAre(std::string("www.example.com. 31 IN A ") + kEuWest));
}

TEST(Reload, ManySignalsInARowDoNoHarm) {
  World world;
  RhumbProcess& rhumb = world.serve();
  for (int i = 0; i < 50; ++i)
    rhumb.signal(SIGHUP);
  EXPECT_TRUE(world.logs("info: reloaded"));
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kEuWest));
  rhumb.signal(SIGTERM);
  EXPECT_EQ(rhumb.wait_for_exit(), "status 0");
}

}  // namespace
}  // namespace rhumb::test

// What outlives a restart, what an operator says, and backends that are stopped, killed or behind a firewall.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_client.hpp"
#include "health/state_file.hpp"
#include "health_world.hpp"
#include "support/wait_until.hpp"

namespace rhumb::test {
namespace {

namespace scripts = health::scripts;
using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;

class Verdicts : public testing::Test {
 protected:
  Verdicts() {
    world_.config["control"]["socket"] = "control.sock";
    world_.config["health"]["state_file"] = "rhumb.state";
  }

  [[nodiscard]] Finished command(std::vector<std::string> words) const {
    words.insert(words.end(), {"--config", "rhumb.json"});
    return run_rhumb(world_.path(), words);
  }
  void end(int signal) const {
    world_.rhumb().signal(signal);
    EXPECT_NE(world_.rhumb().wait_for_exit(), "still running");
  }
  [[nodiscard]] std::filesystem::path state_file() const { return world_.path() / "rhumb.state"; }
  [[nodiscard]] std::vector<std::string> paris() const {
    return world_.addresses({.name = "www.example.com", .client = kParis});
  }

  HealthWorld world_;
};

// With the next probe an hour away, nothing but the file can know that the region was down.
TEST_F(Verdicts, TheFirstAnswersAfterARestartAreTheLastBeforeIt) {
  world_.config["checks"]["web"]["interval"] = "1h";
  world_.play_well_everywhere();
  world_.close(kInEuWest);
  world_.serve();
  for (const Region region : {kInUsEast, kInEuWest, kInApSoutheast})
    ASSERT_TRUE(world_.logs(HealthWorld::address(region) + ": unknown → "));
  ASSERT_TRUE(world_.comes_to(kParis, kInUsEast));
  end(SIGTERM);

  world_.play(kInEuWest, scripts::status(200));
  RhumbProcess& rhumb = world_.serve();
  EXPECT_THAT(rhumb.log(), HasSubstr("rhumb.state: going on from 3 states and 0 overrides"));
  world_.wait_for_probes(kInEuWest, 1);
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInUsEast))) << "one success is not enough";
  EXPECT_THAT(rhumb.log(), Not(HasSubstr("unknown →")));
}

TEST_F(Verdicts, AStateFileThatIsNotWholeIsSetAside) {
  world_.play_well_everywhere();
  std::ofstream(state_file()) << "rhumb-state 1 7 abc\nnot it";
  const RhumbProcess& rhumb = world_.serve();
  EXPECT_THAT(rhumb.log(), ContainsRegex("warning: .*rhumb.state: is not whole: its checksum is wrong; it is now "
                                         ".*rhumb.state.corrupt, and every state starts unknown"));
  EXPECT_EQ(read_file(world_.path() / "rhumb.state.corrupt"), "rhumb-state 1 7 abc\nnot it");
}

TEST_F(Verdicts, AnOperatorsWordOutlivesAKill) {
  world_.play_well_everywhere();
  world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  const Finished drained = command({"drain", "eu-west", "--reason", "new racks", "--owner", "ada"});
  ASSERT_EQ(drained.exit, "status 0") << drained.errors;
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInUsEast))) << "from when the command returns";

  end(SIGKILL);
  world_.serve();
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInUsEast)));
  EXPECT_THAT(command({"status"}).output, AllOf(HasSubstr("new racks"), HasSubstr("ada")));
  ASSERT_EQ(command({"undrain", "eu-west"}).exit, "status 0");
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInEuWest)));
}

TEST_F(Verdicts, WhatWouldLeaveNobodyIsRefusedUnlessForced) {
  world_.play_well_everywhere();
  world_.config["services"]["www.example.com"]["health"]["min_regions"] = 2;
  world_.serve();
  ASSERT_EQ(command({"drain", "us-east"}).exit, "status 0");
  const Finished refused = command({"drain", "eu-west"});
  EXPECT_EQ(refused.exit, "status 1");
  EXPECT_THAT(refused.errors, HasSubstr("www.example.com would have 1 region left that serves, and needs 2"));
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInEuWest)));
  EXPECT_EQ(command({"drain", "eu-west", "--force"}).exit, "status 0");
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInApSoutheast)));
}

// Sixty-four clients in Paris, each a network of its own to the hash.
TEST_F(Verdicts, ADrainMovesClientsOneByOneAndNoneComesBack) {
  constexpr int kClients = 64;
  world_.play_well_everywhere();
  world_.config["services"]["www.example.com"]["steering"] = {{"pick", "sticky"},
                                                              {"sticky", {{"ipv4_prefix_length", 32}}}};
  world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  ASSERT_EQ(command({"drain", "eu-west", "--over", "3s"}).exit, "status 0");

  std::set<int> left;
  for (int client = 0; client < kClients; ++client)
    left.insert(client);
  std::size_t sizes_seen = 0;
  const bool is_drained = wait_until([&] {
    std::set<int> now;
    for (int client = 0; client < kClients; ++client) {
      const auto addresses =
          world_.addresses({.name = "www.example.com", .client = fmt::format("203.0.113.{}/32", client)});
      if (addresses == std::vector{HealthWorld::address(kInEuWest)}) now.insert(client);
    }
    EXPECT_TRUE(std::ranges::includes(left, now)) << "one came back";
    sizes_seen += now.size() != left.size() ? 1 : 0;
    left = now;
    return left.empty();
  });
  EXPECT_TRUE(is_drained);
  EXPECT_GE(sizes_seen, 3U) << "they left bit by bit";
  EXPECT_TRUE(world_.logs("www.example.com eu-west " + HealthWorld::address(kInEuWest) + ": draining → drained"));
}

TEST_F(Verdicts, AnInstanceThatIsUpAgainIsHeldDownThenRamped) {
  world_.play_well_everywhere();
  world_.config["health"]["failback"] = {{"hold_down", "300ms"}, {"slow_start", "1s"}};
  world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  world_.close(kInEuWest);
  ASSERT_TRUE(world_.comes_to(kParis, kInUsEast));
  const std::size_t before = world_.rhumb().log().size();
  world_.play(kInEuWest, scripts::status(200));
  const std::string name = "www.example.com eu-west " + HealthWorld::address(kInEuWest);
  EXPECT_TRUE(world_.logs(name + ": down → held down: for ", before));
  EXPECT_TRUE(world_.logs(name + ": held down → ramping: for ", before));
  EXPECT_TRUE(world_.logs(name + ": ramping → serving", before));
  EXPECT_TRUE(world_.comes_to(kParis, kInEuWest));
}

TEST_F(Verdicts, AnInstanceUnderLoadSendsItsClientsOn) {
  const auto with_load = [](const std::string& load) {
    return scripts::answer("HTTP/1.1 200 OK\r\nX-Load: " + load + "\r\nContent-Length: 0\r\n\r\n");
  };
  world_.play_well_everywhere();
  world_.play(kInEuWest, with_load("0.5"));
  world_.config["checks"]["web"]["load"] = {{"header", "X-Load"}};
  world_.config["services"]["www.example.com"]["health"] = {{"load_low", 0.7}, {"load_high", 0.9}};
  world_.serve();
  const std::string name = "www.example.com eu-west " + HealthWorld::address(kInEuWest);
  ASSERT_TRUE(world_.logs(name + ": unknown → up"));
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInEuWest)));
  world_.play(kInEuWest, with_load("95/100"));
  EXPECT_TRUE(world_.comes_to(kParis, kInUsEast));
  EXPECT_TRUE(world_.logs(name + ": load: serving → shedding: "));
  world_.play(kInEuWest, with_load("0.1"));
  EXPECT_TRUE(world_.comes_to(kParis, kInEuWest));
}

// Reports, and none: a dead man's switch.
TEST_F(Verdicts, WhoDoesNotReportIsDown) {
  world_.config["checks"]["web"] = {{"type", "push"}, {"ttl", "500ms"}};
  world_.serve();
  const std::string name = "www.example.com eu-west " + HealthWorld::address(kInEuWest);
  const std::vector<std::string> scope = {"eu-west", "--service", "www.example.com", "--instance",
                                          HealthWorld::address(kInEuWest)};
  const auto report = [&](const std::string& state) {
    std::vector<std::string> words{"report", state};
    words.insert(words.end(), scope.begin(), scope.end());
    return command(words);
  };
  EXPECT_EQ(report("up").exit, "status 0");
  EXPECT_TRUE(world_.logs(name + ": unknown → up: reported up"));
  EXPECT_TRUE(world_.logs(name + ": up → down: no report for 500ms"));
  EXPECT_EQ(report("up").exit, "status 0");
  EXPECT_TRUE(world_.logs(name + ": down → up: reported up"));
  EXPECT_EQ(report("down").exit, "status 0");
  EXPECT_TRUE(world_.logs(name + ": up → down: reported down"));
  EXPECT_THAT(command({"report", "up", "eu-west", "--service", "www.example.com", "--instance", "192.0.2.9"}).errors,
              HasSubstr("\"192.0.2.9\" is not an instance of www.example.com in eu-west"));
}

// Whatever it was doing: the old file or the new one, never half of it.
TEST_F(Verdicts, AKillAtAnyMomentLeavesAWholeStateFile) {
  constexpr int kRounds = 8;
  std::mt19937 random(7);
  world_.play_well_everywhere();
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    world_.serve();
    std::atomic<unsigned> calls = 0;
    std::thread operators([&] {
      try {
        control::ControlClient client(world_.path() / "control.sock");
        health::Override word{{"eu-west"}};
        while (true) {
          word.reason = std::string(calls % 400, 'x');
          (void)client.set_override(word, true);
          ++calls;
        }
      } catch (const control::Unreachable&) {  // it has been killed
      }
    });
    const unsigned wanted = 1 + static_cast<unsigned>(random() % 60);
    EXPECT_TRUE(wait_until([&] { return calls >= wanted; }));
    end(SIGKILL);
    operators.join();
    const auto decoded = health::decode_state(read_file(state_file()));
    ASSERT_TRUE(decoded.memory) << decoded.problem;
    ASSERT_THAT(decoded.memory->overrides, testing::SizeIs(1));
    EXPECT_GE(decoded.memory->overrides[0].reason.size() + 1, (wanted - 1) % 400) << "a word that was taken is kept";
  }
}

TEST_F(Verdicts, StatusTellsWhatIsDownAndWhy) {
  world_.play_well_everywhere();
  world_.play(kInEuWest, scripts::status(503));
  world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInUsEast));
  const Finished status = command({"status", "--json"});
  const Json json = Json::parse(status.output);
  const auto is_eu_west = [](const Json& instance) { return instance.at("region") == "eu-west"; };
  const auto found = std::ranges::find_if(json.at("instances"), is_eu_west);
  ASSERT_NE(found, json.at("instances").end()) << status.output;
  EXPECT_EQ(found->at("state"), "down");
  EXPECT_EQ(found->at("standing"), "down");
  EXPECT_EQ(found->at("evidence"), "HTTP 503");
  EXPECT_THAT(command({"status"}).output, AllOf(HasSubstr("eu-west"), HasSubstr("HTTP 503")));
}

// A program that serves HTTP on the region's address, and can be stopped and killed.
class ServedByAProgram : public Verdicts {
 protected:
  ServedByAProgram() {
    world_.play_well_everywhere();
    world_.close(kInEuWest);
    start();
    world_.serve();
    // It may take longer to start than the server does.
    EXPECT_TRUE(wait_until([&] {
      const std::string log = world_.rhumb().log();
      const std::string name = HealthWorld::address(kInEuWest);
      return log.find(name + ": unknown → up: HTTP ") != std::string::npos ||
             log.find(name + ": down → up: HTTP ") != std::string::npos;
    }));
  }
  void start() {
    const std::string port = std::to_string(world_.config["checks"]["web"]["port"].get<int>());
    // Any status but an error will do: there is no such file.
    world_.config["checks"]["web"]["expected_status"] = {"200-499"};
    program_ = std::make_unique<ChildProcess>(
        directory_.path(), std::vector<std::string>{"/usr/bin/env", "python3", "-m", "http.server", port, "--bind",
                                                    HealthWorld::address(kInEuWest)});
  }

  TemporaryDirectory directory_;
  std::unique_ptr<ChildProcess> program_;
};

TEST_F(ServedByAProgram, AStoppedOneIsDownUntilItGoesOn) {
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  const std::size_t before = world_.rhumb().log().size();
  program_->signal(SIGSTOP);
  ASSERT_TRUE(world_.comes_to(kParis, kInUsEast));
  EXPECT_TRUE(world_.logs(HealthWorld::address(kInEuWest) + ": up → down: timeout after 100ms", before))
      << world_.rhumb().log();
  program_->signal(SIGCONT);
  EXPECT_TRUE(world_.comes_to(kParis, kInEuWest));
}

TEST_F(ServedByAProgram, AKilledOneIsDownUntilThereIsAnother) {
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  program_->signal(SIGKILL);
  ASSERT_TRUE(world_.comes_to(kParis, kInUsEast));
  start();
  EXPECT_TRUE(world_.comes_to(kParis, kInEuWest));
}

// The server and its backend in a network of their own, where a firewall comes and goes.
TEST(Firewall, WhatItDropsIsATimeoutAndWhatItRejectsARefusal) {
  if (geteuid() != 0) GTEST_SKIP() << "a network namespace needs root";
  World world;
  world.config["listen"] = {"127.0.0.1:5300"};
  world.config["checks"]["web"] = {{"type", "tcp"},      {"port", 8080}, {"interval", "100ms"},
                                   {"timeout", "100ms"}, {"rise", 1},    {"fall", 2}};
  world.config["services"]["www.example.com"]["check"] = "web";
  world.config["services"]["www.example.com"]["instances"] = {{{"region", "eu-west"}, {"address", "127.0.0.1"}}};
  world.write_config();
  world.write("run.sh", R"(set -e
ip link set lo up
setpriv --pdeathsig KILL python3 -m http.server 8080 --bind 127.0.0.1 >backend.log 2>&1 &
exec "$0" serve --config rhumb.json
)");
  ChildProcess rhumb(world.path(), {"/usr/bin/env", "unshare", "--net", "sh", "-c", ". ./run.sh", RHUMB_PROGRAM});
  const auto logs = [&](const std::string& text, std::size_t from) {
    return wait_until([&] { return rhumb.log().find(text, from) != std::string::npos; });
  };
  const auto set_rule = [&](const std::string& rule) {
    const std::string rules =
        "flush ruleset; add table ip t; add chain ip t in { type filter hook input priority 0; }; " + rule;
    ChildProcess nft(world.path(), {"/usr/bin/env", "nsenter", "--net=/proc/" + std::to_string(rhumb.id()) + "/ns/net",
                                    "nft", rules});
    EXPECT_EQ(nft.wait_for_exit(), "status 0") << nft.log();
  };
  ASSERT_TRUE(logs("127.0.0.1: unknown → ", 0)) << rhumb.log();
  ASSERT_TRUE(logs("→ up: connected in ", 0)) << rhumb.log();

  std::size_t before = rhumb.log().size();
  set_rule("add rule ip t in tcp dport 8080 drop;");
  EXPECT_TRUE(logs("127.0.0.1: up → down: timeout after 100ms connecting", before)) << rhumb.log();

  before = rhumb.log().size();
  set_rule("");
  EXPECT_TRUE(logs("127.0.0.1: down → up: connected in ", before)) << rhumb.log();

  before = rhumb.log().size();
  set_rule("add rule ip t in tcp dport 8080 reject with tcp reset;");
  EXPECT_TRUE(logs("127.0.0.1: up → down: connect: Connection refused", before)) << rhumb.log();
}

}  // namespace
}  // namespace rhumb::test

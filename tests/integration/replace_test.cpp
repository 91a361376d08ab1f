// A running server is replaced: no query is lost, nothing is forgotten, and until the successor serves the old one
// does.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "control/handover_request.hpp"
#include "daemon/handover.hpp"
#include "health_world.hpp"
#include "query_load.hpp"
#include "support/long_run.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"

namespace rhumb::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Replace : public testing::Test {
 protected:
  Replace() { world_.config["control"] = {{"socket", "control.sock"}}; }

  RhumbProcess& serve() { return world_.serve(); }
  // The one that is to be the server after the one before.
  RhumbProcess& start_successor() {
    world_.write_config();
    successors_.push_back(std::make_unique<RhumbProcess>(
        world_.path(), std::vector<std::string>{"serve", "--config", "rhumb.json", "--replace"}));
    return *successors_.back();
  }
  // Waits until the successor is on its own.
  RhumbProcess& replace(RhumbProcess& old) {
    RhumbProcess& successor = start_successor();
    EXPECT_EQ(old.wait_for_exit(), "status 0") << old.log() << successor.log();
    EXPECT_TRUE(wait_until([&] {
      return successor.log().find("TCP connections have been taken over") != std::string::npos;
    })) << successor.log();
    return successor;
  }
  [[nodiscard]] Finished operate(std::vector<std::string> words) const {
    words.insert(words.end(), {"--config", "rhumb.json"});
    return run_rhumb(world_.path(), words);
  }
  // From several ports, and so from each of the sockets.
  void expect_answers() {
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(world_.is_answering());
      EXPECT_THAT(world_.ask_over_tcp({.name = "static.example.com"}).answer, testing::SizeIs(1));
    }
  }
  void expect_service() {
    EXPECT_THAT(world_.addresses({.name = "static.example.com"}), ElementsAre("192.0.2.80"));
    EXPECT_THAT(data_of(world_.ask_over_tcp({.name = "static.example.com"}).answer), ElementsAre("192.0.2.80"));
    EXPECT_EQ(operate({"status"}).errors, "");
  }

  HealthWorld world_;
  std::deque<std::unique_ptr<RhumbProcess>> successors_;
};

TEST_F(Replace, TheSuccessorServesAndTheOldOneEnds) {
  RhumbProcess& old = serve();
  RhumbProcess& successor = replace(old);
  expect_service();
  EXPECT_THAT(successor.log(), Not(HasSubstr("error")));
  replace(successor);
  expect_service();
}

TEST_F(Replace, ItServesWhatIsConfiguredNow) {
  RhumbProcess& old = serve();
  world_.write("zones/example.com.zone", std::string(kZoneText) + "new A 192.0.2.81\n");
  replace(old);
  EXPECT_THAT(world_.addresses({.name = "new.example.com"}), ElementsAre("192.0.2.81"));
}

TEST_F(Replace, NobodyIsReplacedWhereNobodyRuns) {
  RhumbProcess& old = serve();
  old.signal(SIGTERM);
  ASSERT_EQ(old.wait_for_exit(), "status 0");
  RhumbProcess& first = start_successor();
  EXPECT_TRUE(wait_until([&] { return world_.is_answering(); })) << first.log();
  EXPECT_THAT(first.log(), HasSubstr("nobody is replaced"));
}

TEST_F(Replace, StatesAndOverridesAreKept) {
  world_.play_well_everywhere();
  world_.close(kInUsEast);
  RhumbProcess& old = serve();
  ASSERT_TRUE(world_.logs("us-east " + world_.address(kInUsEast) + ": unknown → down"));
  ASSERT_EQ(operate({"drain", "eu-west", "--reason", "new disks"}).exit, "status 0");
  world_.config["checks"]["web"]["interval"] = "1h";  // so that the successor does not find out by itself
  RhumbProcess& successor = replace(old);
  EXPECT_THAT(world_.addresses({.name = "www.example.com", .client = kAshburn}),
              ElementsAre(world_.address(kInApSoutheast)));
  const std::string status = operate({"status"}).output;
  EXPECT_THAT(status, HasSubstr("new disks"));
  EXPECT_THAT(status, Not(HasSubstr("before the restart"))) << "what is known is of now";
  EXPECT_THAT(successor.log(), Not(HasSubstr("→ down"))) << "it is no news";
}

TEST_F(Replace, ABrokenConfigurationLeavesTheOldOneServing) {
  RhumbProcess& old = serve();
  world_.config["threads"] = "many";
  RhumbProcess& successor = start_successor();
  EXPECT_EQ(successor.wait_for_exit(), "status 1");
  EXPECT_THAT(successor.log(), HasSubstr("threads"));
  EXPECT_TRUE(old.is_running());
  expect_service();
}

TEST_F(Replace, AnAddressThatCannotBeBoundLeavesTheOldOneServing) {
  RhumbProcess& old = serve();
  world_.config["listen"].push_back("192.0.2.1:5300");
  RhumbProcess& successor = start_successor();
  EXPECT_EQ(successor.wait_for_exit(), "status 1");
  EXPECT_THAT(successor.log(), HasSubstr("cannot listen on 192.0.2.1:5300"));
  EXPECT_TRUE(wait_until([&] { return old.log().find("not replaced, this server goes on") != std::string::npos; }));
  world_.config["listen"].erase(1);
  world_.write_config();
  expect_service();
  EXPECT_EQ(operate({"drain", "eu-west"}).exit, "status 0") << "what operators say is accepted again";
}

TEST_F(Replace, OtherAddressesAndThreadsThanBefore) {
  RhumbProcess& old = serve();
  const std::string also = Endpoint{loopback(3), world_.server().port}.to_string();
  world_.config["listen"].push_back(also);
  world_.config["threads"] = 4;
  RhumbProcess& more = replace(old);
  EXPECT_THAT(more.log(), HasSubstr("listening on " + also));
  expect_answers();
  world_.config["listen"].erase(1);
  world_.config["threads"] = 1;
  RhumbProcess& fewer = replace(more);
  EXPECT_THAT(fewer.log(), HasSubstr(also + " (UDP) is no longer listened on"));
  EXPECT_THAT(fewer.log(), HasSubstr(also + " (TCP) is no longer listened on"));
  expect_answers();
}

// A successor that dies, as SIGKILL ends it, after each step that it can have made.
TEST_F(Replace, WhereverTheSuccessorDiesTheOldOneGoesOn) {
  RhumbProcess& old = serve();
  const std::filesystem::path socket = world_.path() / "control.sock";
  const std::vector<std::function<void(int)>> steps{
      [](int) {},
      [](int fd) { daemon::write_wish(fd, {}); },
      [](int fd) {
        daemon::write_wish(fd, {});
        static_cast<void>(daemon::read_frame(fd, 1'000));
      },
      [](int fd) {
        daemon::write_wish(fd, {});
        static_cast<void>(daemon::take(fd));
      },
  };
  for (const auto& step : steps) {
    const std::size_t before = old.log().size();
    const pid_t successor = fork();
    if (successor == 0) {
      const auto channel = control::request_handover(socket);
      if (channel) step(*channel);
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(successor, &status, 0), successor);
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
    EXPECT_TRUE(world_.logs("not replaced, this server goes on", before)) << old.log();
    expect_service();
    EXPECT_EQ(operate({"drain", "eu-west"}).exit, "status 0");
  }
  replace(old);
  expect_service();
}

// Killed when it has what the old one has, and when it serves. The old one goes on, unless it has been told by then
// that the successor serves.
TEST_F(Replace, TheRealSuccessorDiesOnItsWay) {
  RhumbProcess* old = &serve();
  for (int round = 0; round < (is_long_run() ? 100 : 10); ++round) {
    SCOPED_TRACE(round);
    const std::size_t before = old->log().size();
    RhumbProcess& successor = start_successor();
    const char* const moment = round % 2 == 0 ? "taking over" : "listening on";
    ASSERT_TRUE(wait_until([&] { return successor.log().find(moment) != std::string::npos; })) << successor.log();
    successor.signal(SIGKILL);
    ASSERT_EQ(successor.wait_for_exit(), "signal 9");
    const auto goes_on = [&] {
      return old->log().find("not replaced, this server goes on", before) != std::string::npos;
    };
    ASSERT_TRUE(wait_until([&] { return goes_on() || !old->is_running(); })) << old->log();
    if (!goes_on()) old = &serve();
    expect_service();
  }
}

// What the user of `rhumb upgrade` starts is the child of the old server, and no longer ours when that is gone.
class Upgrade : public Replace {
 protected:
  ~Upgrade() override {
    if (successor_ > 0) kill(successor_, SIGKILL);
  }
  // From the end of "PID 12 has taken over".
  void find_successor(const std::string& text) {
    const std::size_t at = text.find(" has taken over");
    ASSERT_NE(at, std::string::npos) << text;
    successor_ = std::stoi(text.substr(text.rfind("PID ", at) + 4));
  }

  pid_t successor_ = 0;
};

TEST_F(Upgrade, TheCommandStartsASuccessorAndTellsOfIt) {
  RhumbProcess& old = serve();
  const Finished upgrade = operate({"upgrade"});
  EXPECT_EQ(upgrade.exit, "status 0") << upgrade.errors;
  find_successor(upgrade.output);
  EXPECT_EQ(old.wait_for_exit(), "status 0");
  EXPECT_TRUE(world_.logs("TCP connections have been taken over")) << "its log is that of the old one";
  expect_service();
}

TEST_F(Upgrade, TheCommandTellsWhyThereIsNoSuccessor) {
  RhumbProcess& old = serve();
  world_.config["threads"] = "many";
  world_.write_config();
  const Finished upgrade = operate({"upgrade"});
  EXPECT_EQ(upgrade.exit, "status 1");
  EXPECT_THAT(upgrade.errors, HasSubstr("this server goes on"));
  EXPECT_THAT(old.log(), HasSubstr("threads"));
  EXPECT_TRUE(old.is_running());
  world_.config["threads"] = 1;
  world_.write_config();
  expect_service();
}

TEST_F(Upgrade, ASignalDoesTheSame) {
  RhumbProcess& old = serve();
  old.signal(SIGUSR2);
  EXPECT_EQ(old.wait_for_exit(), "status 0");
  find_successor(old.log());
  EXPECT_TRUE(world_.logs("TCP connections have been taken over"));
  expect_service();
}

TEST_F(Replace, NoQueryIsLost) {
  const int replacements = is_long_run() ? 20 : 3;
  const double rate = is_long_run() ? 50'000 : 2'000;
  const std::uint64_t between = is_long_run() ? 50'000 : 1'000;  // answers
  RhumbProcess* server = &serve();
  QueryLoad udp(QueryLoad::Over::udp, world_.server(), rate);
  QueryLoad tcp(QueryLoad::Over::tcp, world_.server(), rate / 4);
  for (int i = 0; i < replacements; ++i) {
    const std::uint64_t before = udp.answered() + tcp.answered();
    server = &replace(*server);
    EXPECT_TRUE(wait_until([&] { return udp.answered() + tcp.answered() > before + between; })) << i;
  }
  udp.stop();
  tcp.stop();
  EXPECT_EQ(udp.answered(), udp.asked());
  EXPECT_EQ(tcp.answered(), tcp.asked());
  EXPECT_EQ(tcp.broken_connections(), 0U) << "they go on with the successor";
  RecordProperty("asked_over_udp", std::to_string(udp.asked()));
  RecordProperty("asked_over_tcp", std::to_string(tcp.asked()));
}

}  // namespace
}  // namespace rhumb::test

// A server that root has started: as whom it runs, with what powers, and that everything works with no more than those.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>

#include "support/forked.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"
#include "transport/socket.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kUser = "nobody";

// What /proc says of a thread under `key`, with one space between words.
std::string status_of(const std::filesystem::path& thread, const std::string& key) {
  std::ifstream file(thread / "status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key + ":")) continue;
    std::istringstream words(line.substr(key.size() + 1));
    std::string text;
    for (std::string word; words >> word;)
      text += (text.empty() ? "" : " ") + word;
    return text;
  }
  return {};
}

// The same of every thread but the one that starts successors, or only of that one.
enum class Threads : std::uint8_t { starter, others };
std::vector<std::string> statuses(pid_t process, const std::string& key, Threads threads) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    const bool is_starter = status_of(entry.path(), "Name") == "rhumb-upgrade";
    if (is_starter == (threads == Threads::starter)) found.push_back(status_of(entry.path(), key));
  }
  return found;
}

// The sanitizers have threads of their own, from before main().
#ifdef RHUMB_IS_SANITIZED
constexpr bool kHasOnlyOwnThreads = false;
#else
constexpr bool kHasOnlyOwnThreads = true;
#endif

// A port that takes a privilege, and that nobody has now.
std::uint16_t low_port() {
  for (std::uint16_t port = 1'023; port > 600; --port) {
    try {
      const auto bound = transport::bind_socket({loopback(1), port}, SOCK_STREAM, false);
      return port;
    } catch (const std::system_error&) {
      continue;
    }
  }
  throw std::runtime_error("no port below 1024 is free");
}

class Confinement : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    const passwd* const user = getpwnam(kUser);
    if (user == nullptr) GTEST_SKIP() << "there is no " << kUser;
    id_ = user->pw_uid;
    group_ = user->pw_gid;
    if (!can_run_program()) GTEST_SKIP() << kUser << " cannot reach " << RHUMB_PROGRAM;
    give(world_.path());
    world_.config["user"] = kUser;
    world_.config["control"] = {{"socket", "control.sock"},
                                {"http", {{"listen", Endpoint{loopback(1), low_port()}.to_string()}}}};
    world_.config["health"] = {{"state_file", "state"}};
  }

  void give(const std::filesystem::path& file) const { ASSERT_EQ(chown(file.c_str(), id_, group_), 0); }

  [[nodiscard]] bool can_run_program() const {
    return in_child([this] {
             if (setgroups(0, nullptr) != 0 || setgid(group_) != 0 || setuid(id_) != 0) return 1;
             return access(RHUMB_PROGRAM, X_OK) == 0 ? 0 : 1;
           }) == 0;
  }

  // Starts it, and what it says when it cannot be.
  [[nodiscard]] std::string failed_start() {
    world_.config["listen"] = Json::array({Endpoint{loopback(1), free_port({loopback(1)})}.to_string()});
    world_.write_config();
    const Finished run = run_rhumb(world_.path(), {"serve", "--config", "rhumb.json"});
    EXPECT_EQ(run.exit, "status 1") << run.errors;
    return run.errors;
  }

  void expect_confined(pid_t process) const {
    const std::string ids = std::to_string(id_);
    EXPECT_THAT(statuses(process, "Uid", Threads::others), Each(ids + " " + ids + " " + ids + " " + ids));
    EXPECT_THAT(statuses(process, "Groups", Threads::others), Each(std::to_string(group_)));
    const std::string bind_only = "0000000000000400";
    if (kHasOnlyOwnThreads) {
      EXPECT_THAT(statuses(process, "CapPrm", Threads::others), Each(bind_only));
      EXPECT_THAT(statuses(process, "Seccomp_filters", Threads::others), Each("1"));
      EXPECT_THAT(statuses(process, "NoNewPrivs", Threads::others), Each("1"));
    }
    EXPECT_THAT(statuses(process, "CapPrm", Threads::starter), ElementsAre(bind_only));
    EXPECT_THAT(statuses(process, "Seccomp_filters", Threads::starter), ElementsAre("0"));
  }

  World world_;
  uid_t id_ = 0;
  gid_t group_ = 0;
};

TEST_F(Confinement, HoldsForEveryThreadAndEverythingWorks) {
  const RhumbProcess& rhumb = world_.serve();
  EXPECT_TRUE(world_.logs("running as the user nobody"));
  EXPECT_TRUE(world_.logs("operators are heard on http://")) << "on a port below 1024";
  expect_confined(rhumb.id());

  EXPECT_THAT(world_.addresses({"www.example.com", dns::type::kA, kParis}), ElementsAre(kEuWest));
  EXPECT_THAT(world_.ask_over_tcp({"static.example.com"}).answer, Not(testing::IsEmpty()));
  world_.config["services"]["www.example.com"]["ttl"] = 77;
  EXPECT_THAT(world_.reload(), HasSubstr("info: reloaded"));
  const Finished drained = run_rhumb(world_.path(), {"drain", "eu-west", "--config", "rhumb.json"});
  EXPECT_EQ(drained.exit, "status 0") << drained.errors;
  EXPECT_THAT(world_.addresses({"www.example.com", dns::type::kA, kParis}), Not(ElementsAre(kEuWest)));
  rhumb.signal(SIGTERM);
  EXPECT_EQ(world_.rhumb().wait_for_exit(), "status 0") << rhumb.log();
  struct stat state {};
  ASSERT_EQ(stat((world_.path() / "state").c_str(), &state), 0);
  EXPECT_EQ(state.st_uid, id_);
}

// It has the capability and binds the API's port again, and no more filters than the one before.
TEST_F(Confinement, HoldsForASuccessorToo) {
  RhumbProcess& old = world_.serve();
  const Finished upgrade = run_rhumb(world_.path(), {"upgrade", "--config", "rhumb.json"});
  EXPECT_EQ(upgrade.exit, "status 0") << upgrade.errors << old.log();
  EXPECT_EQ(old.wait_for_exit(), "status 0") << old.log();
  const std::string log = old.log();
  const std::size_t said = log.find(" has taken over");
  const std::size_t start = log.rfind("PID ", said) + 4;
  const auto successor = static_cast<pid_t>(std::stol(log.substr(start, said - start)));
  const auto heard = [&] { return old.log().find("operators are heard on http://", said) != std::string::npos; };
  EXPECT_TRUE(wait_until(heard)) << old.log();
  expect_confined(successor);
  EXPECT_TRUE(world_.is_answering());
  EXPECT_EQ(kill(successor, SIGTERM), 0);
  EXPECT_TRUE(wait_until([&] { return kill(successor, 0) != 0; }));
}

// A check that writes down what it is.
TEST_F(Confinement, GivesProgramsNoCapability) {
  const auto program = world_.path() / "probe";
  world_.write("probe", "#!/bin/sh\nexec grep -E '^(CapEff|CapAmb|NoNewPrivs):' /proc/self/status >" +
                            (world_.path() / "found").string() + "\n");
  ASSERT_EQ(chmod(program.c_str(), 0755), 0);
  world_.config["checks"]["own"] = {{"type", "exec"}, {"command", {program.string()}}};
  world_.config["services"]["www.example.com"]["check"] = "own";
  world_.serve();
  const auto found = [this] { return read_file(world_.path() / "found"); };
  ASSERT_TRUE(wait_until([&] { return found().find("NoNewPrivs") != std::string::npos; })) << world_.rhumb().log();
  EXPECT_THAT(found(), AllOf(HasSubstr("CapEff:\t0000000000000000"), HasSubstr("CapAmb:\t0000000000000000"),
                             HasSubstr("NoNewPrivs:\t1")));
}

TEST_F(Confinement, SaysWhatAReloadWouldNeedThatHasBeenGivenUp) {
#ifdef RHUMB_IS_SANITIZED
  GTEST_SKIP() << "programs are always allowed: what symbolizes reports is one";
#endif
  world_.serve();
  world_.config["checks"]["own"] = {{"type", "exec"}, {"command", {"/bin/true"}}};
  world_.config["services"]["www.example.com"]["check"] = "own";
  EXPECT_THAT(world_.reload(), HasSubstr("warning: rhumb.json: checks of type exec and hooks cannot be run before"));
}

TEST_F(Confinement, IsLeftOutIfItIsNotWanted) {
  world_.config["sandbox"] = false;
  const RhumbProcess& rhumb = world_.serve();
  EXPECT_THAT(statuses(rhumb.id(), "Seccomp", Threads::others), Each("0"));
  EXPECT_THAT(statuses(rhumb.id(), "NoNewPrivs", Threads::others), Each("0"));
}

TEST_F(Confinement, NeedsAUserWhoIsThere) {
  world_.config["user"] = "nobody-of-this-name";
  EXPECT_THAT(failed_start(), HasSubstr("error: rhumb.json: /user: there is no user \"nobody-of-this-name\" here"));
}

// Root could read it, and then no reload.
TEST_F(Confinement, FindsAtTheStartWhatTheUserMayNotRead) {
  ASSERT_EQ(chmod((world_.path() / "geo.mmdb").c_str(), 0600), 0);
  EXPECT_THAT(failed_start(), AllOf(HasSubstr("geo.mmdb"), HasSubstr("Permission denied")));
}

TEST_F(Confinement, IsMissedWhenRootServesAsRoot) {
  world_.config.erase("user");
  world_.serve();
  EXPECT_TRUE(world_.logs("warning: rhumb.json: this process is root's and stays it"));
}

}  // namespace
}  // namespace rhumb::test

#include "health/exec_probe.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/backend.hpp"
#include "support/child_process.hpp"
#include "support/probe_run.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
using Kind = Outcome::Kind;

Target exec_target(std::vector<std::string> command) {
  Target target = tcp_target(1);
  target.check.type = Check::Type::exec;
  target.check.port = 0;
  target.check.timeout_ms = 60'000;
  target.check.command = std::move(command);
  return target;
}

Target shell(const std::string& script) {
  return exec_target({"/bin/sh", "-c", script});
}

Outcome run_shell(const std::string& script) {
  return probe_now(shell(script)).outcome;
}

// Not, or no longer than it takes whoever inherits it to notice.
bool is_running(pid_t id) {
  std::ifstream stat("/proc/" + std::to_string(id) + "/stat");
  std::string number;
  std::string name;
  std::string state;
  return stat >> number >> name >> state && state != "Z" && state != "X";
}

class ExecProbe : public testing::Test {
 protected:
  // Whatever happened, no program is left, not even unreaped.
  void TearDown() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  [[nodiscard]] bool has(const std::string& name) const {
    std::error_code ignored;
    return std::filesystem::file_size(path(name), ignored) > 0 && !ignored;
  }
  [[nodiscard]] pid_t number_in(const std::string& name) const { return std::stoi(test::read_file(path(name))); }

  test::TemporaryDirectory directory_;
};

TEST_F(ExecProbe, SucceedsWithStatusZero) {
  const Outcome outcome = run_shell("echo all is well; echo and more");
  EXPECT_EQ(outcome.kind, Kind::success);
  EXPECT_THAT(outcome.evidence, MatchesRegex("exit 0: all is well in [0-9.]+m?s"));
  EXPECT_THAT(run_shell(":").evidence, MatchesRegex("exit 0 in [0-9.]+m?s"));
}

TEST_F(ExecProbe, FailsWithAnyOtherStatus) {
  const Outcome outcome = run_shell("echo the queue is full >&2; exit 2");
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "exit 2: the queue is full");
  EXPECT_EQ(run_shell("exit 255").evidence, "exit 255");
}

TEST_F(ExecProbe, FailsIfASignalEndsTheProgram) {
  const Outcome outcome = run_shell("echo so long; kill -USR1 $$");
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "killed by signal 10: so long");
}

TEST_F(ExecProbe, ShowsOnlyPrintableAscii) {
  EXPECT_EQ(run_shell("printf 'a\\033[1m\\tb\\303\\244\\nc'; exit 1").evidence, "exit 1: a?[1m?b??");
}

// The words go to the program as they are.
TEST_F(ExecProbe, HasNoShellBetween) {
  EXPECT_THAT(probe_now(exec_target({"/bin/echo", "$HOME", "a  b", "*", ""})).outcome.evidence,
              StartsWith("exit 0: $HOME a  b *  in "));
}

TEST_F(ExecProbe, TellsTheProgramWhatToProbe) {
  Target target = shell("echo \"$RHUMB_ADDRESS $RHUMB_PORT $RHUMB_HOST $RHUMB_TIMEOUT ${HOME-nothing} ${PATH:+else}\"");
  target.check.port = 25;
  target.check.timeout_ms = 12'500;
  EXPECT_THAT(probe_now(target).outcome.evidence,
              StartsWith("exit 0: " + backend_address().to_string() + " 25 www.example.com 12.5 nothing else in "));
  EXPECT_THAT(run_shell("echo ${RHUMB_PORT-none}").evidence, StartsWith("exit 0: none in "));
}

TEST_F(ExecProbe, GivesTheProgramNoOtherDescriptors) {
  const int inherited = dup(STDERR_FILENO);
  ASSERT_GE(inherited, 0);
  // The fourth is what lists them.
  EXPECT_THAT(run_shell("ls /proc/self/fd | tr '\\n' ' '").evidence, StartsWith("exit 0: 0 1 2 3  in "));
  close(inherited);
  EXPECT_THAT(run_shell("cat; echo nothing to read").evidence, StartsWith("exit 0: nothing to read in "));
}

TEST_F(ExecProbe, GivesTheProgramItsSignalsBack) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto handler = std::signal(SIGPIPE, SIG_IGN);
  const Outcome outcome = run_shell("grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t'");
  static_cast<void>(std::signal(SIGPIPE, handler));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  // Signals 32 and 33 are the C library's own; it leaves them as they are.
  EXPECT_THAT(outcome.evidence, MatchesRegex("exit 0: SigBlk:0000000000000000SigIgn:0000000[01][08]0000000 in .*"));
}

TEST_F(ExecProbe, ReadsAllThatIsPrintedAndKeepsTheBeginning) {
  EXPECT_EQ(run_shell("yes | head -n 500000; exit 3").evidence, "exit 3: y");
  EXPECT_EQ(run_shell("head -c 100000 /dev/zero | tr '\\0' x; exit 3").evidence,
            "exit 3: " + std::string(kOutputMax, 'x'));
}

TEST_F(ExecProbe, KillsTheWholeGroupAtTheTimeout) {
  Target target = impatient(shell("trap '' TERM; sleep 1000 & echo $! > " + path("sleeper") + "; wait"));
  const Outcome outcome = probe_now(target).outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "timeout after 150ms waiting for the program to end");
  // On a machine so busy that the shell did not get that far there is no sleeper.
  EXPECT_TRUE(test::wait_until([&] { return !has("sleeper") || !is_running(number_in("sleeper")); }));
}

TEST_F(ExecProbe, KillsTheWholeGroupWhenItIsAborted) {
  ProbeRun run(patient(shell("sleep 1000 & echo $! > " + path("sleeper") + "; wait")));
  const auto outcome = run.abort_when([&] { return has("sleeper"); });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, Kind::inconclusive);
  EXPECT_EQ(outcome->evidence, "cancelled");
  EXPECT_TRUE(test::wait_until([&] { return !is_running(number_in("sleeper")); }));
}

TEST_F(ExecProbe, LeavesNothingBehindAProgramThatHasEnded) {
  const Outcome outcome = probe_now(patient(shell("sleep 1000 & echo $! > " + path("sleeper")))).outcome;
  EXPECT_EQ(outcome.kind, Kind::success) << outcome.evidence;
  EXPECT_TRUE(test::wait_until([&] { return !is_running(number_in("sleeper")); }));
}

TEST_F(ExecProbe, SaysNothingOfTheTargetIfTheProgramCannotBeRun) {
  const Outcome outcome = probe_now(exec_target({path("none")})).outcome;
  EXPECT_EQ(outcome.kind, Kind::inconclusive);
  EXPECT_EQ(outcome.evidence, path("none") + ": No such file or directory");
}

// Several probes with the same resources.
class ExecProbesInTurn : public ExecProbe {
 protected:
  std::shared_ptr<std::optional<Outcome>> start(const Target& target) {
    auto outcome = std::make_shared<std::optional<Outcome>>();
    auto owned = std::make_shared<std::pair<Target, asio::steady_timer>>(target, asio::steady_timer(context_));
    asio::co_spawn(context_,
                   probe(aborts_.emplace_back(), resources_, carried_.emplace_back(), owned->second, owned->first),
                   [outcome, owned](const std::exception_ptr& error, Outcome result) {
                     if (error) std::rethrow_exception(error);
                     *outcome = std::move(result);
                   });
    return outcome;
  }

  template <typename Condition>
  bool run_until(Condition condition) {
    return test::wait_until([&] {
      context_.restart();
      context_.poll();
      return condition();
    });
  }

  asio::io_context context_{1};
  std::list<Abort> aborts_;
  std::list<Carried> carried_;
  Resources resources_{Resolver(), Slots(1)};
};

TEST_F(ExecProbesInTurn, WaitsForASlotBeforeItsTimeStarts) {
  const auto first = start(patient(shell("echo > " + path("begun") + "; while ! test -e " + path("go") +
                                         "; do sleep 0.01; done; echo > " + path("done"))));
  const auto second = start(impatient(shell("test -e " + path("done"))));
  ASSERT_TRUE(run_until([&] { return has("begun"); }));
  // Longer than the second's timeout.
  const auto enough = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  ASSERT_TRUE(run_until([&] { return std::chrono::steady_clock::now() > enough; }));
  EXPECT_FALSE(*second);
  directory_.write("go", "");
  ASSERT_TRUE(run_until([&] { return *first && *second; }));
  EXPECT_EQ((*first)->kind, Kind::success);
  EXPECT_EQ((*second)->kind, Kind::success) << (*second)->evidence;
}

TEST_F(ExecProbesInTurn, EndsInconclusiveIfItIsAbortedWhileItWaits) {
  const auto first = start(patient(shell("while :; do sleep 0.01; done")));
  const auto second = start(patient(shell(":")));
  context_.poll();
  aborts_.back().abort();
  ASSERT_TRUE(run_until([&] { return second->has_value(); }));
  EXPECT_EQ((*second)->evidence, "cancelled");
  EXPECT_FALSE(*first);
  aborts_.front().abort();
  ASSERT_TRUE(run_until([&] { return first->has_value(); }));
}

}  // namespace
}  // namespace rhumb::health

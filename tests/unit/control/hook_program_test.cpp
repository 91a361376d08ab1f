// Hooks as the sinks run them: real programs.
#include "control/hook_program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event_world.hpp"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::control {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Hook : public testing::Test {
 protected:
  // A hook that is a shell script of its own; it may be given arguments.
  HookSettings script(const std::string& text, std::vector<std::string> arguments = {}) {
    const auto file = directory_.write(fmt::format("hook-{}", ++scripts_), "#!/bin/sh\n" + text);
    chmod(file.c_str(), 0700);
    arguments.insert(arguments.begin(), file.string());
    return {.command = arguments};
  }
  // Where a script may write.
  [[nodiscard]] std::string file(const std::string& name) const { return (directory_.path() / name).string(); }
  [[nodiscard]] std::string content(const std::string& name) const { return test::read_file(file(name)); }

  MemoryLog log_;

 private:
  test::TemporaryDirectory directory_;
  int scripts_ = 0;
};

TEST_F(Hook, GetsTheEventOnItsInputAndInItsEnvironment) {
  EventSinks sinks(log_.log());
  sinks.configure({.hooks = {script("cat > $1\n"
                                    "echo \"$RHUMB_EVENT|$RHUMB_SERVICE|$RHUMB_REGION|$RHUMB_INSTANCE|$RHUMB_FROM|"
                                    "$RHUMB_TO|$RHUMB_EVIDENCE\" > $2\n",
                                    {file("input"), file("environment")})},
                   .webhooks = {}},
                  "ns1");
  sinks.deliver(instance_down());
  ASSERT_TRUE(comes_to_deliver(sinks, 1)) << testing::PrintToString(log_.troubles());
  EXPECT_EQ(content("environment"), "state|www.example.com|eu-west|192.0.2.20|up|down|HTTP 503\n");
  EXPECT_EQ(content("input"), log_.lines().at(0) + "\n");
  EXPECT_THAT(content("input"), HasSubstr("\"server\":\"ns1\""));
}

TEST_F(Hook, GetsItsArgumentsAsTheyAre) {
  EventSinks sinks(log_.log());
  sinks.configure(
      {.hooks = {script("printf '%s\\n' \"$@\" > \"$1\"", {file("out put"), "$HOME; `id`", "", "*"})}, .webhooks = {}},
      "");
  sinks.deliver(instance_down());
  ASSERT_TRUE(comes_to_deliver(sinks, 1)) << testing::PrintToString(log_.troubles());
  EXPECT_EQ(content("out put"), file("out put") + "\n$HOME; `id`\n\n*\n");
}

TEST_F(Hook, RunsOnceForEachEventInTheirOrder) {
  EventSinks sinks(log_.log());
  sinks.configure({.hooks = {script("echo $RHUMB_INSTANCE >> $1", {file("order")})}, .webhooks = {}}, "");
  std::string expected;
  constexpr int kEvents = 20;
  for (int i = 0; i < kEvents; ++i) {
    sinks.deliver(instance_down(fmt::format("192.0.2.{}", i)));
    expected += fmt::format("192.0.2.{}\n", i);
  }
  ASSERT_TRUE(comes_to_deliver(sinks, kEvents)) << testing::PrintToString(log_.troubles());
  EXPECT_EQ(content("order"), expected);
}

TEST_F(Hook, IsOnlyToldWhatItWants) {
  EventSinks sinks(log_.log());
  HookSettings hook = script("echo $RHUMB_EVENT >> $1", {file("told")});
  hook.filter.kinds.reset();
  hook.filter.kinds[static_cast<std::size_t>(health::Event::Kind::panic)] = true;
  hook.filter.severity_min = health::Event::Severity::warning;
  sinks.configure({.hooks = {hook}, .webhooks = {}}, "");
  sinks.deliver(instance_down());
  sinks.deliver({.kind = health::Event::Kind::panic, .severity = health::Event::Severity::info});
  sinks.deliver({.kind = health::Event::Kind::panic, .severity = health::Event::Severity::error});
  ASSERT_TRUE(test::wait_until([&] { return sinks.counts().total().told == 3; }));
  ASSERT_TRUE(comes_to_deliver(sinks, 1));
  EXPECT_EQ(content("told"), "panic\n");
  EXPECT_EQ(sinks.counts().of(health::Event::Kind::panic).delivered, 1U);
  EXPECT_EQ(sinks.counts().of(health::Event::Kind::state).told, 1U);
}

TEST_F(Hook, ThatFailsIsLoggedWithItsFirstLine) {
  EventSinks sinks(log_.log());
  const HookSettings hook = script("echo 'no route to pager' >&2; echo more >&2; exit 3");
  sinks.configure({.hooks = {hook}, .webhooks = {}}, "");
  sinks.deliver(instance_down());
  ASSERT_TRUE(comes_to_fail(sinks, 1));
  EXPECT_THAT(log_.troubles(), ElementsAre("hook " + hook.command[0] + ": status 3: no route to pager"));
}

TEST_F(Hook, ThatDiesOfASignalHasFailed) {
  EventSinks sinks(log_.log());
  const HookSettings hook = script("kill -SEGV $$");
  sinks.configure({.hooks = {hook}, .webhooks = {}}, "");
  sinks.deliver(instance_down());
  ASSERT_TRUE(comes_to_fail(sinks, 1));
  EXPECT_THAT(log_.troubles(), ElementsAre("hook " + hook.command[0] + ": signal 11"));
}

TEST_F(Hook, ThatIsNoProgramHasFailed) {
  EventSinks sinks(log_.log());
  sinks.configure({.hooks = {{.command = {file("missing")}}}, .webhooks = {}}, "");
  sinks.deliver(instance_down());
  ASSERT_TRUE(comes_to_fail(sinks, 1));
  EXPECT_THAT(log_.troubles(),
              ElementsAre("hook " + file("missing") + ": it cannot be started: No such file or directory"));
}

TEST_F(Hook, ThatHangsIsKilledWithAllThatItStarted) {
  EventSinks sinks(log_.log());
  HookSettings hook = script("sleep 1000 & echo $! > $1.new; mv $1.new $1; wait", {file("child")});
  hook.timeout = milliseconds(50);
  sinks.configure({.hooks = {hook}, .webhooks = {}}, "");
  // Killed before it got to that, on a slow machine, it is started once more.
  std::uint64_t events = 0;
  ASSERT_TRUE(test::wait_until([&] {
    sinks.deliver(instance_down(fmt::to_string(++events)));
    return comes_to_fail(sinks, events) && !content("child").empty();
  }));
  EXPECT_THAT(log_.troubles(), ElementsAre("hook " + hook.command[0] + ": killed after 50ms"));
  const pid_t child = std::stoi(content("child"));
  EXPECT_TRUE(test::wait_until([&] {
    const std::string status = test::read_file(fmt::format("/proc/{}/stat", child));
    return status.empty() || status.find(") Z ") != std::string::npos;
  })) << "the child of the hook still runs";
}

TEST_F(Hook, StartsWithSignalsAsTheyAreByDefaultAndWithoutOurDescriptors) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto handler_before = std::signal(SIGPIPE, SIG_IGN);
  const int inherited = fcntl(STDERR_FILENO, F_DUPFD, 200);
  ASSERT_GE(inherited, 200);
  EventSinks sinks(log_.log());  // its thread has the mask
  sinks.configure({.hooks = {script("while read -r line; do case $line in SigBlk*|SigIgn*) echo \"$line\" >> $1; esac; "
                                    "done < /proc/$$/status\n"  // no other program: shells block signals to start one
                                    "ls /proc/$$/fd >> $1; "
                                    "[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo leads >> $1",
                                    {file("state")})},
                   .webhooks = {}},
                  "");
  sinks.deliver(instance_down());
  const bool is_delivered = comes_to_deliver(sinks, 1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  static_cast<void>(std::signal(SIGPIPE, handler_before));
  close(inherited);
  EXPECT_TRUE(is_delivered) << testing::PrintToString(log_.troubles());
  // Two signals are the C library's own. The shell has its script open, as descriptor 10 or the like.
  EXPECT_THAT(content("state"),
              testing::MatchesRegex("SigBlk:\t0+\nSigIgn:\t0+(180000000)?\n0\n1\n(1[0-9]\n)*2\nleads\n"));
}

TEST_F(Hook, ThatWritesMuchIsNotHeldUp) {
  EventSinks sinks(log_.log());
  sinks.configure({.hooks = {script("head -c 900000 /dev/zero >&2 && head -c 5000000 /dev/zero")}, .webhooks = {}}, "");
  sinks.deliver(instance_down());
  EXPECT_TRUE(comes_to_deliver(sinks, 1)) << testing::PrintToString(log_.troubles());
}

TEST_F(Hook, ThatIsTooSlowLosesWhatDoesNotFitIntoItsQueue) {
  EventSinks sinks(log_.log());
  HookSettings hook = script("while [ ! -e $1 ]; do sleep 0.01; done; exit 0", {file("go")});
  hook.timeout = std::chrono::minutes(1);
  sinks.configure({.hooks = {hook}, .webhooks = {}}, "");
  sinks.deliver(instance_down("first"));
  ASSERT_TRUE(test::wait_until([&] { return sinks.counts().total().told == 1; }));
  for (std::size_t i = 0; i < Outlet::kQueueMax + 5; ++i)
    sinks.deliver(instance_down(fmt::to_string(i)));
  ASSERT_TRUE(test::wait_until([&] { return sinks.counts().total().told == Outlet::kQueueMax + 6; }));
  // Whether the first had left the queue before the others came is a matter of luck.
  ASSERT_TRUE(test::wait_until([&] { return sinks.counts().total().dropped >= 5; }));
  EXPECT_LE(sinks.counts().total().dropped, 6U);
  EXPECT_THAT(log_.troubles(), ElementsAre("hook " + hook.command[0] + ": an event is dropped, 1000 wait already"))
      << "once in ten seconds";
}

TEST_F(Hook, GetsWhatIsQueuedAtTheEndIfThereIsTime) {
  {
    EventSinks sinks(log_.log());
    sinks.configure({.hooks = {script("echo $RHUMB_INSTANCE >> $1", {file("told")})}, .webhooks = {}}, "");
    sinks.deliver(instance_down("a"));
    sinks.deliver(instance_down("b"));
  }
  EXPECT_EQ(content("told"), "a\nb\n") << testing::PrintToString(log_.troubles());
}

TEST_F(Hook, IsKilledAtTheEndIfItHangs) {
  const auto start = std::chrono::steady_clock::now();
  {
    EventSinks sinks(log_.log());
    HookSettings hook = script("echo $$ > $1; exec sleep 1000", {file("process")});
    hook.timeout = std::chrono::minutes(1);
    sinks.configure({.hooks = {hook}, .webhooks = {}}, "");
    sinks.deliver(instance_down("a"));
    sinks.deliver(instance_down("b"));
    ASSERT_TRUE(test::wait_until([&] { return content("process").ends_with('\n'); }));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60)) << "it waited for the program";
  EXPECT_NE(kill(std::stoi(content("process")), 0), 0) << "it still runs";
  EXPECT_THAT(log_.troubles(), testing::Contains(HasSubstr("1 events are dropped")));
}

TEST_F(Hook, ThatIsNotConfiguredAnyMoreIsNotRun) {
  EventSinks sinks(log_.log());
  const HookSettings kept = script("echo $RHUMB_INSTANCE >> $1", {file("kept")});
  const HookSettings removed = script("echo $RHUMB_INSTANCE >> $1", {file("removed")});
  sinks.configure({.hooks = {kept, removed}, .webhooks = {}}, "");
  sinks.deliver(instance_down("a"));
  ASSERT_TRUE(comes_to_deliver(sinks, 2));
  sinks.configure({.hooks = {kept}, .webhooks = {}}, "");
  sinks.deliver(instance_down("b"));
  ASSERT_TRUE(comes_to_deliver(sinks, 3));
  EXPECT_EQ(content("kept"), "a\nb\n");
  EXPECT_EQ(content("removed"), "a\n");
}

}  // namespace
}  // namespace rhumb::control

// Each in a child, which is forbidden for good what the test is about.
#include "daemon/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <future>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <spawn.h>

#include "support/forked.hpp"
#include "transport/socket.hpp"

namespace rhumb::daemon {
namespace {

using test::in_child;

struct Call {
  const char* name;
  long number;
};

// What the server must not be able to do, whatever else is forbidden.
constexpr std::array kForbidden = std::to_array<Call>({
#ifndef RHUMB_ADDRESS_SANITIZER
    {"ptrace", SYS_ptrace},
#endif
    {"process_vm_readv", SYS_process_vm_readv},
    {"process_vm_writev", SYS_process_vm_writev},
    {"pidfd_getfd", SYS_pidfd_getfd},
    {"bpf", SYS_bpf},
    {"perf_event_open", SYS_perf_event_open},
    {"userfaultfd", SYS_userfaultfd},
    {"io_uring_setup", SYS_io_uring_setup},
    {"keyctl", SYS_keyctl},
    {"add_key", SYS_add_key},
    {"mount", SYS_mount},
    {"umount2", SYS_umount2},
    {"move_mount", SYS_move_mount},
    {"open_tree", SYS_open_tree},
    {"chroot", SYS_chroot},
    {"pivot_root", SYS_pivot_root},
    {"setns", SYS_setns},
    {"unshare", SYS_unshare},
    {"finit_module", SYS_finit_module},
    {"delete_module", SYS_delete_module},
    {"kexec_load", SYS_kexec_load},
    {"reboot", SYS_reboot},
    {"swapon", SYS_swapon},
    {"settimeofday", SYS_settimeofday},
    {"syslog", SYS_syslog},
    {"setuid", SYS_setuid},
    {"setgid", SYS_setgid},
    {"setresuid", SYS_setresuid},
    {"setgroups", SYS_setgroups},
    {"capset", SYS_capset},
    {"open_by_handle_at", SYS_open_by_handle_at},
});

// With arguments that make no sense, so that it does nothing where it is allowed.
int error_of(long number) {
  errno = 0;
  syscall(number, -1, -1, -1, -1, -1, -1);
  return errno;
}

// The error of a call, in a child of its own, in the sandbox or not.
int error_in_child(long number, bool is_confined) {
  return in_child([=] {
    if (is_confined) enter_sandbox({});
    return error_of(number);
  });
}

TEST(Sandbox, ForbidsWhatAServerNeverDoes) {
  for (const Call& call : kForbidden) {
    EXPECT_EQ(error_in_child(call.number, true), EPERM) << call.name;
    if (geteuid() != 0) continue;  // others may be refused these anyway
    EXPECT_NE(error_in_child(call.number, false), EPERM) << call.name;
  }
}

// Runs true(1), as checks and hooks are run.
int spawn_error() {
  std::array<char*, 2> words{const_cast<char*>("/bin/true"), nullptr};
  pid_t child = 0;
  const int error = posix_spawn(&child, words[0], nullptr, nullptr, words.data(), environ);
  if (error == 0) waitpid(child, nullptr, 0);
  return error;
}

TEST(Sandbox, RunsProgramsOnlyIfThereAreAny) {
  EXPECT_EQ(in_child([] {
              enter_sandbox({});
              return spawn_error();
            }),
            EPERM);
  EXPECT_EQ(in_child([] {
              enter_sandbox({.programs = true});
              return spawn_error();
            }),
            0);
}

// 0, or why there is none.
int socket_error(int family, int type, int protocol = 0) {
  errno = 0;
  const transport::Descriptor opened(socket(family, type, protocol));
  return opened.get() < 0 ? errno : 0;
}

TEST(Sandbox, LeavesTheSocketsOfAServer) {
  EXPECT_EQ(in_child([] {
              enter_sandbox({});
              for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
                for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
                  const int error = socket_error(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK);
                  if (error != 0 && error != EAFNOSUPPORT) return error;  // a machine may be without IPv6
                }
              }
              return socket_error(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC);
            }),
            0);
}

TEST(Sandbox, RefusesEveryOtherFamily) {
  EXPECT_EQ(in_child([] {
              enter_sandbox({.raw_sockets = true});
              for (int family = 0; family < 50; ++family) {
                if (family == AF_INET || family == AF_INET6 || family == AF_UNIX || family == AF_NETLINK) continue;
                const int error = socket_error(family, SOCK_RAW);
                if (error != EAFNOSUPPORT) return family;
              }
              return 0;
            }),
            0);
  EXPECT_EQ(in_child([] {
              enter_sandbox({.raw_sockets = true});
              return socket_error(AF_INET, SOCK_PACKET);
            }),
            EPERM);
}

TEST(Sandbox, HasRawSocketsOnlyForPings) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may open them anyway";
  EXPECT_EQ(in_child([] {
              enter_sandbox({});
              return socket_error(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
            }),
            EPERM);
  EXPECT_EQ(in_child([] {
              enter_sandbox({.raw_sockets = true});
              return socket_error(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
            }),
            0);
}

TEST(Sandbox, StartsThreadsAndChildrenButNoNameSpaces) {
  EXPECT_EQ(in_child([] {
              enter_sandbox({});
              bool has_run = false;
              std::thread([&has_run] { has_run = true; }).join();
              if (!has_run || in_child([] { return 5; }) != 5) return 1;
              errno = 0;
              if (syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) != -1) _exit(2);
              return errno;
            }),
            EPERM);
}

TEST(Sandbox, LooksUpNamesAndWritesFiles) {
  EXPECT_EQ(in_child([] {
              enter_sandbox({});
              addrinfo* found = nullptr;
              if (getaddrinfo("localhost", "53", nullptr, &found) != 0) return 1;
              freeaddrinfo(found);
              const transport::Descriptor file(open("/dev/null", O_WRONLY | O_CLOEXEC));
              return write(file.get(), "x", 1) == 1 ? 0 : 2;
            }),
            0);
}

TEST(Sandbox, HoldsForThisThreadAndThoseThatItStarts) {
  EXPECT_EQ(in_child([] {
              std::promise<void> entered;
              int error_of_older = 0;
              std::thread older([&, has_entered = entered.get_future()]() mutable {
                has_entered.wait();
                error_of_older = spawn_error();
              });
              enter_sandbox({});
              entered.set_value();
              older.join();
              if (error_of_older != 0) return 1;
              int error_of_younger = 0;
              std::thread([&] { error_of_younger = spawn_error(); }).join();
              return error_of_younger;
            }),
            EPERM);
}

TEST(Sandbox, LetsNoProgramGainPrivileges) {
  EXPECT_EQ(in_child([] {
              enter_sandbox({.programs = true});
              return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
            }),
            1);
}

}  // namespace
}  // namespace rhumb::daemon

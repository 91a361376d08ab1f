#include "control/hook_program.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>
#include <spawn.h>

#include "control/event_variables.hpp"
#include "health/await.hpp"
#include "health/probe.hpp"

namespace rhumb::control {
namespace {

namespace asio = boost::asio;

using health::kAwait;

// What a program may write to standard error; writes fail after it. Memory is used as it is written.
constexpr off_t kErrorsMax = 1024 * 1024;
// Of its first line, in the log.
constexpr std::size_t kErrorShownMax = 200;

// A file descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  // Throws std::system_error with `what` if it is none.
  Descriptor(int fd, const char* what) : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

void require(bool is_done, const char* what) {
  if (!is_done) throw std::system_error(errno, std::generic_category(), what);
}

// In memory, and not a pipe: nobody has to write while the program reads, or to read while it writes.
int input_file(std::string_view text) {
  Descriptor file(memfd_create("rhumb-event", MFD_CLOEXEC), "memfd_create");
  require(write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()), "write");
  require(lseek(file.get(), 0, SEEK_SET) == 0, "lseek");
  return file.release();
}

int errors_file() {
  Descriptor file(memfd_create("rhumb-errors", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create");
  require(ftruncate(file.get(), kErrorsMax) == 0, "ftruncate");
  require(fcntl(file.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0, "fcntl");
  return file.release();
}

// What can be shown of the first line; empty if there is none.
std::string first_line(int fd) {
  std::array<char, kErrorShownMax> start{};
  const ssize_t size = pread(fd, start.data(), start.size(), 0);
  std::string line;
  for (ssize_t i = 0; i < size; ++i) {
    const char c = start[static_cast<std::size_t>(i)];
    if (c == '\n' || c == '\0') break;
    line += c >= 0 && c < ' ' ? '?' : c;
  }
  return line;
}

// Ours, and what there is to say of the event.
std::vector<std::string> environment_for(const health::Event& event) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("RHUMB_")) environment.emplace_back(*entry);
  }
  for (std::string& variable : event_variables(event))
    environment.push_back(std::move(variable));
  return environment;
}

// Ends with a null. Valid as long as `texts`.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts)
    pointers.push_back(const_cast<char*>(text.c_str()));  // execve(2) does not write to them
  pointers.push_back(nullptr);
  return pointers;
}

// What posix_spawn(3) is to do in the child.
class SpawnPlan {
 public:
  SpawnPlan(int input, int errors) {
    check(posix_spawn_file_actions_init(&actions_));
    check(posix_spawnattr_init(&attributes_));
    check(posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO));
    check(posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0));
    check(posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO));
    // Asio's sockets are inherited otherwise: a program that stays would keep our ports.
    check(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
    sigset_t signals;
    sigemptyset(&signals);
    check(posix_spawnattr_setsigmask(&attributes_, &signals));
    sigfillset(&signals);
    check(posix_spawnattr_setsigdefault(&attributes_, &signals));
    check(posix_spawnattr_setpgroup(&attributes_, 0));
    check(
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] pid_t start(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
    pid_t id = 0;
    check(posix_spawn(&id, command.front().c_str(), &actions_, &attributes_, pointers_to(command).data(),
                      pointers_to(environment).data()));
    return id;
  }

 private:
  static void check(int error) {
    if (error != 0) throw std::system_error(error, std::generic_category(), "it cannot be started");
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// pidfd_open(2); glibc 2.36 declares it so that C++ does not find it.
int open_process(pid_t process) {
  return static_cast<int>(syscall(SYS_pidfd_open, process, 0));
}

std::string name_of(const HookSettings& settings) {
  return "hook " + settings.command.front();
}

}  // namespace

HookProgram::HookProgram(asio::io_context& context, HookSettings settings, ReportTrouble report,
                         EventCounters& counters)
    : Outlet(context, name_of(settings), settings.filter, std::move(report), counters),
      settings_(std::move(settings)),
      timer_(context) {}

asio::awaitable<bool> HookProgram::deliver(const Message& message) {
  try {
    const Descriptor input(input_file(message.json + "\n"), "memfd_create");
    const Descriptor errors(errors_file(), "memfd_create");
    is_timed_out_ = false;
    running_ = SpawnPlan(input.get(), errors.get()).start(settings_.command, environment_for(message.notice.event));
    const int status = co_await wait_for_exit();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) co_return true;
    complain(problem_of(status, first_line(errors.get())));
  } catch (const std::system_error& error) {
    complain(error.what());
  }
  co_return false;
}

// The program's status, once it has ended: soon after the timeout at the latest.
asio::awaitable<int> HookProgram::wait_for_exit() {
  boost::system::error_code error;
  asio::posix::stream_descriptor exit(context());
  const int process = open_process(running_);
  if (process >= 0) {
    exit.assign(process, error);
    if (error) close(process);
  } else {
    error.assign(errno, boost::system::system_category());
  }
  if (error) {
    kill_running();
    reap();
    throw std::system_error(error.value(), std::generic_category(), "its end cannot be waited for");
  }
  timer_.expires_after(settings_.timeout);
  timer_.async_wait([self = shared_from_this(), this](const boost::system::error_code& cancelled) {
    if (cancelled || running_ == 0) return;
    is_timed_out_ = true;
    kill_running();
  });
  co_await exit.async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
  timer_.cancel();
  co_return reap();
}

// The status of the program, which has ended or is about to.
int HookProgram::reap() {
  int status = 0;
  waitpid(std::exchange(running_, 0), &status, 0);
  return status;
}

std::string HookProgram::problem_of(int status, const std::string& said) const {
  std::string end = fmt::format("status {}", WEXITSTATUS(status));
  if (WIFSIGNALED(status)) end = fmt::format("signal {}", WTERMSIG(status));
  if (is_timed_out_) {
    end = "killed after " + health::duration_text(settings_.timeout);
  }
  return said.empty() ? end : end + ": " + said;
}

void HookProgram::kill_running() const {
  if (running_ > 0) kill(-running_, SIGKILL);
}

}  // namespace rhumb::control

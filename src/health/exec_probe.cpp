#include "health/exec_probe.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <spawn.h>

#include "health/await.hpp"
#include "health/cutoff.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;
using boost::beast::error_code;

constexpr std::size_t kPipeReadSize = 16 * 1024;

// Programs are this machine's own: that one cannot be run says nothing of the target.
Outcome trouble(const std::string& activity, const std::error_code& error) {
  return inconclusive(fmt::format("{}: {}", activity, error.message()));
}

// A program that was started, the leader of its group. Ends with this.
class Program {
 public:
  explicit Program(pid_t id) noexcept : id_(id) {}
  ~Program() {
    if (id_ > 0) (void)end();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t id() const noexcept { return id_; }
  // Until it is reaped its number, and so the group's, is nobody else's.
  void kill_group() const noexcept {
    if (id_ > 0) ::kill(-id_, SIGKILL);
  }
  // Kills what is left of the group, waits for the program, and returns its status; nothing if somebody else took it.
  std::optional<int> end() noexcept {
    kill_group();
    int status = 0;
    pid_t reaped = -1;
    do {
      reaped = waitpid(id_, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    id_ = 0;
    return reaped > 0 ? std::optional(status) : std::nullopt;
  }

 private:
  pid_t id_;
};

// Makes `owner` the owner of the descriptor; if that fails, closes it.
error_code own(stream_descriptor& owner, int descriptor) {
  error_code error;
  owner.assign(descriptor, error);
  if (error) close(descriptor);
  return error;
}

// Reads what a program prints, and keeps the beginning, so that the program never waits for somebody to read it.
class Output : public std::enable_shared_from_this<Output> {
 public:
  explicit Output(const asio::any_io_executor& executor) : pipe_(executor) {}

  error_code read_from(int descriptor) {
    error_code error = own(pipe_, descriptor);
    if (!error) pipe_.non_blocking(true, error);
    if (!error) read_on();
    return error;
  }

  // Once the program has ended. Others may have the pipe still.
  std::string finish() {
    while (kept_.size() < kOutputMax) {
      if (read_some()) break;
    }
    error_code ignored;
    pipe_.close(ignored);
    return std::move(kept_);
  }

 private:
  // It waits, and does not read: what is printed last stays in the pipe for finish().
  void read_on() {
    pipe_.async_wait(stream_descriptor::wait_read, [self = shared_from_this()](const error_code& wait_error) {
      if (wait_error) return;
      const error_code error = self->read_some();
      if (!error || error == asio::error::would_block) self->read_on();
    });
  }

  error_code read_some() {
    error_code error;
    const std::size_t size = pipe_.read_some(asio::buffer(buffer_), error);
    kept_.append(buffer_.data(), std::min(size, kOutputMax - kept_.size()));
    return error;
  }

  stream_descriptor pipe_;
  std::array<char, kPipeReadSize> buffer_;
  std::string kept_;
};

std::vector<std::string> environment_of(const Target& target) {
  const char* const path = std::getenv("PATH");
  std::vector<std::string> environment = {
      fmt::format("PATH={}", path != nullptr ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      "RHUMB_ADDRESS=" + target.address.to_string(), "RHUMB_HOST=" + target.host,
      fmt::format("RHUMB_TIMEOUT={}", static_cast<double>(target.check.timeout_ms) / 1'000)};
  if (target.check.port != 0) environment.push_back(fmt::format("RHUMB_PORT={}", target.check.port));
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Every signal is as a program expects to find it, whatever the server blocks or ignores.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    if (posix_spawnattr_init(&attributes_) != 0) throw std::bad_alloc();
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// Nothing to read, all output into `pipe`, and no other descriptor: Asio's sockets are not closed by exec(3).
class SpawnActions {
 public:
  explicit SpawnActions(int pipe) {
    if (posix_spawn_file_actions_init(&actions_) != 0) throw std::bad_alloc();
    const bool is_whole = posix_spawn_file_actions_adddup2(&actions_, pipe, STDOUT_FILENO) == 0 &&
                          posix_spawn_file_actions_adddup2(&actions_, pipe, STDERR_FILENO) == 0 &&
                          posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
                          posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1) == 0;
    if (is_whole) return;
    posix_spawn_file_actions_destroy(&actions_);
    throw std::bad_alloc();
  }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// The number of the process; or minus the error.
pid_t spawn(const Target& target, int pipe) {
  std::vector<std::string> words = target.check.command;
  std::vector<std::string> environment = environment_of(target);
  const SpawnActions actions(pipe);
  const SpawnAttributes attributes;
  pid_t id = 0;
  const int error = posix_spawn(&id, words.front().c_str(), actions.get(), attributes.get(), pointers_to(words).data(),
                                pointers_to(environment).data());
  return error == 0 ? id : -error;
}

std::string first_line(const std::string& output) {
  std::string line = output.substr(0, output.find('\n'));
  std::ranges::replace_if(
      line, [](char c) { return c < ' ' || c > '~'; }, '?');
  return line.empty() ? line : ": " + line;
}

Outcome judge(int status, const std::string& output) {
  const std::string line = first_line(output);
  if (WIFSIGNALED(status)) return failure(fmt::format("killed by signal {}{}", WTERMSIG(status), line));
  std::string evidence = fmt::format("exit {}{}", WEXITSTATUS(status), line);
  return WEXITSTATUS(status) == 0 ? success(std::move(evidence)) : failure(std::move(evidence));
}

asio::awaitable<Outcome> wait_for(Program& program, Output& output, Abort& abort, const Target& target,
                                  Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  stream_descriptor ended(executor);
  // glibc 2.36 declares pidfd_open(2) for C only.
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, program.id(), 0));
  const error_code lost = descriptor < 0 ? error_code(errno, boost::system::system_category()) : own(ended, descriptor);
  if (lost) {
    (void)program.end();
    (void)output.finish();
    co_return trouble("pidfd_open", lost);
  }
  const Cutoff cutoff(abort, executor, deadline, [&program] { program.kill_group(); });
  const auto [error] = co_await ended.async_wait(stream_descriptor::wait_read, kAwait);
  const std::optional<int> status = program.end();
  const std::string printed = output.finish();
  if (cutoff.has_come()) co_return cutoff.outcome(target, "waiting for the program to end");
  if (error) co_return trouble("waiting for the program", error);
  if (!status) co_return inconclusive("the program's status is lost");
  co_return judge(*status, printed);
}

}  // namespace

asio::awaitable<Outcome> probe_exec(Abort& abort, const Target& target, Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) co_return trouble("pipe", {errno, std::generic_category()});
  const auto output = std::make_shared<Output>(executor);
  const error_code unread = output->read_from(ends[0]);
  const pid_t id = unread ? 0 : spawn(target, ends[1]);
  close(ends[1]);
  if (unread) co_return trouble("pipe", unread);
  if (id < 0) {
    (void)output->finish();
    co_return trouble(target.check.command.front(), {-id, std::generic_category()});
  }

  Program program(id);
  Outcome outcome = co_await wait_for(program, *output, abort, target, deadline);
  co_return outcome;
}

}  // namespace rhumb::health

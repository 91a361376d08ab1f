#include "daemon/succession.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <spawn.h>
#include <spdlog/spdlog.h>

#include "daemon/capabilities.hpp"
#include "daemon/service_manager.hpp"

namespace rhumb::daemon {
namespace {

using transport::Descriptor;

// Who is at the other end of a Unix socket.
ucred peer_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {0, static_cast<uid_t>(-1), 0};
  return peer;
}

// The secrets and the sockets are for those who could have them anyway.
bool may_take_over(int fd) {
  const uid_t user = peer_of(fd).uid;
  return user == 0 || user == geteuid();
}

// Starts `program` with no descriptors but the standard ones and the channel, and no signal blocked. Throws
// std::system_error.
pid_t spawn(const std::filesystem::path& program, const std::vector<std::string>& arguments, int channel) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};  // posix_spawn(3) does not write to them
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  if (posix_spawnattr_init(&attributes) != 0) throw std::bad_alloc();
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  int error = posix_spawn_file_actions_init(&actions);
  pid_t child = 0;
  if (error == 0) {
    error = posix_spawn_file_actions_adddup2(&actions, channel, Succession::kChannel);
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, Succession::kChannel + 1);
    if (error == 0) error = posix_spawn(&child, program.c_str(), &actions, &attributes, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
  }
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), program.string());
  return child;
}

// Ends a successor that does not take over; how it has ended, for people.
std::string end(pid_t child) {
  if (child <= 0) return "it cannot be started; the log says why";
  kill(child, SIGKILL);  // does nothing to one that has ended
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return fmt::format("it ended with the status {}; the log says why", WEXITSTATUS(status));
  return fmt::format("it was ended by signal {}", WTERMSIG(status));
}

std::filesystem::path this_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

}  // namespace

Succession::Succession(std::vector<std::string> program_arguments, std::function<void()> wake)
    : program_arguments_(std::move(program_arguments)),
      wake_(std::move(wake)),
      own_program_(this_program()),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "rhumb-upgrade");
}

Succession::~Succession() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void Succession::arrive(int fd) noexcept {
  Descriptor channel(fd);
  if (!may_take_over(fd)) {
    spdlog::warn("uid {} may not replace this server: only root and its own user may", peer_of(fd).uid);
    return refuse(fd, "only root and the user of the running server may replace it");
  }
  {
    const std::lock_guard lock(mutex_);
    if (arrivals_.size() >= kArrivalsMax) return;
    arrivals_.push_back({std::move(channel)});
  }
  wake_();
}

void Succession::upgrade() {
  order({}, Descriptor());
}

Descriptor Succession::attend(const Heritage& heritage) {
  while (true) {
    Arrival arrival;
    {
      const std::lock_guard lock(mutex_);
      if (arrivals_.empty()) return {};
      arrival = std::move(arrivals_.front());
      arrivals_.pop_front();
      if (arrival.is_ours) is_starting_ = false;
    }
    if (deal_with(arrival, heritage)) return std::move(arrival.channel);
  }
}

// True when it has taken over.
bool Succession::deal_with(Arrival& arrival, const Heritage& heritage) {
  try {
    const Wish wish = read_wish(arrival.channel.get());
    if (wish.kind == Wish::Kind::take_over) return give_to(arrival, heritage);
    order(wish.program, std::move(arrival.channel));
  } catch (const HandoverError& error) {
    fail(arrival, error.what());
  }
  return false;
}

bool Succession::give_to(Arrival& arrival, const Heritage& heritage) {
  const pid_t successor = arrival.is_ours ? arrival.child : peer_of(arrival.channel.get()).pid;
  spdlog::info("PID {} takes over", successor);
  try {
    give(arrival.channel.get(), heritage.estate());
  } catch (const HandoverError&) {
    heritage.keep();
    throw;
  }
  spdlog::info("PID {} has taken over", successor);
  tell_successor(successor);
  report({true, fmt::format("PID {} has taken over from PID {}", successor, getpid())});
  return true;
}

void Succession::fail(const Arrival& arrival, const std::string& reason) {
  std::string text = fmt::format("not replaced, this server goes on: {}", reason);
  if (arrival.is_ours) text += "; " + end(arrival.child);
  spdlog::error("{}", text);
  if (arrival.is_ours) report({false, text});
}

void Succession::report(const Report& report) {
  if (asker_.get() >= 0) write_report(asker_.get(), report);
  asker_ = Descriptor();
}

void Succession::order(const std::filesystem::path& program, Descriptor asker) {
  {
    const std::lock_guard lock(mutex_);
    if (is_starting_) {
      spdlog::warn("a successor is being started already");
      if (asker.get() >= 0) write_report(asker.get(), {false, "a successor is being started already"});
      return;
    }
    is_starting_ = true;
    asker_ = std::move(asker);
    ordered_ = program.empty() ? own_program_ : program;
  }
  changed_.notify_one();
}

void Succession::run() {
  pass_capabilities_on();
  while (true) {
    std::filesystem::path program;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_stopping_ || ordered_; });
      if (is_stopping_) return;
      program = std::move(*std::exchange(ordered_, std::nullopt));
    }
    start(program);
  }
}

// Until the successor has something to say, or has ended, which looks the same; attend() finds out.
void Succession::start(const std::filesystem::path& program) {
  std::array<int, 2> ends{-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) ends = {-1, -1};
  Arrival arrival{Descriptor(ends[0]), true};
  {
    const Descriptor other(ends[1]);
    try {
      arrival.child = spawn(program, program_arguments_, other.get());
      spdlog::info("starting {} as PID {} to take over", program.string(), arrival.child);
    } catch (const std::exception& error) {
      spdlog::error("a successor cannot be started: {}", error.what());
    }
  }
  std::array<pollfd, 2> watched{pollfd{arrival.channel.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  const std::chrono::milliseconds patience = kStartPatience;
  while (poll(watched.data(), watched.size(), static_cast<int>(patience.count())) < 0 && errno == EINTR) {
  }
  if (watched[1].revents != 0) return static_cast<void>(end(arrival.child));
  {
    const std::lock_guard lock(mutex_);
    arrivals_.push_back(std::move(arrival));
  }
  wake_();
}

}  // namespace rhumb::daemon

#include "daemon/main_loop.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>
#include <utility>

namespace rhumb::daemon {
namespace {

transport::Descriptor checked(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return transport::Descriptor(descriptor);
}

transport::Descriptor take(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals)
    sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return checked(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), "cannot wait for signals");
}

}  // namespace

MainLoop::MainLoop(std::initializer_list<int> signals)
    : signals_(take(signals)),
      wake_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "cannot wait for other threads")) {}

void MainLoop::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));  // fails only when it is full, and so awake already
}

std::optional<int> MainLoop::wait(std::chrono::milliseconds patience) {
  std::array<pollfd, 2> waiting{{{signals_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
  static_cast<void>(::poll(waiting.data(), waiting.size(), static_cast<int>(patience.count())));
  run_tasks();
  return take_signal();
}

void MainLoop::run_tasks() {
  std::uint64_t count = 0;
  static_cast<void>(!::read(wake_.get(), &count, sizeof count));
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const Task& task : tasks)
    task();
}

std::optional<int> MainLoop::take_signal() const {
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace rhumb::daemon

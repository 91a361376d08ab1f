// What the main thread waits for: signals, and what other threads ask it to do.
//
// A signalfd and an eventfd in one poll(2), so that neither is missed while the thread does something else: whatever
// has come meanwhile is there at the next wait.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <vector>

#include "transport/socket.hpp"

namespace rhumb::daemon {

class MainLoop {
 public:
  using Task = std::function<void()>;

  // Blocks these signals in this thread and all that it starts from now on; until then they do what they always do.
  // Throws std::system_error when the system has no descriptors left.
  explicit MainLoop(std::initializer_list<int> signals);

  // From any thread: `task` is run in the next wait(), unless there is none any more.
  void post(Task task);

  // Waits for a signal or tasks, but no longer than `patience`. Runs the tasks that have been posted, in their order;
  // returns the signal, if there is one. What tasks throw, it throws.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience);

 private:
  void run_tasks();
  [[nodiscard]] std::optional<int> take_signal() const;

  transport::Descriptor signals_;
  transport::Descriptor wake_;
  std::mutex mutex_;
  std::vector<Task> tasks_;  // under the mutex
};

}  // namespace rhumb::daemon

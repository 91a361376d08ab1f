// How something that is under way on one thread is cut short from outside it: a probe, whatever it waits for.
//
// Who starts a probe owns an Abort for it. The probe says, scope by scope, what ends its waiting (close the socket,
// cancel the timer, kill the child); abort() does it. So who aborts need not know what is aborted.
#pragma once

#include <cassert>
#include <functional>
#include <utility>

namespace rhumb::health {

// For coroutines and callers of one thread.
class Abort {
 public:
  Abort() = default;
  Abort(const Abort&) = delete;
  Abort& operator=(const Abort&) = delete;

  // For good. Ends what is registered now, or whatever is registered later, at once; further calls do nothing.
  void abort() {
    if (std::exchange(is_aborted_, true)) return;
    if (action_ != nullptr) (*action_)();
  }

  [[nodiscard]] bool is_aborted() const noexcept { return is_aborted_; }

 private:
  friend class WhenAborted;
  bool is_aborted_ = false;
  const std::function<void()>* action_ = nullptr;
};

// Registers `action` for the length of its scope; one at a time. It runs within abort(), at most once, and here if that
// was called before: so it must only make what waits end, not wait itself. What was waited for after an abort is of no
// worth.
class WhenAborted {
 public:
  WhenAborted(Abort& abort, std::function<void()> action) : abort_(abort), action_(std::move(action)) {
    assert(abort_.action_ == nullptr);
    abort_.action_ = &action_;
    if (abort_.is_aborted()) action_();
  }
  ~WhenAborted() { abort_.action_ = nullptr; }
  WhenAborted(const WhenAborted&) = delete;
  WhenAborted& operator=(const WhenAborted&) = delete;

 private:
  Abort& abort_;
  const std::function<void()> action_;
};

}  // namespace rhumb::health

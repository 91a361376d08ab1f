// How many lines the log may have: a fault that repeats itself must not fill a disk, nor keep the threads that tell of
// it from their work.
#pragma once

#include <chrono>
#include <cstddef>

namespace rhumb::daemon {

// One caller at a time.
class LineBudget {
 public:
  using Clock = std::chrono::system_clock;  // that of the lines

  // A reload that changes every one of some thousand zones fits; what comes without an end does not. journald's own
  // limit is as many in 30 s.
  static constexpr std::size_t kLinesMax = 10'000;
  static constexpr std::chrono::seconds kSpan{10};

  // Whether there may be a line now. A clock that is set back begins a new span.
  [[nodiscard]] bool admits(Clock::time_point now) noexcept;

  // How many lines were left out in the span that has ended, once: 0 until another has begun.
  [[nodiscard]] std::size_t take_left_out() noexcept;

 private:
  Clock::time_point start_ = {};
  std::size_t lines_ = 0;
  std::size_t left_out_ = 0;  // of the span before
};

}  // namespace rhumb::daemon

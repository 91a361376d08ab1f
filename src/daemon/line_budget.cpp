#include "daemon/line_budget.hpp"

#include <utility>

namespace rhumb::daemon {

bool LineBudget::admits(Clock::time_point now) noexcept {
  if (now < start_ || now - start_ >= kSpan) {
    if (lines_ > kLinesMax) left_out_ += lines_ - kLinesMax;
    start_ = now;
    lines_ = 0;
  }
  return ++lines_ <= kLinesMax;
}

std::size_t LineBudget::take_left_out() noexcept {
  return std::exchange(left_out_, 0);
}

}  // namespace rhumb::daemon

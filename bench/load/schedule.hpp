// When queries are due at a fixed rate: fixed beforehand, so that a slow answer does not put off those after it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace rhumb::load {

using Nanoseconds = std::uint64_t;

inline constexpr Nanoseconds kNanosecondsPerS = 1'000'000'000;

// The first query is due one interval after the beginning, the last one not after the end.
class Schedule {
 public:
  Schedule(Nanoseconds begin, Nanoseconds end, double queries_per_s)
      : begin_(begin), end_(end), interval_(static_cast<double>(kNanosecondsPerS) / queries_per_s) {}

  // How many have been due by `time`, which is not before the beginning.
  [[nodiscard]] std::uint64_t due_until(Nanoseconds time) const noexcept {
    return static_cast<std::uint64_t>(static_cast<double>(std::min(time, end_) - begin_) / interval_);
  }

  // When the one that comes after so many others is due.
  [[nodiscard]] Nanoseconds due_after(std::uint64_t others) const noexcept {
    return begin_ + static_cast<Nanoseconds>(static_cast<double>(others + 1) * interval_);
  }

 private:
  Nanoseconds begin_;
  Nanoseconds end_;
  double interval_;  // nanoseconds
};

}  // namespace rhumb::load

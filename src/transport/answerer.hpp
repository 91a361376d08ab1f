// What a thread that answers has of its own, whatever its transport: random numbers, counters, and a look at the clock
// now and then.
//
// One answer in 256 is timed: two readings of the clock, 25 ns each, are 0.2 ns an answer, where those of all would be
// a quarter of what a static one takes. Half of a reading, some 20 ns, is in each time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>

#include "answer/counters.hpp"
#include "answer/responder.hpp"
#include "base/random.hpp"

namespace rhumb::transport {

// Nanoseconds of a clock that does not go back. Without a system call: the kernel keeps it in a page that every process
// can read (vdso(7)).
[[nodiscard]] inline std::uint64_t steady_nanoseconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// The same of the calendar, in seconds.
[[nodiscard]] inline std::uint32_t unix_seconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return static_cast<std::uint32_t>(now.tv_sec);
}

// Belongs to one thread; its counters may be read from others.
class Answerer {
 public:
  static constexpr std::uint32_t kTimedEvery = 256;

  explicit Answerer(std::uint64_t seed) noexcept : random_(seed) {}

  // As answer::answer().
  [[nodiscard]] std::size_t answer(const answer::Snapshot& snapshot, const answer::Client& client, Bytes query,
                                   MutableBytes response, answer::Summary& summary) noexcept {
    if (--until_timed_ == 0) [[unlikely]]
      return answer_timed(snapshot, client, query, response, summary);
    return answer::answer(snapshot, client, query, response, random_, summary);
  }

  // What was answered from `snapshot`.
  void count(std::span<const answer::Summary> summaries, answer::Transport transport, Family family,
             const answer::Snapshot& snapshot) noexcept {
    counters_.count(summaries, transport, family, snapshot.counted);
  }

  [[nodiscard]] Random& random() noexcept { return random_; }
  [[nodiscard]] const answer::Counters& counters() const noexcept { return counters_; }

 private:
  [[gnu::noinline]] std::size_t answer_timed(const answer::Snapshot& snapshot, const answer::Client& client,
                                             Bytes query, MutableBytes response, answer::Summary& summary) noexcept {
    until_timed_ = kTimedEvery;
    const std::uint64_t start = steady_nanoseconds();
    const std::size_t size = answer::answer(snapshot, client, query, response, random_, summary);
    counters_.count_time(steady_nanoseconds() - start);
    return size;
  }

  Random random_;
  std::uint32_t until_timed_ = kTimedEvery;
  answer::Counters counters_;
};

}  // namespace rhumb::transport

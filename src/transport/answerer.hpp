// What a thread that answers has of its own, whatever its transport: random numbers, counters, a look at the clock and
// at the client's country now and then, and its end of the query log.
//
// One answer in 256 is timed: two readings of the clock, 25 ns each, are 0.2 ns an answer, where those of all would be
// a quarter of what a static one takes. Half of a reading, some 20 ns, is in each time. If one of these is steered and
// countries are counted, that of its client is. Those that are logged are drawn
// beforehand too, so that one number counts down to whatever is next: all others pay for no more than that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>

#include "answer/counters.hpp"
#include "answer/decision.hpp"
#include "answer/query_tap.hpp"
#include "answer/responder.hpp"
#include "answer/sampling.hpp"
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

// Belongs to one thread; its counters and its tap are others' to read.
class Answerer {
 public:
  static constexpr std::uint32_t kTimedEvery = 256;

  explicit Answerer(std::uint64_t seed);

  // Before a batch: from now on as many queries are logged as its tap says.
  void heed_tap() noexcept {
    if (tap_.sample() != sampling_.share()) [[unlikely]]
      sample_anew();
  }

  // As answer::answer().
  [[nodiscard]] std::size_t answer(const answer::Snapshot& snapshot, const answer::Client& client, Bytes query,
                                   MutableBytes response, answer::Summary& summary) noexcept {
    if (--until_next_ == 0) [[unlikely]]
      return answer_and_note(snapshot, client, query, response, summary);
    return answer::answer(snapshot, client, query, response, random_, summary);
  }

  // What was answered from `snapshot`.
  void count(std::span<const answer::Summary> summaries, answer::Transport transport, Family family,
             const answer::Snapshot& snapshot) noexcept {
    counters_.count(summaries, transport, family, snapshot.counted);
  }

  [[nodiscard]] Random& random() noexcept { return random_; }
  [[nodiscard]] const answer::Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] answer::QueryTap& tap() noexcept { return tap_; }

 private:
  void sample_anew() noexcept;
  void step_to_next() noexcept;
  // One that is timed, and its country counted, or logged, or both.
  [[gnu::noinline]] std::size_t answer_and_note(const answer::Snapshot& snapshot, const answer::Client& client,
                                                Bytes query, MutableBytes response, answer::Summary& summary) noexcept;

  Random random_;
  std::uint32_t until_next_ = kTimedEvery;   // that is timed or logged
  std::uint32_t step_ = kTimedEvery;         // what until_next_ began with
  std::uint32_t until_timed_ = kTimedEvery;  // these two: when step_ began
  std::uint64_t until_sampled_ = answer::Sampling::kNever;
  answer::Sampling sampling_;
  answer::QueryTap tap_;
  answer::Decision trace_;  // has memory for all that there may be: each name on the way, steered for both families
  answer::Counters counters_;
};

}  // namespace rhumb::transport

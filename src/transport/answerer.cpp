#include "transport/answerer.hpp"

#include <algorithm>

namespace rhumb::transport {
namespace {

// Since 1970, without a system call.
std::uint64_t unix_nanoseconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

Answerer::Answerer(std::uint64_t seed) : random_(seed) {
  trace_.has_steps = false;
  trace_.steered.reserve(2 * (answer::kChainMax + 1));
}

void Answerer::sample_anew() noexcept {
  const std::uint32_t passed = step_ - until_next_;
  until_timed_ -= passed;
  sampling_ = answer::Sampling(tap_.sample());
  until_sampled_ = sampling_.next(random_);
  step_to_next();
}

void Answerer::step_to_next() noexcept {
  step_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(until_timed_, until_sampled_));
  until_next_ = step_;
}

std::size_t Answerer::answer_and_note(const answer::Snapshot& snapshot, const answer::Client& client, Bytes query,
                                      MutableBytes response, answer::Summary& summary) noexcept {
  until_timed_ -= step_;
  const bool is_timed = until_timed_ == 0;
  if (is_timed) until_timed_ = kTimedEvery;
  bool is_sampled = false;
  if (until_sampled_ != answer::Sampling::kNever) {
    until_sampled_ -= step_;
    is_sampled = until_sampled_ == 0;
    if (is_sampled) until_sampled_ = sampling_.next(random_);
  }
  step_to_next();

  answer::QueryRecord* const record = is_sampled ? tap_.claim() : nullptr;
  const bool is_located = is_timed && snapshot.countries != nullptr;
  trace_.steered.clear();
  if (record != nullptr) record->begin(client, query, unix_nanoseconds(), sampling_.share());
  const std::uint64_t start = is_timed ? steady_nanoseconds() : 0;
  const std::size_t size = answer::answer(snapshot, client, query, response, random_, summary,
                                          record != nullptr || is_located ? &trace_ : nullptr);
  if (is_timed) counters_.count_time(steady_nanoseconds() - start);
  if (record != nullptr) {
    record->end(summary, trace_, response.first(size), unix_nanoseconds());
    tap_.push();
  }
  if (is_located && !trace_.steered.empty()) {
    counters_.count_country(snapshot.countries->find(trace_.steered.front().client).value);
  }
  return size;
}

}  // namespace rhumb::transport

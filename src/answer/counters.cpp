#include "answer/counters.hpp"

#include <bit>

namespace rhumb::answer {

static_assert(static_cast<std::size_t>(dns::Rcode::bad_vers) < counter::kRcodeSlots, "every rcode has a slot");

Counts& Counts::operator+=(const Counters& counters) noexcept {
  for (std::size_t place = 0; place < values_.size(); ++place)
    values_[place] += counters.values_[place].load(std::memory_order_relaxed);
  return *this;
}

bool Counters::count_particulars(const Summary& summary, Transport transport) noexcept {
  const Summary::Marks& marks = summary.marks;
  if (marks.is_truncated) add(counter::truncated(transport));
  if (summary.is_steered() && summary.outcome() != steering::Outcome::healthy) add(counter::outcome(summary.outcome()));
  if (marks.fate == Fate::answered) return true;
  add(counter::fate(transport, marks.fate));
  return marks.fate == Fate::slipped;
}

void Counters::count_time(std::uint64_t time_ns) noexcept {
  const auto steps = (std::max(time_ns, std::uint64_t{1}) - 1) / time_bucket_end_ns(0);
  add(counter::kTimes + std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(steps)), kTimeBuckets - 1));
  add(counter::kTimeSum, time_ns);
}

}  // namespace rhumb::answer

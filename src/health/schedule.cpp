#include "health/schedule.hpp"

#include <algorithm>
#include <cassert>

namespace rhumb::health {
namespace {

// 2^32 ms are less than 2^42 us: times 2^20 (these parts, the targets) they still fit into 63 bits.
constexpr std::uint32_t kParts = 1U << 20;

Schedule::Duration random_part(Schedule::Duration whole, Random& random) {
  return whole * random.below(kParts) / kParts;
}

}  // namespace

Schedule::Schedule(TimePoint now, std::uint32_t interval_ms, std::size_t index, std::size_t count, Random& random)
    : interval_(std::chrono::milliseconds(interval_ms)) {
  assert(interval_ms >= 1 && index < count && count <= kTargetsMax);
  const auto targets = static_cast<std::int64_t>(count);
  const Schedule::Duration phase =
      interval_ * static_cast<std::int64_t>(index) / targets + random_part(interval_ / targets, random);
  const Schedule::Duration spread = std::min(std::max(kFirstSpread, targets * kFirstApart), interval_);
  const auto first = Schedule::Duration(
      static_cast<std::int64_t>(static_cast<double>(phase.count()) * static_cast<double>(spread.count()) /
                                static_cast<double>(interval_.count())));

  // From the hurried first probe to the grid: the second comes half an interval to one and a half after it.
  const bool is_close = phase - first < interval_ / 2;
  start_ = now + first;
  place_ = now + phase - (is_close ? Schedule::Duration(0) : interval_);
}

void Schedule::advance(TimePoint now, Random& random) {
  const auto missed = now > place_ ? (now - place_) / interval_ : 0;
  place_ += interval_ * std::max<std::int64_t>(missed, 1);
  const Schedule::Duration jitter = interval_ / kJitterPart;
  start_ = place_ - jitter + random_part(2 * jitter, random);
}

void Schedule::hurry(TimePoint now, Schedule::Duration after) {
  start_ = std::max(start_ + after, now);
  if (start_ > place_) place_ += interval_ * ((start_ - place_) / interval_);
}

}  // namespace rhumb::health

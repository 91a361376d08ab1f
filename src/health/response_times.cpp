#include "health/response_times.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace rhumb::health {

void ResponseTimes::record(double ms) noexcept {
  assert(std::isfinite(ms) && ms >= 0);
  average_ms_ = count_ == 0 ? ms : average_ms_ + kWeight * (ms - average_ms_);
  recent_[next_] = static_cast<float>(ms);
  next_ = static_cast<std::uint8_t>((next_ + 1) % kKept);
  count_ = static_cast<std::uint8_t>(std::min<std::size_t>(count_ + 1, kKept));
}

std::optional<double> ResponseTimes::average_ms() const noexcept {
  return count_ > 0 ? std::optional(average_ms_) : std::nullopt;
}

std::optional<double> ResponseTimes::percentile_ms(double percent) const noexcept {
  assert(percent > 0 && percent <= 100);
  if (count_ == 0) return std::nullopt;
  auto sorted = recent_;
  std::sort(sorted.begin(), sorted.begin() + count_);
  const auto rank = static_cast<std::size_t>(std::ceil(percent * count_ / 100));
  return sorted[std::clamp<std::size_t>(rank, 1, count_) - 1];
}

}  // namespace rhumb::health

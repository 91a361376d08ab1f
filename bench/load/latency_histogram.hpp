// How long answers took: a histogram whose buckets are never wider than 1/64 of what they hold.
//
// Log-linear: each power of two of nanoseconds is cut into 64 buckets, so 35 powers (34 s) take 18 KB, and noting a
// latency is a shift and an increment.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace rhumb::load {

class LatencyHistogram {
 public:
  void note(std::uint64_t latency_ns) noexcept {
    ++counts_[std::min(bucket_of(latency_ns), kBuckets - 1)];
    ++count_;
    max_ns_ = std::max(max_ns_, latency_ns);
  }

  void add(const LatencyHistogram& other) noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i)
      counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ns_ = std::max(max_ns_, other.max_ns_);
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t max_ns() const noexcept { return max_ns_; }

  // The latency that `share` of all (0 to 1) do not exceed, rounded up to a bucket's end; 0 when there are none.
  [[nodiscard]] std::uint64_t quantile_ns(double share) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i];
      if (seen > wanted) return std::min(last_of(i), max_ns_);
    }
    return max_ns_;
  }

 private:
  static constexpr unsigned kLinearBits = 6;
  static constexpr std::size_t kLinear = std::size_t{1} << kLinearBits;
  static constexpr unsigned kPowers = 35;  // the last begins at 17 s; what is longer is counted there
  static constexpr std::size_t kBuckets = kLinear * (kPowers - kLinearBits + 1);

  // Below 64 each number has a bucket of its own; then the highest seven bits tell.
  static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < kLinear) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kLinearBits - 1;
    return kLinear * shift + (value >> shift);
  }

  static std::uint64_t last_of(std::size_t bucket) noexcept {
    if (bucket < 2 * kLinear) return bucket;
    const std::size_t shift = bucket / kLinear - 1;
    return ((bucket - kLinear * shift + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace rhumb::load

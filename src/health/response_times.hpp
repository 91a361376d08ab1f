// How long the successes of one probe took: an average that follows, and percentiles of the latest.
//
// The average moves an eighth of the way to each new time, as TCP's estimate of its round trips does (RFC 6298 §2):
// after five more successes half of it is new, so one slow answer does not look like a trend and a trend shows within a
// minute at the usual interval. Percentiles are of the last 64 successes, exact, found by sorting a copy when somebody
// asks: recording, which every probe does, is two stores. 272 octets a probe, and nothing is allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rhumb::health {

class ResponseTimes {
 public:
  // How many successes the percentiles are of: 95 % of fewer than twenty would be the slowest, whatever it is.
  static constexpr std::size_t kKept = 64;
  static constexpr double kWeight = 1.0 / 8;

  // `ms` is finite and not negative.
  void record(double ms) noexcept;

  // Exponentially weighted; nothing until there is a time.
  [[nodiscard]] std::optional<double> average_ms() const noexcept;

  // The shortest recent time that at least `percent` of them do not exceed (nearest rank); nothing until there is a
  // time. 0 < `percent` ≤ 100. Sorts a copy of them.
  [[nodiscard]] std::optional<double> percentile_ms(double percent) const noexcept;

 private:
  std::array<float, kKept> recent_{};  // the newest in place of the oldest; seven digits are more than is measured
  double average_ms_ = 0;
  std::uint8_t count_ = 0;
  std::uint8_t next_ = 0;
};

static_assert(sizeof(ResponseTimes) <= 300, "there is one for every probe");

}  // namespace rhumb::health

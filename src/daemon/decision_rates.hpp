// Answers of services a second, by region, and by country if these are counted: what counters have gained over the last
// minute.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <string>

#include "daemon/metrics_source.hpp"

namespace rhumb::daemon {

// From any thread.
class DecisionRates {
 public:
  using Clock = std::chrono::steady_clock;
  using Counts = MetricsSource::Decisions;

  // How far apart counts are noted, and how far back they are remembered.
  static constexpr std::chrono::seconds kInterval{10};
  static constexpr std::chrono::seconds kWindow{60};

  // Whether note() is due.
  [[nodiscard]] bool is_due(Clock::time_point now) const;
  void note(Counts counts, Clock::time_point now);

  // {"seconds": 60.0, "services": [{"service": …, "per_second": …, "regions": [{"region": …, "per_second": …}]}]}: what
  // `counts`, which are of now, have gained in so many seconds. Services that were not asked are left out, as are their
  // regions. While countries are counted there is also "countries": [{"country": …, "per_second": …}], estimated from
  // one answer in so many as "sampled" says, the unknown one without "country".
  [[nodiscard]] std::string to_json(const Counts& counts, Clock::time_point now) const;

 private:
  struct Noted {
    Clock::time_point at;
    Counts counts;
  };

  mutable std::mutex mutex_;
  std::deque<Noted> noted_;  // the oldest first
};

}  // namespace rhumb::daemon

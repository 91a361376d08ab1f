// What became of events, counted by kind.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "control/event_filter.hpp"
#include "health/event.hpp"

namespace rhumb::control {

struct EventCounts {
  struct OfKind {
    std::uint64_t told = 0;        // logged, and offered to hooks and webhooks
    std::uint64_t suppressed = 0;  // not told: their subject had too many. Counted with the kind of the next that was
    // By hooks and webhooks together; an event may be counted once for each of them.
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;   // tried, and given up
    std::uint64_t dropped = 0;  // not tried: too many waited, or the server ended. Not even offered, if told is less
  };

  std::array<OfKind, kEventKinds> by_kind = {};

  [[nodiscard]] const OfKind& of(health::Event::Kind kind) const noexcept {
    return by_kind[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] OfKind total() const noexcept {
    OfKind sum;
    for (const OfKind& counts : by_kind) {
      sum.told += counts.told;
      sum.suppressed += counts.suppressed;
      sum.delivered += counts.delivered;
      sum.failed += counts.failed;
      sum.dropped += counts.dropped;
    }
    return sum;
  }
};

// Counts from any thread, and is read from any; each number is right, all together may be of slightly different
// moments.
class EventCounters {
 public:
  enum class Fate : std::uint8_t { told, suppressed, delivered, failed, dropped };

  void count(health::Event::Kind kind, Fate fate, std::uint64_t number = 1) noexcept {
    counters_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(fate)].fetch_add(number,
                                                                                        std::memory_order_relaxed);
  }

  [[nodiscard]] EventCounts read() const noexcept {
    EventCounts counts;
    for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
      const auto number = [&](Fate fate) {
        return counters_[kind][static_cast<std::size_t>(fate)].load(std::memory_order_relaxed);
      };
      counts.by_kind[kind] = {number(Fate::told), number(Fate::suppressed), number(Fate::delivered),
                              number(Fate::failed), number(Fate::dropped)};
    }
    return counts;
  }

 private:
  std::array<std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Fate::dropped) + 1>, kEventKinds>
      counters_ = {};
};

}  // namespace rhumb::control

// Tells the world of events: the log, programs and webhooks.
//
// Whoever has an event calls deliver() and is done. One thread does the rest: it slows down what flaps
// (event_throttle.hpp), logs, and hands on to hooks and webhooks (outlet.hpp), which have a queue each. Nothing that
// they do, and not even a log that nobody reads, keeps who has the event waiting.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "control/event_counts.hpp"
#include "control/event_settings.hpp"
#include "control/notice.hpp"
#include "health/event.hpp"

namespace rhumb::control {

class EventSinks {
 public:
  // Events between deliver() and the thread, which takes them in microseconds; all targets changing at once are as
  // many.
  static constexpr std::size_t kInboxMax = 20'000;
  // What is queued at the end gets this much: a stop must not wait for others.
  static constexpr std::chrono::seconds kGrace{1};

  // Both are called on the thread, one at a time, and must not throw.
  struct Log {
    // An event, and the same as JSON (event_json.hpp).
    std::function<void(const Notice& notice, const std::string& json)> notice;
    // Why somebody was not told.
    std::function<void(const std::string& text)> trouble;
  };

  // Starts the thread; throws std::system_error if there is no thread or descriptor to be had. Until configure() only
  // the log is told.
  explicit EventSinks(Log log);
  // Tells what is queued, for at most kGrace, then kills and closes what is still at work. Nobody may be in deliver().
  ~EventSinks();
  EventSinks(const EventSinks&) = delete;
  EventSinks& operator=(const EventSinks&) = delete;

  // From now on tells these, as `server`. Hooks and webhooks that were there before keep their queue; those that are
  // not in it any more get kGrace for theirs. From any thread.
  void configure(EventSettings settings, std::string server);

  // From any thread; never waits.
  void deliver(health::Event event);

  // Since the start. From any thread.
  [[nodiscard]] EventCounts counts() const noexcept;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace rhumb::control

// Events for those who listen: each has a queue of his own, which he empties in his own time.
//
// A listener that is too slow misses events, and is told how many; nobody waits for him.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>

namespace rhumb::control {

class EventFeed {
 public:
  // Of one listener, some 300 octets each: a region with all its instances that goes down, and more.
  static constexpr std::size_t kQueueMax = 1'000;

  struct Entry {
    std::string kind;  // "state" (event_json.hpp)
    std::string json;  // in one line
  };
  struct Taken {
    std::deque<Entry> entries;
    std::uint64_t dropped = 0;  // after those of last time, and before these
  };

  // Hears what is told while it lives. The feed must outlive it.
  class Listener {
   public:
    // `wake` is called, by whoever tells, when something is there to take after there was nothing; it must not wait,
    // nor take.
    Listener(EventFeed& feed, std::function<void()> wake);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // What has been told since; there may be nothing.
    [[nodiscard]] Taken take();

   private:
    friend class EventFeed;

    EventFeed& feed_;
    std::function<void()> wake_;
    Taken waiting_;  // under the feed's mutex
  };

  // From any thread; never waits for a listener.
  void tell(const Entry& entry);

 private:
  std::mutex mutex_;
  std::list<Listener*> listeners_;
};

}  // namespace rhumb::control

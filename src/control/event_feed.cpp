#include "control/event_feed.hpp"

#include <utility>

namespace rhumb::control {

EventFeed::Listener::Listener(EventFeed& feed, std::function<void()> wake) : feed_(feed), wake_(std::move(wake)) {
  const std::lock_guard lock(feed_.mutex_);
  feed_.listeners_.push_back(this);
}

EventFeed::Listener::~Listener() {
  const std::lock_guard lock(feed_.mutex_);
  feed_.listeners_.remove(this);
}

EventFeed::Taken EventFeed::Listener::take() {
  const std::lock_guard lock(feed_.mutex_);
  return std::exchange(waiting_, {});
}

void EventFeed::tell(const Entry& entry) {
  const std::lock_guard lock(mutex_);
  for (Listener* listener : listeners_) {
    Taken& waiting = listener->waiting_;
    const bool was_empty = waiting.entries.empty();
    waiting.entries.push_back(entry);
    // The oldest goes: how things are now is what matters.
    if (waiting.entries.size() > kQueueMax) {
      waiting.entries.pop_front();
      ++waiting.dropped;
    }
    if (was_empty) listener->wake_();
  }
}

}  // namespace rhumb::control

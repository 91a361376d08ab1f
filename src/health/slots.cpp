#include "health/slots.hpp"

#include "health/await.hpp"

namespace rhumb::health {

namespace asio = boost::asio;

asio::awaitable<bool> Slots::take(asio::steady_timer& timer) {
  if (free_ > 0) {
    --free_;
    co_return true;
  }
  Waiter waiter{timer};
  const auto place = waiting_.insert(waiting_.end(), &waiter);
  timer.expires_at(asio::steady_timer::time_point::max());
  co_await timer.async_wait(kAwait);
  if (!waiter.has_slot) waiting_.erase(place);
  co_return waiter.has_slot;
}

void Slots::give_back() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  Waiter* const first = waiting_.front();
  waiting_.pop_front();
  first->has_slot = true;
  first->timer.cancel();
}

}  // namespace rhumb::health

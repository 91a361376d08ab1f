#include "health/slots.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

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
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
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

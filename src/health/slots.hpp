// A limited number of slots, handed out first come, first served. For coroutines of one thread.
#pragma once

#include <cstddef>
#include <list>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace rhumb::health {

class Slots {
 public:
  explicit Slots(std::size_t count) : free_(count) {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  // True: the caller has a slot, and gives it back. False: `timer` was cancelled while waiting. `timer` is the
  // caller's, used for waiting; whatever it was set to is lost.
  [[nodiscard]] boost::asio::awaitable<bool> take(boost::asio::steady_timer& timer);

  // Passes the slot on to the first that waits.
  void give_back();

 private:
  struct Waiter {
    boost::asio::steady_timer& timer;
    bool has_slot = false;
  };

  std::size_t free_;
  std::list<Waiter*> waiting_;
};

// Gives a slot back at the end of its scope.
class SlotHeld {
 public:
  explicit SlotHeld(Slots& slots) noexcept : slots_(slots) {}
  ~SlotHeld() { slots_.give_back(); }
  SlotHeld(const SlotHeld&) = delete;
  SlotHeld& operator=(const SlotHeld&) = delete;

 private:
  Slots& slots_;
};

}  // namespace rhumb::health

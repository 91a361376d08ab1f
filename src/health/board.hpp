// The states of all targets, as the responder reads them: one atomic octet each.
//
// The monitor is the one writer; any thread may read. Relaxed order is enough: a state stands for itself, nothing else
// is published with it. On x86 a read costs as much as that of a plain octet, and the octets of 64 targets share a
// cache line that is written only when a state changes.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <vector>

#include "health/state.hpp"

namespace rhumb::health {

class Board {
 public:
  // All unknown.
  explicit Board(std::size_t targets) : states_(targets) {}

  [[nodiscard]] std::size_t size() const noexcept { return states_.size(); }

  // `i` < size().
  [[nodiscard]] State read(std::size_t i) const noexcept {
    assert(i < states_.size());
    return states_[i].load(std::memory_order_relaxed);
  }

  // `i` < size(). From one thread.
  void write(std::size_t i, State state) noexcept {
    assert(i < states_.size());
    states_[i].store(state, std::memory_order_relaxed);
  }

 private:
  static_assert(std::atomic<State>::is_always_lock_free && sizeof(std::atomic<State>) == 1);
  static_assert(State{} == State::unknown, "a new board shows what value initialization gives");

  std::vector<std::atomic<State>> states_;
};

}  // namespace rhumb::health

// A queue from one thread to another whose slots are filled and read in place: no lock, no allocation, nobody waits.
//
// A slot is claimed, filled and pushed by the producer, looked at and popped by the consumer. Each side writes one
// counter, and keeps what it last saw of the other's, so that the producer touches the consumer's cache line only when
// the ring seems full.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>

namespace rhumb {

template <typename Slot, std::size_t kCapacity>
class SpscRing {
  static_assert(std::has_single_bit(kCapacity), "places in the ring are the low bits of a counter that wraps");

 public:
  // The producer's. Null: the ring is full. The same slot until push(), with whatever it was last filled with.
  [[nodiscard]] Slot* claim() noexcept {
    const std::size_t pushed = pushed_.load(std::memory_order_relaxed);
    if (pushed - popped_seen_ == kCapacity) {
      popped_seen_ = popped_.load(std::memory_order_acquire);
      if (pushed - popped_seen_ == kCapacity) return nullptr;
    }
    return &slots_[pushed % kCapacity];
  }
  // The producer's. Hands over the slot that was claimed.
  void push() noexcept { pushed_.store(pushed_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

  // The consumer's. Null: the ring is empty. The oldest, which stays as it is until pop().
  [[nodiscard]] const Slot* front() const noexcept {
    const std::size_t popped = popped_.load(std::memory_order_relaxed);
    return popped == pushed_.load(std::memory_order_acquire) ? nullptr : &slots_[popped % kCapacity];
  }
  // The consumer's. The ring must not be empty.
  void pop() noexcept { popped_.store(popped_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  static constexpr std::size_t kCacheLine = 64;

  alignas(kCacheLine) std::atomic<std::size_t> pushed_ = 0;
  std::size_t popped_seen_ = 0;  // the producer's
  alignas(kCacheLine) std::atomic<std::size_t> popped_ = 0;
  alignas(kCacheLine) std::array<Slot, kCapacity> slots_{};
};

}  // namespace rhumb

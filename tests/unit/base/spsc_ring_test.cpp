#include "base/spsc_ring.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace rhumb {
namespace {

// More words than one, so that a slot that is read too early or written too soon is torn.
struct Slot {
  std::array<std::uint64_t, 5> words{};

  void fill(std::uint64_t number) noexcept { words.fill(number); }
  [[nodiscard]] bool is_whole() const noexcept {
    return std::ranges::all_of(words, [this](std::uint64_t word) { return word == words[0]; });
  }
};

TEST(SpscRing, IsAQueueThatTakesNoMoreThanItsCapacity) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    SpscRing<Slot, 8> ring;
    std::deque<std::uint64_t> model;
    for (std::uint64_t step = 0; step < 500; ++step) {
      if (random() % 2 == 0) {
        Slot* const slot = ring.claim();
        ASSERT_EQ(slot == nullptr, model.size() == 8);
        if (slot == nullptr || random() % 4 == 0) continue;  // a slot that was claimed need not be pushed
        slot->fill(step);
        ring.push();
        model.push_back(step);
      } else {
        const Slot* const slot = ring.front();
        ASSERT_EQ(slot == nullptr, model.empty());
        if (slot == nullptr) continue;
        ASSERT_EQ(slot->words[0], model.front());
        ring.pop();
        model.pop_front();
      }
    }
  }
}

// What one thread pushes the other sees whole, once and in order, and all that found no room is missing.
TEST(SpscRing, BetweenTwoThreadsNothingIsLostTwiceOrTorn) {
  constexpr std::uint64_t kNumbers = 200'000;
  const auto ring = std::make_unique<SpscRing<Slot, 16>>();
  std::uint64_t refused = 0;
  std::thread producer([&] {
    for (std::uint64_t number = 1; number <= kNumbers; ++number) {
      Slot* slot = ring->claim();
      // The last one has to arrive, so that the consumer knows when to stop.
      while (slot == nullptr && number == kNumbers) {
        std::this_thread::yield();
        slot = ring->claim();
      }
      if (slot == nullptr) {
        ++refused;
        std::this_thread::yield();
        continue;
      }
      slot->fill(number);
      ring->push();
    }
  });
  std::uint64_t seen = 0;
  std::uint64_t last = 0;
  bool is_well = true;
  while (last < kNumbers) {
    const Slot* const slot = ring->front();
    if (slot == nullptr) {
      std::this_thread::yield();
      continue;
    }
    is_well = is_well && slot->is_whole() && slot->words[0] > last;
    last = slot->words[0];
    ring->pop();
    ++seen;
  }
  producer.join();
  EXPECT_TRUE(is_well);
  EXPECT_EQ(seen + refused, kNumbers);
  EXPECT_EQ(ring->front(), nullptr);
}

}  // namespace
}  // namespace rhumb

// Random numbers for spreading load, not for secrets: xoshiro256++ (Blackman and Vigna, 2019, public domain).
//
// One generator a thread; seeded by the caller, so that a decision can be repeated. 2 ns a number, no shared state.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace rhumb {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept {
    // splitmix64 fills the state, as the authors of xoshiro recommend: never all zero, whatever the seed.
    for (auto& word : state_) {
      seed += 0x9e3779b97f4a7c15U;
      std::uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
      word = mixed ^ (mixed >> 31);
    }
  }

  [[nodiscard]] std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // 0 ≤ result < `bound`; `bound` > 0. Unbiased, by multiplication (Lemire, 2019): of 2^32 numbers fewer than `bound`,
  // those that would make some results likelier, are rejected. A division is needed as rarely.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) noexcept {
    std::uint64_t product = (next() >> 32) * bound;
    if (static_cast<std::uint32_t>(product) < bound) [[unlikely]] {
      const std::uint32_t rejected = (0U - bound) % bound;
      while (static_cast<std::uint32_t>(product) < rejected)
        product = (next() >> 32) * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace rhumb

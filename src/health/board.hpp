// What answers need to know of each instance, as the responder reads it: one atomic word each.
//
// The monitor is the one writer; any thread may read. Relaxed order is enough: a word stands for itself, nothing else
// is published with it. On x86 a read costs as much as that of a plain word, and the words of 16 instances share a
// cache line that is written only when one of them changes.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/share.hpp"
#include "health/state.hpp"

namespace rhumb::health {

// What an instance is to answers: what its checks, the operator and the safety rules come to.
struct Shown {
  static constexpr std::uint16_t kNoLimit = 0xFFFF;

  State state = State::unknown;    // as its checks say; for those who explain
  Share share = kFullShare;        // of its clients: the others take it for down while there is something else
  std::uint16_t ttl_s = kNoLimit;  // no answer that depends on it should be kept for longer

  friend bool operator==(const Shown&, const Shown&) = default;
};

class Board {
 public:
  // All as value-initialized.
  explicit Board(std::size_t instances) : words_(instances) {
    for (std::atomic<Word>& word : words_)
      word.store(pack({}), std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t size() const noexcept { return words_.size(); }

  // `i` < size().
  [[nodiscard]] Shown read(std::size_t i) const noexcept {
    assert(i < words_.size());
    return unpack(words_[i].load(std::memory_order_relaxed));
  }

  // `i` < size(). From one thread.
  void write(std::size_t i, const Shown& shown) noexcept {
    assert(i < words_.size());
    words_[i].store(pack(shown), std::memory_order_relaxed);
  }
  // As an instance is shown of which no more is known than this.
  void write(std::size_t i, State state) noexcept {
    write(i, Shown{state, state == State::down ? Share{0} : kFullShare});
  }

 private:
  using Word = std::uint32_t;
  static_assert(std::atomic<Word>::is_always_lock_free && sizeof(std::atomic<Word>) == sizeof(Word));

  // From bit 0: the share (14 bits), the state (2), the TTL (16).
  static constexpr int kStateAt = 14;
  static constexpr int kTtlAt = 16;
  static_assert(kFullShare < 1U << kStateAt && static_cast<Word>(State::down) < 4);

  static constexpr Word pack(const Shown& shown) noexcept {
    return Word{shown.share} | static_cast<Word>(shown.state) << kStateAt | Word{shown.ttl_s} << kTtlAt;
  }
  static constexpr Shown unpack(Word word) noexcept {
    return {static_cast<State>(word >> kStateAt & 3U), static_cast<Share>(word & ((1U << kStateAt) - 1)),
            static_cast<std::uint16_t>(word >> kTtlAt)};
  }

  std::vector<std::atomic<Word>> words_;
};

}  // namespace rhumb::health

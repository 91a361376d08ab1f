// The queries in flight from one socket: which id is whose, and since when.
//
// A slot is one query's place. Its number is the low part of the id, how often it was used the rest of it, so that an
// answer which comes after its query was given up is not taken for that of the next one.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

#include "schedule.hpp"

namespace rhumb::load {

class Slots {
 public:
  // Half of the ids: each slot has at least two.
  static constexpr std::size_t kCountMax = 32'768;

  explicit Slots(std::size_t count) : slots_(count) {
    assert(count > 0 && count <= kCountMax);
    while ((std::size_t{1} << number_bits_) < count)
      ++number_bits_;
    for (std::size_t i = count; i > 0; --i)
      free_.push_back(static_cast<std::uint16_t>(i - 1));
  }

  [[nodiscard]] std::size_t free_count() const noexcept { return free_.size(); }

  // Takes a free slot, of which there is one, and returns the id for the query. `since` is what its latency is counted
  // from, `sent_at` what the time limit is.
  [[nodiscard]] std::uint16_t take(Nanoseconds since, Nanoseconds sent_at) noexcept {
    const std::uint16_t number = free_.back();
    free_.pop_back();
    Slot& slot = slots_[number];
    slot = {since, sent_at, static_cast<std::uint16_t>(slot.uses + 1), true};
    return id_of(number);
  }

  // Takes back the slot of a query that could not be sent.
  void give_back(std::uint16_t id) noexcept { release(number_of(id)); }

  // An answer with this id came: since when its query has waited; none if no query with this id waits.
  [[nodiscard]] std::optional<Nanoseconds> answered(std::uint16_t id) noexcept {
    const std::size_t number = number_of(id);
    if (number >= slots_.size() || !slots_[number].is_taken || id_of(number) != id) return std::nullopt;
    release(number);
    return slots_[number].since;
  }

  // Frees the slots of the queries sent before `limit`.
  void give_up(Nanoseconds limit) noexcept {
    for (std::size_t number = 0; number < slots_.size(); ++number) {
      if (slots_[number].is_taken && slots_[number].sent_at < limit) release(number);
    }
  }

  [[nodiscard]] std::size_t taken_count() const noexcept { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    Nanoseconds since = 0;
    Nanoseconds sent_at = 0;
    std::uint16_t uses = 0;
    bool is_taken = false;
  };

  [[nodiscard]] std::size_t number_of(std::uint16_t id) const noexcept { return id & ((1U << number_bits_) - 1); }
  [[nodiscard]] std::uint16_t id_of(std::size_t number) const noexcept {
    return static_cast<std::uint16_t>(std::size_t{slots_[number].uses} << number_bits_ | number);
  }
  void release(std::size_t number) noexcept {
    slots_[number].is_taken = false;
    free_.push_back(static_cast<std::uint16_t>(number));
  }

  std::vector<Slot> slots_;
  std::vector<std::uint16_t> free_;
  unsigned number_bits_ = 0;
};

}  // namespace rhumb::load

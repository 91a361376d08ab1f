// A hash index from names to nodes: open addressing with linear probing, 8 octets a slot.
//
// A slot keeps 16 bits of the hash that the slot's place does not show, so that of 65,536 strangers on the way one is
// compared octet by octet. At most two thirds of the slots are taken: a hit looks at 2 slots on average, a miss at 5,
// and eight of them share a cache line. The index does not hold the names; whoever looks one up compares them.
#pragma once

#include <cassert>
#include <cstdint>

#include "zone/array.hpp"
#include "zone/zone.hpp"

namespace rhumb::zone {

class NameIndex {
 public:
  struct Slot {
    NodeIndex node = kNoNode;
    std::uint16_t zone = 0;
    std::uint16_t tag = 0;
  };

  explicit NameIndex(std::size_t name_count = 0) : slots_(name_count + name_count / 2 + 1) {}

  // How many names it takes.
  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size() * 2 / 3; }
  [[nodiscard]] std::size_t memory_size() const noexcept { return slots_.size() * sizeof(Slot); }

  // The name must not be there yet; there must be room.
  void insert(std::uint64_t hash, std::uint16_t zone, NodeIndex node) noexcept {
    std::size_t at = place_of(hash);
    while (slots_[at].node != kNoNode)
      at = after(at);
    slots_[at] = {node, zone, tag_of(hash)};
  }

  // Has the memory that insert() and find() of this hash will touch brought near; to be called some names ahead. Over
  // a large index it makes the difference between 25 ns and 150 ns a name.
  void prefetch(std::uint64_t hash) const noexcept { __builtin_prefetch(&slots_[place_of(hash)]); }

  // How many names ahead: the memory takes as long as some tens of them.
  static constexpr std::size_t kPrefetchAhead = 16;

  // The slot with this hash for which `is_it(slot)` is true, or null.
  template <typename IsIt>
  [[nodiscard]] const Slot* find(std::uint64_t hash, IsIt&& is_it) const noexcept {
    const std::uint16_t tag = tag_of(hash);
    for (std::size_t at = place_of(hash); slots_[at].node != kNoNode; at = after(at)) {
      if (slots_[at].tag == tag && is_it(slots_[at])) return &slots_[at];
    }
    return nullptr;
  }

 private:
  // The hash's upper bits choose the place, its lower ones are the tag.
  [[nodiscard]] std::size_t place_of(std::uint64_t hash) const noexcept {
    __extension__ using Product = unsigned __int128;
    return static_cast<std::size_t>(static_cast<Product>(hash) * slots_.size() >> 64);
  }
  [[nodiscard]] static std::uint16_t tag_of(std::uint64_t hash) noexcept { return static_cast<std::uint16_t>(hash); }
  [[nodiscard]] std::size_t after(std::size_t at) const noexcept { return at + 1 == slots_.size() ? 0 : at + 1; }

  Array<Slot> slots_;  // never full, so that every search ends
};

}  // namespace rhumb::zone

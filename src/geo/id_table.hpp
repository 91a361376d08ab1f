// Finds the ids of things that are kept elsewhere: the hash table behind every "store each of these once" of this room.
//
// Holds only each id and its thing's hash, in open addressing at most half full: 16 to 32 octets a thing. The hash
// beside the id spares a look at the thing itself when the table grows and when other things lie in the way; each such
// look was a cache miss.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rhumb::geo {

class IdTable {
 public:
  // The id in the table that was added with this `hash` and for which is_same(id) holds; when there is none, the id
  // that add() gives, which is then in the table. An id is never 0.
  template <typename IsSame, typename Add>
  std::uint32_t intern(std::uint32_t hash, IsSame is_same, Add add) {
    if (2 * (used_ + 1) > places_.size()) grow();
    std::size_t place = place_of(hash);
    for (; places_[place].id != 0; place = next(place)) {
      if (places_[place].hash == hash && is_same(places_[place].id)) return places_[place].id;
    }
    places_[place] = {hash, add()};
    ++used_;
    return places_[place].id;
  }

  // Begins to fetch what intern() will look at first. Worth it for who has many to ask for: each waits for a cache
  // miss.
  void prefetch(std::uint32_t hash) const noexcept {
    if (!places_.empty()) __builtin_prefetch(&places_[place_of(hash)]);
  }

  // As a table takes its hashes.
  [[nodiscard]] static constexpr std::uint32_t fold(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash ^ hash >> 32);
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept { return places_.capacity() * sizeof(Place); }

 private:
  struct Place {
    std::uint32_t hash;
    std::uint32_t id;  // 0: free
  };
  static constexpr std::size_t kPlacesMin = 64;

  // The upper bits of a product (Fibonacci hashing): good even if `hash` is a plain number.
  [[nodiscard]] std::size_t place_of(std::uint32_t hash) const noexcept {
    return static_cast<std::size_t>((hash * 0x9e3779b97f4a7c15U) >> (64 - std::countr_zero(places_.size())));
  }
  [[nodiscard]] std::size_t next(std::size_t place) const noexcept { return (place + 1) & (places_.size() - 1); }

  void grow() {
    std::vector<Place> old(places_.empty() ? kPlacesMin : 2 * places_.size());
    old.swap(places_);
    for (const Place& entry : old) {
      if (entry.id == 0) continue;
      std::size_t place = place_of(entry.hash);
      while (places_[place].id != 0)
        place = next(place);
      places_[place] = entry;
    }
  }

  std::vector<Place> places_;  // the size is a power of two
  std::size_t used_ = 0;
};

}  // namespace rhumb::geo

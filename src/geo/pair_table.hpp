// What was made of each pair of ids: where two maps lie over each other, few pairs occur, and each of them often.
#pragma once

#include <cstdint>
#include <vector>

#include "geo/id_table.hpp"

namespace rhumb::geo {

class PairTable {
 public:
  // make() the first time that this pair is asked for, and what that gave from then on.
  template <typename Make>
  std::uint32_t find(std::uint32_t a, std::uint32_t b, Make make) {
    const auto add = [&] {
      entries_.push_back({a, b, make()});
      return static_cast<std::uint32_t>(entries_.size() - 1);
    };
    const auto is_same = [&](std::uint32_t id) { return entries_[id].a == a && entries_[id].b == b; };
    const auto hash = IdTable::fold((std::uint64_t{a} << 32 | b) * 0xbf58476d1ce4e5b9U);
    return entries_[ids_.intern(hash, is_same, add)].made;
  }

 private:
  struct Entry {
    std::uint32_t a;
    std::uint32_t b;
    std::uint32_t made;
  };

  std::vector<Entry> entries_{{0, 0, 0}};  // the first is no pair: an IdTable has no id 0
  IdTable ids_;
};

}  // namespace rhumb::geo

// Goes through clients by what two ranking maps have for them.
#pragma once

#include <algorithm>

#include "base/ip_address.hpp"
#include "geo/address_map.hpp"
#include "steering/ranking.hpp"

namespace rhumb::daemon {

template <typename Key>
[[nodiscard]] Key last_of_prefix(Key address, int prefix_bits) noexcept {
  constexpr Key kAll = static_cast<Key>(~Key{0});
  return prefix_bits == static_cast<int>(sizeof(Key) * 8) ? address : static_cast<Key>(address | kAll >> prefix_bits);
}

// visit(value, ranked before, ranked after, count of addresses) for stretches of addresses of one value of `clients`
// and one ranking in each map: steps from one prefix to the next, the scope of the answer says how far it reaches.
// Addresses of the value T{} are left out.
template <typename Key, typename T, typename Visit>
void walk_rankings(const geo::RangeList<Key, T>& clients, Family family, const steering::RankingMap& before,
                   const steering::RankingMap& after, const Visit& visit) {
  const bool is_one_map = &before == &after;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const T& value = clients.value(i);
    if (value == T{}) continue;
    const Key last = clients.last(i);
    for (Key first = clients.first(i);;) {
      const IpAddress address{first, family};
      const steering::Ranked ranked = before.find(address);
      const steering::Ranked other = is_one_map ? ranked : after.find(address);
      const Key end = std::min(last, last_of_prefix(first, std::max(ranked.scope_bits, other.scope_bits)));
      visit(value, ranked, other, static_cast<double>(end - first) + 1);
      if (end == last) break;
      first = static_cast<Key>(end + 1);
    }
  }
}

// Of both families.
template <typename T, typename Visit>
void walk_rankings(const geo::AddressMap<T>& clients, const steering::RankingMap& before,
                   const steering::RankingMap& after, const Visit& visit) {
  walk_rankings(clients.v4(), Family::v4, before, after, visit);
  walk_rankings(clients.v6(), Family::v6, before, after, visit);
}

}  // namespace rhumb::daemon

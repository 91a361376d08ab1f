// Which value each IP address has: a sorted list of disjoint ranges for each family.
//
// Everything that depends on where a client is takes this form: what the geo database says (range to location), the
// operator's own networks, measured latency. Maps are made once, overlaid, transformed, and compiled into an
// AddressTable; they are not searched by queries.
//
// The lists have no gaps: a range lasts until the next one begins, the first begins at address 0, and a range of which
// nothing is known has the value T{}. Neighbours with equal values are merged as they come: DB-IP City Lite shrinks
// while its tree is walked from 14.7 M IPv6 leaves to 4.4 M ranges. First addresses and values lie apart (KeyList), so
// that an IPv6 range of a 4-octet value takes 8 octets and not 32.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "base/ip_address.hpp"
#include "geo/key_list.hpp"

namespace rhumb::geo {

// The ranges of one family. Key is std::uint32_t for IPv4 and U128 for IPv6, both in host byte order.
template <typename Key, typename T>
class RangeList {
 public:
  static constexpr Key kLastAddress = static_cast<Key>(~Key{0});

  RangeList() { push(0, T{}); }

  // From `first` on, every address has `value`. `first` is at or after the one appended before.
  void append(Key first, T value) {
    assert(first >= firsts_.back());
    if (first == firsts_.back()) {
      drop_last();
      if (values_.empty() || values_.back() != value) push(first, std::move(value));
    } else if (values_.back() != value) {
      push(first, std::move(value));
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] Key first(std::size_t index) const noexcept { return firsts_[index]; }
  [[nodiscard]] Key last(std::size_t index) const noexcept {
    return index + 1 < size() ? static_cast<Key>(firsts_[index + 1] - 1) : kLastAddress;
  }
  [[nodiscard]] const T& value(std::size_t index) const noexcept { return values_[index]; }

  // Those of all ranges, in order: the fastest way through millions.
  [[nodiscard]] const std::deque<T>& values() const noexcept { return values_; }

  // The index of the range with `address` in it. Binary search.
  [[nodiscard]] std::size_t find(Key address) const noexcept { return firsts_.count_up_to(address) - 1; }
  // Whether no address has another value than T{}.
  [[nodiscard]] bool knows_nothing() const noexcept { return size() == 1 && value(0) == T{}; }

  // Puts f(value) in the place of every value; f gives different values for different ones, so that no range changes.
  template <typename F>
  void renumber(F f) {
    for (T& value : values_)
      value = f(std::as_const(value));
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return firsts_.memory_bytes() + values_.size() * sizeof(T);
  }

  friend bool operator==(const RangeList&, const RangeList&) = default;

 private:
  void push(Key first, T value) {
    firsts_.push_back(first);
    values_.push_back(std::move(value));
  }
  void drop_last() noexcept {
    firsts_.pop_back();
    values_.pop_back();
  }

  KeyList<Key> firsts_;   // never empty; starts with 0
  std::deque<T> values_;  // as long; neighbours differ
};

// T is a small value with ==; T{} means "nothing known".
template <typename T>
class AddressMap {
 public:
  using ListV4 = RangeList<std::uint32_t, T>;
  using ListV6 = RangeList<U128, T>;

  // A map that knows nothing; ranges are appended to its lists in the order of their addresses.
  AddressMap() = default;

  [[nodiscard]] const ListV4& v4() const noexcept { return v4_; }
  [[nodiscard]] const ListV6& v6() const noexcept { return v6_; }
  [[nodiscard]] ListV4& v4() noexcept { return v4_; }
  [[nodiscard]] ListV6& v6() noexcept { return v6_; }

  // T{} when nothing is known. An IPv4 address inside an IPv6 one is not looked for here; AddressTable does that.
  [[nodiscard]] const T& find(IpAddress address) const noexcept {
    return address.family == Family::v4 ? v4_.value(v4_.find(address.as_v4())) : v6_.value(v6_.find(address.bits));
  }

  // Puts f(value) in the place of every value; f gives different values for different ones.
  template <typename F>
  void renumber(F f) {
    v4_.renumber(f);
    v6_.renumber(f);
  }

  // The map of f(value); f is called once a range.
  template <typename F>
  [[nodiscard]] auto transform(F f) const {
    AddressMap<std::decay_t<decltype(f(std::declval<const T&>()))>> result;
    transform_list(v4_, f, result.v4());
    transform_list(v6_, f, result.v6());
    return result;
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept { return v4_.memory_bytes() + v6_.memory_bytes(); }

  friend bool operator==(const AddressMap&, const AddressMap&) = default;

 private:
  // Most neighbours of a database become equal: only where the value changes is a range's first address read.
  template <typename From, typename F, typename To>
  static void transform_list(const From& from, F& f, To& to) {
    auto next = from.values().begin();
    auto last = f(*next);
    to.append(from.first(0), last);
    for (std::size_t i = 1; i < from.size(); ++i) {
      auto value = f(*++next);
      if (value == last) continue;
      to.append(from.first(i), value);
      last = std::move(value);
    }
  }

  ListV4 v4_;
  ListV6 v6_;
};

// Appends f(value in a, value in b) to `result` for every stretch of addresses over which neither changes.
template <typename Key, typename A, typename B, typename F, typename Result>
void overlay_lists(const RangeList<Key, A>& a, const RangeList<Key, B>& b, F& f, Result& result) {
  std::size_t i = 0;
  std::size_t j = 0;
  Key first = 0;
  while (true) {
    result.append(first, f(a.value(i), b.value(j)));
    const Key last_a = a.last(i);
    const Key last_b = b.last(j);
    const Key last = std::min(last_a, last_b);
    if (last == RangeList<Key, A>::kLastAddress) break;
    first = static_cast<Key>(last + 1);
    if (last == last_a) ++i;
    if (last == last_b) ++j;
  }
}

// The map of f(value in a, value in b). One pass over both; f is called at most once for each range of either.
template <typename A, typename B, typename F>
[[nodiscard]] auto overlay(const AddressMap<A>& a, const AddressMap<B>& b, F f) {
  AddressMap<std::decay_t<decltype(f(std::declval<const A&>(), std::declval<const B&>()))>> result;
  overlay_lists(a.v4(), b.v4(), f, result.v4());
  overlay_lists(a.v6(), b.v6(), f, result.v6());
  return result;
}

// One network of an operator's list.
template <typename T>
struct NetworkValue {
  IpAddress network;  // bits after the prefix are ignored
  int prefix_bits;    // at most the family's width
  T value;
};

// `networks` of one family, sorted by address and then shortest prefix first, written as ranges.
// A stack holds the networks that the sweep is inside of: nested prefixes cannot overlap in any other way.
template <typename Key, typename T, typename Inside>
void append_networks(std::span<const NetworkValue<T>* const> networks, Inside inside, RangeList<Key, T>& result) {
  struct Open {
    Key last;
    T value;
  };
  constexpr Key kAll = RangeList<Key, T>::kLastAddress;
  constexpr int kKeyBits = static_cast<int>(sizeof(Key) * 8);
  std::vector<Open> open{{kAll, T{}}};
  const auto close_before = [&](Key first) {
    while (open.back().last < first) {
      const Key next = static_cast<Key>(open.back().last + 1);
      open.pop_back();
      result.append(next, open.back().value);
    }
  };
  for (const NetworkValue<T>* network : networks) {
    const Key first = static_cast<Key>(network_of(network->network, network->prefix_bits).bits);
    const int prefix_bits = network->prefix_bits;
    const Key host_mask = prefix_bits == kKeyBits ? Key{0} : static_cast<Key>(kAll >> prefix_bits);
    close_before(first);
    open.push_back({static_cast<Key>(first | host_mask), inside(std::as_const(open.back().value), network->value)});
    result.append(first, open.back().value);
  }
  while (open.back().last != kAll)
    close_before(static_cast<Key>(open.back().last + 1));
}

// The map of a list of networks in any order. Inside a network that is inside another the value is inside(value around,
// own value); around the outermost is T{}, and of two equal networks the first in the list is the inner one.
template <typename T, typename Inside>
[[nodiscard]] AddressMap<T> map_of_networks(std::span<const NetworkValue<T>> networks, Inside inside) {
  std::vector<const NetworkValue<T>*> v4;
  std::vector<const NetworkValue<T>*> v6;
  for (auto network = networks.rbegin(); network != networks.rend(); ++network)
    (network->network.family == Family::v4 ? v4 : v6).push_back(&*network);

  // A stable sort of the list backwards: of equal networks the first in the list comes last, as the innermost.
  const auto sweep_order = [](const NetworkValue<T>* n) {
    return std::pair(network_of(n->network, n->prefix_bits).bits, n->prefix_bits);
  };
  std::ranges::stable_sort(v4, {}, sweep_order);
  std::ranges::stable_sort(v6, {}, sweep_order);

  AddressMap<T> result;
  append_networks<std::uint32_t, T>(v4, inside, result.v4());
  append_networks<U128, T>(v6, inside, result.v6());
  return result;
}

// The same, where the more specific one wins.
template <typename T>
[[nodiscard]] AddressMap<T> map_of_networks(std::span<const NetworkValue<T>> networks) {
  return map_of_networks<T>(networks, [](const T&, const T& own) { return own; });
}

}  // namespace rhumb::geo

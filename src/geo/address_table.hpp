// Where a client network leads: an immutable table from IP addresses to small values.
//
// Compiled once from an AddressMap, looked up by every query. It is a trie of 16-bit digits: two of them make an IPv4
// address, eight an IPv6 one. The first digit selects an entry of an array; each further one is looked for in a node, a
// sorted list of steps, the digits at which the answer changes, each with its answer. A digit whose addresses all have
// one value ends the search, so an IPv6 look-up ends after three digits in a /48 and four in a /64.
//
// Nearly all of a look-up is cache misses, and what is left is waiting for one instruction after another. So a node's
// steps are cut into lists of up to sixteen, whose digits are compared at once, without a branch to mispredict, and
// whose answers come right behind them, mostly in the same line. A small node is one list; of a larger one the upper
// bits of the digit select the list in an index. How many bits these are is told by what leads to the node, which so
// needs no header. An index grows where steps are crowded, until each list is short or it has as many entries as there
// are steps. Places are told in units of 8 octets and an index is of 16-bit numbers: size still counts.
// docs/performance.md tells what was tried instead.
//
// DB-IP City Lite and twelve regions, nearest one only: 0.56 M IPv4 and 0.63 M IPv6 ranges, 7.9 MB, compiled in 50 to
// 90 ms. On a busy machine of two cores with a shared cache, where look-ups are independent, random IPv4 addresses take
// 10 to 13 ns, addresses of networks drawn evenly, where they are crowded, 18 ns and 52 instructions; random IPv6
// addresses 2 to 3 ns, those of networks drawn evenly 45 to 58 ns and 125 instructions.
//
// Scope: where a search ends at some digit, the addresses of the digits before it do not all have one value, so the
// scope is longer than they are, and only this node's neighbours decide it: two XORs, two leading-zero counts.
//
// IPv4 inside IPv6 (kEmbeddings below) is looked up as IPv4. These prefixes are compiled as ranges of their own with
// reserved values, so that they cost the other addresses nothing and no scope of a neighbour covers them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/ip_address.hpp"
#include "geo/address_map.hpp"
#include "geo/embedding.hpp"

namespace rhumb::geo {

struct Match {
  std::uint32_t value;
  std::uint8_t scope_bits;  // the widest prefix around the address with this one value (RFC 7871 SCOPE PREFIX-LENGTH)

  friend bool operator==(const Match&, const Match&) = default;
};

// Immutable and safe to read from any thread.
class AddressTable {
 public:
  // In one family. DB-IP City Lite has 4.4 M ranges in its larger one even before it is turned into rankings.
  static constexpr std::size_t kRangesMax = std::size_t{1} << 25;
  // Greater values are reserved.
  static constexpr std::uint32_t kValueMax = 0x7FFF'FFEF;

  // Knows nothing: every address has value 0.
  AddressTable() : AddressTable(AddressMap<std::uint32_t>{}) {}
  // Throws std::length_error if `map` has more than kRangesMax ranges in one family or a value above kValueMax, or
  // if the nodes would take more than 1 GB.
  explicit AddressTable(const AddressMap<std::uint32_t>& map);

  // Never fails: an address of which nothing is known has value 0. Takes `address` in host byte order.
  [[nodiscard]] Match find_v4(std::uint32_t address) const noexcept { return search(root_v4_, address); }
  // An IPv4 address inside an IPv6 one (kEmbeddings) is found as IPv4, its scope shifted.
  [[nodiscard]] Match find_v6(U128 address) const noexcept {
    const Match match = search(root_v6_, address);
    if (match.value > kValueMax) [[unlikely]]
      return find_embedded(address, match.value);
    return match;
  }
  [[nodiscard]] Match find(IpAddress address) const noexcept {
    return address.family == Family::v4 ? find_v4(address.as_v4()) : find_v6(address.bits);
  }

  [[nodiscard]] std::size_t ranges_v4() const noexcept { return ranges_v4_; }
  [[nodiscard]] std::size_t ranges_v6() const noexcept { return ranges_v6_; }  // with the embeddings
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  // A value, or kNode, how many bits of the digit its index takes, and the place in nodes_, in units, where the node of
  // the next digit begins.
  using Target = std::uint32_t;
  static constexpr Target kNode = 0x8000'0000;
  static constexpr unsigned kPlaceBits = 27;
  static constexpr Target kPlaceMask = (Target{1} << kPlaceBits) - 1;
  static constexpr Target kIndexBitsMask = 0xF;
  static constexpr std::size_t kUnit = 4;  // elements of nodes_: with fewer, an index could not reach all of its node
  static constexpr std::uint16_t kWide = 0x8000;  // the list's targets do not all fit in 16 bits
  static constexpr unsigned kDigitBits = 16;
  static constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  static constexpr std::size_t kStepsPerEntry = 8;
  static constexpr std::size_t kWindow = 16;  // steps compared at once; lists are of so many, where they can be

  // The first digit.
  struct Root {
    std::vector<Target> targets;
    std::vector<std::uint8_t> scope_bits;  // where the target is a value
  };

  struct Compiler;

  // The number of the first of `lasts`, ascending, that is not before `digit`. There is one; what follows it does not
  // matter, but kWindow elements can be read from there on.
  [[nodiscard]] static std::size_t first_not_before(const std::uint16_t* lasts, std::uint16_t digit) noexcept {
#ifdef __SSE2__
    const __m128i digits = _mm_set1_epi16(static_cast<std::int16_t>(digit));
    const auto not_before = [&](const std::uint16_t* eight) {
      const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(eight));
      return _mm_cmpeq_epi16(_mm_subs_epu16(digits, values), _mm_setzero_si128());
    };
    for (std::size_t begin = 0;; begin += kWindow) {
      const __m128i found = _mm_packs_epi16(not_before(lasts + begin), not_before(lasts + begin + kWindow / 2));
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
      if (mask != 0) [[likely]]
        return begin + static_cast<std::size_t>(std::countr_zero(mask));
    }
#else
    std::size_t number = 0;
    while (lasts[number] < digit)
      ++number;
    return number;
#endif
  }

  // The length of the widest prefix of 16-bit numbers around `digit` that lies after `before` and not after `last`;
  // 65,535 stands for none before, and at the end for none after. It must be long enough to tell `digit` from its
  // neighbour on either side: one bit more than what it has in common with the nearer one.
  [[nodiscard]] static unsigned scope_in_range(std::uint16_t digit, std::uint16_t before, std::uint16_t last) noexcept {
    // Where there is no neighbour, the difference is of 17 bits.
    const unsigned to_before = (unsigned{digit} ^ before) | ((before + 1U) & kDigits);
    const unsigned to_after = digit ^ (last + 1U);
    return kDigitBits + 1 - static_cast<unsigned>(std::bit_width(std::min(to_before, to_after)));
  }

  template <typename Key>
  [[nodiscard]] Match search(const Root& root, Key address) const noexcept {
    constexpr unsigned kShift = sizeof(Key) * 8 - kDigitBits;
    const auto first_digit = static_cast<std::size_t>(address >> kShift);
    Target target = root.targets[first_digit];
    if ((target & kNode) == 0) return {target, root.scope_bits[first_digit]};
    for (unsigned used_bits = kDigitBits;; used_bits += kDigitBits) {
      address = static_cast<Key>(address << kDigitBits);
      const auto digit = static_cast<std::uint16_t>(address >> kShift);
      const std::uint16_t* node = &nodes_[(target & kPlaceMask) * kUnit];
      const unsigned index_bits = target >> kPlaceBits & kIndexBitsMask;
      const std::size_t entry = node[digit >> (kDigitBits - index_bits)];  // some other element, if there is no index
      const std::uint16_t* list = node + (index_bits == 0 ? 0 : entry * kUnit);
      const std::uint16_t header = list[0];
      const std::uint16_t* lasts = list + 2;
      const std::size_t number = first_not_before(lasts, digit);
      const std::uint16_t* targets = lasts + (header & ~kWide);
      target = targets[number];
      if ((header & kWide) != 0) target |= Target{targets[(header & ~kWide) + number]} << 16;
      if ((target & kNode) == 0) {
        const unsigned scope_bits = used_bits + scope_in_range(digit, list[1 + number], lasts[number]);
        return {target, static_cast<std::uint8_t>(scope_bits)};
      }
    }
  }

  [[nodiscard]] Match find_embedded(U128 address, std::uint32_t value) const noexcept;

  Root root_v4_;
  Root root_v6_;
  // Each node, from a whole unit on:
  //   - the index, if its steps are more than kWindow: for each value of the upper bits of a digit, where the list of
  //     the digits that begin with it is, in units from the node on; neighbours share a list while it has room
  //   - the lists. Each, from a whole unit on: how many steps it has, perhaps with kWide; the last digit before its
  //     first step; the last digit of each step; the lower 16 bits of the target of each, and if the list is wide the
  //     upper 16. The first and the last step are told whole, though they may reach beyond the list's digits
  // Then kWindow elements, as the last list is read beyond its end.
  std::vector<std::uint16_t> nodes_;
  std::size_t ranges_v4_ = 0;
  std::size_t ranges_v6_ = 0;
};

}  // namespace rhumb::geo

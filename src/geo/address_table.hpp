// Where a client network leads: an immutable table from IP addresses to small values.
//
// Compiled once from an AddressMap, looked up by every query. It is a trie of 16-bit digits: two of them make an IPv4
// address, eight an IPv6 one. The first digit selects an entry of an array; each further one is looked for in a node, a
// sorted list of steps, the digits at which the answer changes, each with its answer beside it. A digit whose addresses
// all have one value ends the search, so an IPv6 look-up ends after three digits in a /48 and four in a /64.
//
// Size is what counts, as nearly all of a look-up is cache misses: a step takes 4 octets (values are mostly below
// 65,536; where they are not, or a node leads to others, 6), and lists lie one after the other without padding. The
// upper bits of a digit select, in an index in front of a node's steps, the few steps to search without a branch.
// Tried instead:
// no index (IPv6, whose nodes have up to 65,536 steps, was no faster than with lines of ten ranges); digits and answers
// in separate arrays (a cache miss more; IPv6 up to a third slower); a trie of octets with 256-bit bitmaps (twice the
// size for IPv4, and slower).
//
// DB-IP City Lite and twelve regions, nearest one only: 0.56 M IPv4 and 0.63 M IPv6 ranges, 7.1 MB, compiled in 50 ms.
// On a busy machine of two cores with a shared cache, random IPv4 addresses take 21 to 38 ns, 38 to 56 ns if each waits
// for the last; addresses of networks drawn evenly, where they are crowded, 45 to 49 and 76 to 94 ns. Random IPv6
// addresses take 2 to 6 ns, those of networks drawn evenly 113 to 154 ns.
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
  // if the nodes would take more than 2 GB.
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
  // A value, or kNode, perhaps kWide, and the place in nodes_ where the node of the next digit begins.
  using Target = std::uint32_t;
  static constexpr Target kNode = 0x8000'0000;
  static constexpr Target kWide = 0x4000'0000;  // the node's targets do not all fit in 16 bits
  static constexpr Target kPlaceMask = kWide - 1;
  static constexpr unsigned kDigitBits = 16;
  static constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  static constexpr std::size_t kStepsPerEntry = 8;

  // The first digit.
  struct Root {
    std::vector<Target> targets;
    std::vector<std::uint8_t> scope_bits;  // where the target is a value
  };

  struct Compiler;

  // How many upper bits of a digit select an entry of the index of a node of `count` steps: enough for about
  // kStepsPerEntry steps between two entries, were they evenly spread.
  [[nodiscard]] static constexpr unsigned index_bits_of(std::size_t count) noexcept {
    return static_cast<unsigned>(std::bit_width(count / kStepsPerEntry));
  }
  // In elements: one for each value of those bits and one for the end.
  [[nodiscard]] static constexpr std::size_t index_size(unsigned index_bits) noexcept {
    return (std::size_t{1} << index_bits) + 1;
  }

  // Of the steps with the numbers `begin` to `last`, the last that is not after `digit`; the one at `begin` is not. The
  // turns depend on how many steps there are alone, and each is a conditional move.
  [[nodiscard]] static const std::uint16_t* last_not_after(const std::uint16_t* steps, std::size_t step_size,
                                                           std::size_t begin, std::size_t last,
                                                           std::uint16_t digit) noexcept {
    const std::uint16_t* found = steps + begin * step_size;
    for (std::size_t count = last - begin + 1; count > 1;) {
      const std::size_t half = count / 2;
      const std::uint16_t* middle = found + half * step_size;
      found = *middle <= digit ? middle : found;
      count -= half;
    }
    return found;
  }

  // The length of the widest prefix of 16-bit numbers around `digit` that lies in [first, end); 0 stands for no `end`.
  // It must be long enough to tell `digit` from the last one before the range and from the first one after it: one bit
  // more than what they have in common.
  [[nodiscard]] static unsigned scope_in_range(std::uint16_t digit, std::uint16_t first, std::uint16_t end) noexcept {
    const auto common_bits = [](unsigned a, unsigned b) {
      return static_cast<unsigned>(std::countl_zero(static_cast<std::uint16_t>(a ^ b)));
    };
    const unsigned before = first == 0 ? 0 : common_bits(digit, first - 1U) + 1;
    const unsigned after = end == 0 ? 0 : common_bits(digit, end) + 1;
    return std::max(before, after);
  }

  template <typename Key>
  [[nodiscard]] Match search(const Root& root, Key address) const noexcept {
    constexpr unsigned kShift = sizeof(Key) * 8 - kDigitBits;
    const auto first_digit = static_cast<std::size_t>(address >> kShift);
    Target target = root.targets[first_digit];
    unsigned scope_bits = root.scope_bits[first_digit];
    for (unsigned used_bits = kDigitBits; (target & kNode) != 0; used_bits += kDigitBits) {
      address = static_cast<Key>(address << kDigitBits);
      const auto digit = static_cast<std::uint16_t>(address >> kShift);
      const std::uint16_t* node = &nodes_[target & kPlaceMask];
      const std::size_t count = node[0] + std::size_t{1};
      const unsigned index_bits = index_bits_of(count);
      const std::uint16_t* index = node + 1 + (digit >> (kDigitBits - index_bits));
      const bool is_wide = (target & kWide) != 0;
      const std::size_t step_size = is_wide ? 3 : 2;
      const std::uint16_t* steps = node + 1 + index_size(index_bits);
      const std::uint16_t* step = last_not_after(steps, step_size, index[0], index[1], digit);
      const std::uint16_t* next = step + step_size;
      const std::uint16_t end = next != steps + count * step_size ? *next : std::uint16_t{0};
      const std::uint16_t first = step[0];
      target = step[1];
      if (is_wide) target |= Target{step[2]} << 16;
      scope_bits = used_bits + scope_in_range(digit, first, end);
    }
    return {target, static_cast<std::uint8_t>(scope_bits)};
  }

  [[nodiscard]] Match find_embedded(U128 address, std::uint32_t value) const noexcept;

  Root root_v4_;
  Root root_v6_;
  // Each node:
  //   - how many steps it has, less one
  //   - the index, index_size() elements: for each value of the upper index_bits_of() bits of a digit, the number of
  //   the
  //     last step that is not after all digits that begin with it; and one for the end
  //   - the steps: the digit with which it begins, the lower 16 bits of the target, and if the node is wide the upper
  //   16
  std::vector<std::uint16_t> nodes_;
  std::size_t ranges_v4_ = 0;
  std::size_t ranges_v6_ = 0;
};

}  // namespace rhumb::geo

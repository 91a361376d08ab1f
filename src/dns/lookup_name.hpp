// A name taken apart once for look-up: folded to lower case, with the offset and, when asked for, the hash of every
// suffix.
//
// The hash runs over words of eight octets from the end of the name towards its start, without regard to labels, and
// keeps what it was after each. So the one pass for the whole name has done nearly all of the work for each of its
// suffixes: a miss costs one table probe a label (closest encloser), and no hash of its own.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "dns/name.hpp"

namespace rhumb::dns {

// What names are hashed with. Both words depend on a number that nobody else knows, so that nobody can choose octets
// that make a factor of the hash zero, or names that collide.
struct NameHashKey {
  NameHashKey() = default;
  NameHashKey(std::uint64_t secret) noexcept;  // not explicit: it is just the number, spread out

  std::uint64_t state;
  std::uint64_t octets;
};

// One round of wyhash's mixing (Wang Yi, public domain): the high and low half of a 64 × 64 product, xor-ed.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

struct LookupName {
  static constexpr std::size_t kWord = sizeof(std::uint64_t);  // octets

  // A name of 255 octets and room for folding whole blocks and for reading seven octets past its end.
  std::array<std::uint8_t, 272> wire;                      // lower case, uncompressed, ends with the root label
  std::array<std::uint8_t, kLabelsMax + 1> offsets;        // offsets[i] = where suffix i starts; the root is the last
  std::array<std::uint64_t, kNameMax / kWord + 1> states;  // of the hash, after that many words from the end
  NameHashKey key;
  std::uint8_t size;         // octets in `wire`
  std::uint8_t label_count;  // without the root label

  // The name without its first `i` labels; i ≤ label_count.
  [[nodiscard]] Bytes suffix(std::size_t i) const noexcept {
    return {wire.data() + offsets[i], size - offsets[i] + 0U};
  }

  // Of the name without its first `i` labels; i ≤ label_count. The same for equal names, whatever they are suffixes of.
  [[nodiscard]] std::uint64_t hash(std::size_t i) const noexcept {
    const std::size_t length = size - offsets[i] + 0U;
    std::uint64_t rest;  // what no whole word has covered: the suffix's first octets
    std::memcpy(&rest, wire.data() + offsets[i], kWord);
    rest &= (std::uint64_t{1} << length % kWord * 8) - 1;
    return mix(states[length / kWord] ^ key.state, (rest | std::uint64_t{length} << 56) ^ key.octets);
  }

  // Reads the uncompressed name at the start of `bytes` and returns the octets it takes, or 0 when it is malformed:
  // a compression pointer, a label type other than 00, over 255 octets, or cut off. `hash_key` keys the hashes;
  // whoever stores hashes to compare with must use the same key.
  [[nodiscard]] std::size_t parse(Bytes bytes, const NameHashKey& hash_key) noexcept;
};

}  // namespace rhumb::dns

// A name taken apart once for look-up: folded to lower case, with the offset and the hash of every suffix.
//
// The hash runs from the root towards the first label, so one pass gives the hash of each ancestor too: a miss then
// costs one table probe a label (closest encloser), not one hash a label.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "dns/name.hpp"

namespace rhumb::dns {

struct LookupName {
  // A name of 255 octets and room for folding whole blocks and for reading seven octets past its end.
  std::array<std::uint8_t, 272> wire;                // lower case, uncompressed, ends with the root label
  std::array<std::uint8_t, kLabelsMax + 1> offsets;  // offsets[i] = where suffix i starts; the root is the last
  std::array<std::uint64_t, kLabelsMax + 1> hashes;  // hashes[i] = hash of suffix i
  std::uint8_t size;                                 // octets in `wire`
  std::uint8_t label_count;                          // without the root label

  // The name without its first `i` labels; i ≤ label_count.
  [[nodiscard]] Bytes suffix(std::size_t i) const noexcept {
    return {wire.data() + offsets[i], size - offsets[i] + 0U};
  }

  // Reads the uncompressed name at the start of `bytes` and returns the octets it takes, or 0 when it is malformed:
  // a compression pointer, a label type other than 00, over 255 octets, or cut off. `hash_key` keys the hashes
  // (against names chosen to collide); whoever stores hashes to compare with must use the same key.
  [[nodiscard]] std::size_t parse(Bytes bytes, std::uint64_t hash_key) noexcept;
};

}  // namespace rhumb::dns

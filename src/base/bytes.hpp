// Views of octets, and integers in network byte order.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace rhumb {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

// `at` must have 2 (4) readable or writable octets; no alignment is needed. Compiles to one load or store and a swap.
[[nodiscard]] inline std::uint16_t load_u16(const std::uint8_t* at) noexcept {
  std::uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap16(value);
}

[[nodiscard]] inline std::uint32_t load_u32(const std::uint8_t* at) noexcept {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}

inline void store_u16(std::uint8_t* at, std::uint16_t value) noexcept {
  value = __builtin_bswap16(value);
  std::memcpy(at, &value, sizeof value);
}

inline void store_u32(std::uint8_t* at, std::uint32_t value) noexcept {
  value = __builtin_bswap32(value);
  std::memcpy(at, &value, sizeof value);
}

static_assert(std::endian::native == std::endian::little, "the loads and stores above swap unconditionally");

}  // namespace rhumb

// Views of octets, and integers in network byte order.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace rhumb {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

// `at` must have 2 (4, 8) readable or writable octets; no alignment is needed. Compiles to one load or store and a
// swap.
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

[[nodiscard]] inline std::uint64_t load_u64(const std::uint8_t* at) noexcept {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap64(value);
}

inline void store_u16(std::uint8_t* at, std::uint16_t value) noexcept {
  value = __builtin_bswap16(value);
  std::memcpy(at, &value, sizeof value);
}

inline void store_u32(std::uint8_t* at, std::uint32_t value) noexcept {
  value = __builtin_bswap32(value);
  std::memcpy(at, &value, sizeof value);
}

inline void store_u64(std::uint8_t* at, std::uint64_t value) noexcept {
  value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof value);
}

[[nodiscard]] inline std::string_view text_of(Bytes octets) noexcept {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

inline void append_u16(std::vector<std::uint8_t>& octets, std::uint16_t value) {
  octets.push_back(static_cast<std::uint8_t>(value >> 8));
  octets.push_back(static_cast<std::uint8_t>(value));
}

// Not by memcmp(3), which must not be given the null pointer that an empty view may have.
[[nodiscard]] inline bool is_equal(Bytes a, Bytes b) noexcept {
  return std::ranges::equal(a, b);
}

// Whether `a` and `b` have the same `size` octets: memcmp(3) without the call, which costs more than comparing a name.
[[nodiscard]] inline bool has_same_octets(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) noexcept {
  const auto load = [](const std::uint8_t* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
  };
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::size_t at = 0;
  for (; at + kWord <= size; at += kWord) {
    if (load(a + at) != load(b + at)) return false;
  }
  if (at == size) return true;
  if (size >= kWord) return load(a + size - kWord) == load(b + size - kWord);  // overlaps the word before it
  for (; at < size; ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}

static_assert(std::endian::native == std::endian::little, "the loads and stores above swap unconditionally");

}  // namespace rhumb

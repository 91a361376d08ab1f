// The logarithm in fixed point, so that machines that must agree on an order never differ in a rounding of libm's.
//
// A table of 257 entries (2 KiB) and a straight line between them: at most 2.8e-6 above the true value.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "base/ip_address.hpp"

namespace rhumb::steering {

inline constexpr int kLogFractionBits = 32;
inline constexpr int kLogTableBits = 8;

// log2(mantissa / 2^63), rounded to kLogFractionBits. `mantissa` has its first bit set: it stands for 1 ≤ x < 2.
// Squaring x doubles its logarithm, whose integral part is the next binary digit: whether the square is 2 or more.
[[nodiscard]] consteval std::uint64_t log2_by_squaring(std::uint64_t mantissa) noexcept {
  std::uint64_t digits = 0;
  for (int i = 0; i <= kLogFractionBits; ++i) {  // one digit more, to round by
    const U128 square = U128{mantissa} * mantissa;
    const auto digit = static_cast<std::uint64_t>(square >> 127);
    mantissa = static_cast<std::uint64_t>(square >> (63 + digit));
    digits = digits << 1 | digit;
  }
  return (digits + 1) >> 1;
}

using LogTable = std::array<std::uint64_t, (1U << kLogTableBits) + 1>;

[[nodiscard]] consteval LogTable make_log_table() noexcept {
  LogTable table{};
  for (std::uint64_t i = 0; i < table.size() - 1; ++i)
    table[i] = log2_by_squaring((1U << kLogTableBits | i) << (63 - kLogTableBits));
  table.back() = std::uint64_t{1} << kLogFractionBits;
  return table;
}

inline constexpr LogTable kLogTable = make_log_table();  // log2(1 + i / 256) at i

// -log2(u / 2^64) with kLogFractionBits, for 0 < u: from 1 (u near 2^64) to kNegatedLogMax (u = 1). Never grows with u.
inline constexpr std::uint64_t kNegatedLogMax = std::uint64_t{64} << kLogFractionBits;
[[nodiscard]] constexpr std::uint64_t negated_log2(std::uint64_t u) noexcept {
  assert(u > 0);
  const int leading_zeros = std::countl_zero(u);
  const std::uint64_t below_first_bit = u << leading_zeros << 1;
  const auto entry = static_cast<std::size_t>(below_first_bit >> (64 - kLogTableBits));
  const std::uint64_t between = below_first_bit << kLogTableBits >> 32;  // of 2^32, from this entry to the next
  const std::uint64_t rise = (kLogTable[entry + 1] - kLogTable[entry]) * between >> 32;
  const auto whole = static_cast<std::uint64_t>(leading_zeros + 1) << kLogFractionBits;
  return whole - kLogTable[entry] - rise;
}

}  // namespace rhumb::steering

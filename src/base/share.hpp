// A part of the clients of an instance, in whole numbers, so that every server counts alike.
#pragma once

#include <cstdint>

namespace rhumb {

// 0: none, whatever else there is. 1: only those who would have nothing else. kFullShare: all.
using Share = std::uint16_t;
inline constexpr Share kFullShare = 4'096;
inline constexpr Share kLeastShare = 1;

}  // namespace rhumb

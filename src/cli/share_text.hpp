// How shares of clients, and lists that may be long, are shown.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace rhumb::cli {

inline constexpr std::size_t kFlowsShown = 3;  // between regions, of one country

// "12.50 %"
[[nodiscard]] std::string percent(double share);

// For JSON: without the digits that are nothing but rounding.
[[nodiscard]] double rounded(double share);

// "a, b, c and 4 more"
[[nodiscard]] std::string names_text(const std::vector<std::string>& names);

// At most the first `most` of them.
template <typename T>
[[nodiscard]] std::span<const T> first_of(const std::vector<T>& all, std::size_t most) {
  return std::span(all).first(std::min(all.size(), most));
}

}  // namespace rhumb::cli

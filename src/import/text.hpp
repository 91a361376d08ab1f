// Small questions to names, which every importer asks.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace rhumb::importing {

// A name without its last dot; the root's stays.
[[nodiscard]] inline std::string without_dot(std::string_view name) {
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
  return std::string(name);
}

// ASCII's.
[[nodiscard]] inline std::string to_lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return text;
}

}  // namespace rhumb::importing

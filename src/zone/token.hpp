// What the readers of master files ask of a word or a character of the text.
#pragma once

#include <string_view>

#include <strings.h>

namespace rhumb::zone {

[[nodiscard]] inline bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// By ASCII's cases.
[[nodiscard]] inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// An owner and a file's name may stand in quotes, as in BIND and NSD; they are not part of it.
[[nodiscard]] inline std::string_view without_quotes(std::string_view token) noexcept {
  const bool is_quoted = token.size() >= 2 && token.front() == '"' && token.back() == '"';
  return is_quoted ? token.substr(1, token.size() - 2) : token;
}

}  // namespace rhumb::zone

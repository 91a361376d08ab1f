// Where a redirect leads, if it leads to what is probed.
//
// A probe speaks for one address and port. So a redirect is followed within the scheme, host and port that were asked;
// one that leads anywhere else says nothing of the instance, and would let whoever answers choose whom this machine
// connects to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "health/check.hpp"

namespace rhumb::health {

// Of what is asked for after a redirect: what servers take by default.
inline constexpr std::size_t kRedirectPathMax = 8 * 1024;

// 301, 302, 303, 307 and 308: whatever the method was, GET and HEAD stay what they are.
[[nodiscard]] bool is_redirect(int status) noexcept;

// What to ask for at the same place: the path and query that `location` (a URI reference, RFC 3986 §4.1) names when
// it stands in the answer for the path of `asked`. Nothing if it leads elsewhere, or is no reference.
[[nodiscard]] std::optional<std::string> follow(const Target& asked, std::string_view location);

}  // namespace rhumb::health

// What a request is about: the path and the query of an HTTP request's target (RFC 9112 §3.2.1, RFC 3986 §3).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rhumb::control {

// Parts of a path, and members of a query; no resource has as many.
inline constexpr std::size_t kTargetPartsMax = 16;

struct RequestTarget {
  std::vector<std::string> path;             // between the slashes, decoded: "/v1/zones/a%2Fb" is v1, zones, a/b
  std::map<std::string, std::string> query;  // decoded; a key without "=" has an empty value
};

// Takes any octets. Nothing when it is no path from "/" on, an escape is broken, a key stands twice, or there is too
// much of something.
[[nodiscard]] std::optional<RequestTarget> parse_target(std::string_view target);

// `text` as a part of a path or query: all but letters, digits and "-._~" escaped.
[[nodiscard]] std::string escape(std::string_view text);

}  // namespace rhumb::control

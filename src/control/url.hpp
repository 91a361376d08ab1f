// The URL of a webhook.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rhumb::control {

inline constexpr std::size_t kUrlMax = 2'048;  // what servers and proxies of all makes take

struct Url {
  bool is_https = false;
  std::string host = {};       // a name or an address, without brackets
  std::uint16_t port = 80;     // 443 with https
  std::string authority = {};  // host and port as they were written, for the Host field
  std::string target = {};     // path and query: "/rhumb?team=dns"

  // Without the target, which may have a secret: "https://hooks.example.com:8443".
  [[nodiscard]] std::string origin() const { return (is_https ? "https://" : "http://") + authority; }

  friend bool operator==(const Url&, const Url&) = default;
};

// "http://…" or "https://…", a host and perhaps a port, then nothing or a path with or without a query, in printable
// ASCII. Nothing if it is not one; so are those with a user or a fragment, of which a request has neither.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

}  // namespace rhumb::control

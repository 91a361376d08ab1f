// Who sends a request over TCP, by what he shows.
#pragma once

#include <string_view>

#include "base/ip_address.hpp"
#include "control/caller.hpp"
#include "control/tokens.hpp"

namespace rhumb::control {

// What a request has of it; a field that is not there is empty.
struct Credentials {
  std::string_view authorization;  // "Bearer TOKEN" (RFC 6750 §2.1)
  std::string_view host;           // "localhost:8053"
  Endpoint peer;                   // the other end of the connection
};

// With a token its role, nobody with one that is not known. Without one, from this machine and to it by an address or
// as "localhost", Role::read: another name may be one that a page in a browser here was given for our address, to read
// what its site should not (DNS rebinding).
[[nodiscard]] Caller identify(const Credentials& credentials, const Tokens& tokens);

// 127.0.0.0/8 and ::1.
[[nodiscard]] bool is_loopback(const IpAddress& address) noexcept;

}  // namespace rhumb::control

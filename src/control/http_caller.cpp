#include "control/http_caller.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace rhumb::control {
namespace {

bool is_same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// The name or address of "localhost:8053", "127.0.0.1", "[::1]:8053".
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool names_this_machine(std::string_view host) {
  const std::string_view name = without_port(host);
  return is_same_word(name, "localhost") || IpAddress::parse(name).has_value();
}

}  // namespace

bool is_loopback(const IpAddress& address) noexcept {
  constexpr std::uint32_t kLoopbackTop = 127;
  return address.family == Family::v4 ? address.as_v4() >> 24 == kLoopbackTop : address.bits == 1;
}

Caller identify(const Credentials& credentials, const Tokens& tokens) {
  Caller caller{{}, Role::nobody, credentials.peer.to_string()};
  if (credentials.authorization.empty()) {
    if (is_loopback(credentials.peer.address) && names_this_machine(credentials.host)) caller.role = Role::read;
    return caller;
  }
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view text = credentials.authorization;
  if (!is_same_word(text.substr(0, kScheme.size()), kScheme)) return caller;
  const Token* token = tokens.find(text.substr(kScheme.size()));
  if (token == nullptr) return caller;
  caller.name = token->name;
  caller.role = token->role;
  return caller;
}

}  // namespace rhumb::control

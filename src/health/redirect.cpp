#include "health/redirect.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <boost/beast/core/string.hpp>

#include "health/http_head.hpp"
#include "health/tls_client.hpp"

namespace rhumb::health {
namespace {

using boost::beast::iequals;

// RFC 3986 §3.1: whether it begins with a scheme, and so is no relative reference.
bool has_scheme(std::string_view reference) noexcept {
  const std::size_t end = reference.find_first_of(":/?#");
  return end != std::string_view::npos && reference[end] == ':';
}

// The port behind a host, `usual` if there is none; nothing if it is no port.
std::optional<std::uint16_t> port_of(std::string_view authority, std::uint16_t usual) noexcept {
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return usual;
  const std::string_view digits = authority.substr(colon + 1);
  if (digits.empty()) return usual;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return port;
}

// Servers name themselves by the Host field that they were asked with, or by the port that they listen on.
bool is_own(const Target& asked, std::string_view authority) {
  const std::uint16_t usual = asked.check.type == Check::Type::https ? 443 : 80;
  const std::string host = host_field(asked);
  const auto port = port_of(authority, usual);
  if (!port || !iequals(without_port(std::string(authority)), without_port(host))) return false;
  return *port == asked.check.port || port == port_of(host, usual);
}

// RFC 3986 §5.2.4
std::string without_dot_segments(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/', 1));  // "/name"
    path.remove_prefix(segment.size());
    const bool is_up = segment == "/..";
    if (is_up) result.erase(std::min(result.rfind('/'), result.size()));
    if (!is_up && segment != "/.") result += segment;
    if (path.empty() && (is_up || segment == "/.")) result += '/';
  }
  return result;
}

bool is_sendable(std::string_view path) noexcept {
  return path.starts_with('/') && path.size() <= kRedirectPathMax &&
         std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7F; });
}

// The path and query of a reference without scheme and authority.
std::string resolve(std::string_view base, std::string_view reference) {
  const std::string_view base_path = base.substr(0, base.find('?'));
  const std::size_t query = std::min(reference.find('?'), reference.size());
  std::string path(reference.substr(0, query));
  if (reference.empty()) return std::string(base);
  if (path.empty()) {
    path = base_path;
  } else {
    if (path.front() != '/') path = std::string(base_path.substr(0, base_path.rfind('/') + 1)) + path;
    path = without_dot_segments(path);
  }
  return path += reference.substr(query);
}

}  // namespace

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<std::string> follow(const Target& asked, std::string_view location) {
  std::string_view rest = location.substr(0, location.find('#'));
  if (has_scheme(rest)) {
    const std::string_view scheme = asked.check.type == Check::Type::https ? "https:" : "http:";
    if (!iequals(rest.substr(0, scheme.size()), scheme)) return std::nullopt;
    rest.remove_prefix(scheme.size());
    if (!rest.starts_with("//")) return std::nullopt;
  }
  std::string path;
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    if (!is_own(asked, authority)) return std::nullopt;
    rest.remove_prefix(authority.size());
    path = rest.starts_with('/') ? resolve("/", rest) : resolve("/", "/" + std::string(rest));
  } else {
    path = resolve(asked.check.path, rest);
  }
  return is_sendable(path) ? std::optional(std::move(path)) : std::nullopt;
}

}  // namespace rhumb::health

#include "control/url.hpp"

#include <algorithm>
#include <charconv>

#include "base/ip_address.hpp"

namespace rhumb::control {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool is_of_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

bool is_of_target(char c) {
  return c > ' ' && c < 0x7F && c != '#';
}

// Takes `prefix` off the front of `text`, if it is there.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "name", "192.0.2.1" or "[2001:db8::1]" from the front of `text`; empty if there is none.
std::string take_host(std::string_view& text) {
  if (take(text, "[")) {
    std::string host(text.substr(0, text.find(']')));
    const auto address = IpAddress::parse(host);
    if (!address || address->family != Family::v6 || host.size() == text.size()) return {};
    text.remove_prefix(host.size() + 1);
    return host;
  }
  const std::size_t size = static_cast<std::size_t>(std::ranges::find_if_not(text, is_of_name) - text.begin());
  std::string host(text.substr(0, size));
  text.remove_prefix(size);
  return host;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.size() > kUrlMax) return std::nullopt;
  url.is_https = take(text, "https://");
  if (!url.is_https && !take(text, "http://")) return std::nullopt;
  const std::size_t end = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, end);
  url.authority = authority;
  url.target = end < text.size() ? std::string(text.substr(end)) : "/";
  url.host = take_host(authority);
  url.port = url.is_https ? kHttpsPort : kHttpPort;
  if (take(authority, ":")) {
    const auto port = parse_port(authority);
    if (!port) return std::nullopt;
    url.port = *port;
    authority = {};
  }
  if (url.host.empty() || !authority.empty() || !std::ranges::all_of(url.target, is_of_target)) return std::nullopt;
  return url;
}

}  // namespace rhumb::control

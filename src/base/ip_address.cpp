#include "base/ip_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>

#include "base/bytes.hpp"

namespace rhumb {
namespace {

// The longest text that inet_pton(3) can accept.
constexpr std::size_t kTextMax = INET6_ADDRSTRLEN;

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= kTextMax || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::array<char, kTextMax> terminated{};
  text.copy(terminated.data(), text.size());

  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(AF_INET, terminated.data(), octets.data()) == 1) return v4(load_u32(octets.data()));
  if (inet_pton(AF_INET6, terminated.data(), octets.data()) != 1) return std::nullopt;
  U128 bits = 0;
  for (const std::uint8_t octet : octets)
    bits = bits << 8 | octet;
  return v6(bits);
}

std::string IpAddress::to_string() const {
  std::array<std::uint8_t, 16> octets{};
  const int width = bits_of(family) / 8;
  for (int i = 0; i < width; ++i) {
    octets[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(bits >> (8 * (width - 1 - i)));
  }
  std::array<char, kTextMax> text{};
  inet_ntop(family == Family::v4 ? AF_INET : AF_INET6, octets.data(), text.data(), text.size());
  return text.data();
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);

  const auto address = IpAddress::parse(host);
  const auto port = parse_port(text.substr(colon + 1));
  if (!address || !port || bracketed != (address->family == Family::v6)) return std::nullopt;
  return Endpoint{*address, *port};
}

std::string Endpoint::to_string() const {
  const std::string host = address.to_string();
  return (address.family == Family::v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace rhumb

#include "dns/edns.hpp"

#include <algorithm>

namespace rhumb::dns {
namespace {

constexpr std::uint16_t kFamilyV4 = 1;  // IANA address family numbers
constexpr std::uint16_t kFamilyV6 = 2;
constexpr std::size_t kClientSubnetHeaderSize = 4;  // family, source, scope
constexpr std::uint16_t kDnssecOk = 0x8000;

int family_bits(std::uint16_t family) noexcept {
  return family == kFamilyV4 ? kBitsV4 : family == kFamilyV6 ? kBitsV6 : 0;
}

bool is_known_family(std::uint16_t family) noexcept {
  return family <= kFamilyV6;
}

// The address whose first octets are `octets`, the others zero.
IpAddress address_from(std::uint16_t family, Bytes octets) noexcept {
  AddressOctets all{};
  std::memcpy(all.data(), octets.data(), octets.size());
  return address_of(family == kFamilyV6 ? Family::v6 : Family::v4, all);
}

// Whether a bit is set after the first `bits`, of which `octets` is as long as they need.
bool has_bits_after(Bytes octets, std::uint8_t bits) noexcept {
  return bits % 8 != 0 && (octets.back() & 0xFF >> bits % 8) != 0;
}

// False when RFC 7871 §6 says FORMERR.
bool parse_client_subnet(Bytes option, std::optional<ClientSubnet>& result) noexcept {
  if (option.size() < kClientSubnetHeaderSize) return false;
  ClientSubnet subnet;
  subnet.family = load_u16(option.data());
  if (!is_known_family(subnet.family)) return true;
  subnet.source_bits = option[2];
  const std::uint8_t scope_bits = option[3];
  const Bytes octets = option.subspan(kClientSubnetHeaderSize);
  if (scope_bits != 0 || subnet.source_bits > family_bits(subnet.family)) return false;
  if (octets.size() != subnet.address_size()) return false;
  if (has_bits_after(octets, subnet.source_bits)) return false;
  subnet.address = address_from(subnet.family, octets);
  result = subnet;
  return true;
}

// False when RFC 7873 §5.2.2 says FORMERR.
bool parse_cookie(Bytes option, std::optional<Cookie>& result) noexcept {
  if (option.size() < kClientCookieSize) return false;
  const Bytes server = option.subspan(kClientCookieSize);
  if (!server.empty() && (server.size() < kServerCookieMin || server.size() > kServerCookieMax)) return false;
  Cookie& cookie = result.emplace();
  std::ranges::copy(option.first(kClientCookieSize), cookie.client.begin());
  std::ranges::copy(server, cookie.server.begin());
  cookie.server_size = static_cast<std::uint8_t>(server.size());
  return true;
}

bool parse_option(std::uint16_t code, Bytes option, Edns& edns) noexcept {
  switch (code) {
    case option::kNsid:
      edns.asks_nsid = true;  // RFC 5001 §2.1 wants it empty; NSD and Knot do not mind
      return true;
    case option::kClientSubnet:
      return edns.client_subnet || parse_client_subnet(option, edns.client_subnet);
    case option::kCookie:
      return edns.cookie || parse_cookie(option, edns.cookie);
    case option::kTcpKeepalive:
      edns.asks_keepalive = true;
      return option.empty();
    default:
      return true;
  }
}

std::uint8_t* write_option_header(std::uint8_t* at, std::uint16_t code, std::size_t size) noexcept {
  store_u16(at, code);
  store_u16(at + 2, static_cast<std::uint16_t>(size));
  return at + kOptionHeaderSize;
}

std::uint8_t* write_client_subnet(std::uint8_t* at, const ClientSubnet& subnet, std::uint8_t scope_bits) noexcept {
  at = write_option_header(at, option::kClientSubnet, kClientSubnetHeaderSize + subnet.address_size());
  store_u16(at, subnet.family);
  at[2] = subnet.source_bits;
  at[3] = scope_bits;
  at += kClientSubnetHeaderSize;
  const AddressOctets address = octets_of(subnet.address);
  std::memcpy(at, address.data(), subnet.address_size());
  return at + subnet.address_size();
}

}  // namespace

bool parse_options(Bytes options, Edns& edns) noexcept {
  while (!options.empty()) {
    if (options.size() < kOptionHeaderSize) return false;
    const std::uint16_t code = load_u16(options.data());
    const std::size_t size = load_u16(options.data() + 2);
    if (options.size() - kOptionHeaderSize < size) return false;
    if (!parse_option(code, options.subspan(kOptionHeaderSize, size), edns)) return false;
    options = options.subspan(kOptionHeaderSize + size);
  }
  return true;
}

std::size_t OptRecord::wire_size() const noexcept {
  std::size_t size = kOptSize;
  if (!nsid.empty()) size += kOptionHeaderSize + nsid.size();
  if (keepalive_100ms) size += kOptionHeaderSize + sizeof *keepalive_100ms;
  if (cookie) size += kOptionHeaderSize + cookie->size();
  if (client_subnet) size += client_subnet->wire_size();
  return size;
}

std::size_t write_opt(std::uint8_t* at, const OptRecord& edns, Rcode rcode, std::uint8_t scope_bits,
                      std::optional<ExtendedError> error) noexcept {
  std::uint8_t* const start = at;
  at[0] = 0;  // the root
  store_u16(at + 1, type::kOpt);
  store_u16(at + 3, edns.payload_size);
  at[5] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(rcode) >> 4);
  at[6] = 0;  // our version
  store_u16(at + 7, edns.dnssec_ok ? kDnssecOk : std::uint16_t{0});
  at += kOptSize;
  if (edns.client_subnet) at = write_client_subnet(at, *edns.client_subnet, scope_bits);
  if (edns.cookie) {
    at = write_option_header(at, option::kCookie, edns.cookie->size());
    at = std::ranges::copy(*edns.cookie, at).out;
  }
  if (!edns.nsid.empty()) {
    at = write_option_header(at, option::kNsid, edns.nsid.size());
    at = std::ranges::copy(edns.nsid, at).out;
  }
  if (edns.keepalive_100ms) {
    at = write_option_header(at, option::kTcpKeepalive, sizeof *edns.keepalive_100ms);
    store_u16(at, *edns.keepalive_100ms);
    at += sizeof *edns.keepalive_100ms;
  }
  if (error) {
    at = write_option_header(at, option::kExtendedError, sizeof *error);
    store_u16(at, static_cast<std::uint16_t>(*error));
    at += sizeof *error;
  }
  const auto size = static_cast<std::size_t>(at - start);
  store_u16(start + 9, static_cast<std::uint16_t>(size - kOptSize));
  return size;
}

}  // namespace rhumb::dns

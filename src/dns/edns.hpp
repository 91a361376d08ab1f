// EDNS (RFC 6891): what the OPT record of a query says, and the one that a response carries.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "dns/codes.hpp"
#include "dns/cookie.hpp"

namespace rhumb::dns {

namespace option {
inline constexpr std::uint16_t kNsid = 3;
inline constexpr std::uint16_t kClientSubnet = 8;
inline constexpr std::uint16_t kCookie = 10;
inline constexpr std::uint16_t kTcpKeepalive = 11;
inline constexpr std::uint16_t kExtendedError = 15;
}  // namespace option

inline constexpr std::size_t kOptSize = 11;  // an OPT record without options: root owner, type, class, ttl, rdlength
inline constexpr std::size_t kOptionHeaderSize = 4;  // code, length
inline constexpr std::size_t kExtendedErrorSize = kOptionHeaderSize + 2;
// Of a Client Subnet option with the longest address.
inline constexpr std::size_t kClientSubnetSizeMax = kOptionHeaderSize + 4 + 16;
inline constexpr std::size_t kNsidMax = 128;  // octets; leaves room for an answer in the smallest message

// The OPT record of a response with all options but an extended error, which is left out when there is no room.
inline constexpr std::size_t kOptSizeMax = kOptSize + kClientSubnetSizeMax +
                                           (kOptionHeaderSize + sizeof(ResponseCookie)) +
                                           (kOptionHeaderSize + kNsidMax) + (kOptionHeaderSize + sizeof(std::uint16_t));

// The network that a resolver asks for.
struct ClientSubnet {
  // RFC 7871 §6, FAMILY: 1 or 2; or 0, as dig(1) has it, when `source_bits` is 0.
  std::uint16_t family = 0;
  std::uint8_t source_bits = 0;  // SOURCE PREFIX-LENGTH
  IpAddress address;             // no bit set after `source_bits`

  // RFC 7871 §7.1.2: a prefix length of 0 is a client that does not want its address used.
  [[nodiscard]] bool is_withheld() const noexcept { return source_bits == 0; }
  // Of the option with its code and length.
  [[nodiscard]] std::size_t wire_size() const noexcept { return 8 + address_size(); }
  // Octets of ADDRESS: as few as hold the prefix.
  [[nodiscard]] std::size_t address_size() const noexcept { return (source_bits + 7U) / 8; }
};

// What a query said.
struct Edns {
  // Not = default: that one would zero what the options leave open, 150 octets.
  Edns() noexcept {}  // NOLINT(modernize-use-equals-default)

  std::uint16_t payload_size = 0;  // the requestor's, as sent
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  bool asks_nsid = false;       // RFC 5001
  bool asks_keepalive = false;  // RFC 7828
  std::optional<ClientSubnet> client_subnet;
  std::optional<Cookie> cookie;
};

// Reads the options of an OPT record into `edns`. False when they are malformed: a length past the end; a Client Subnet
// that RFC 7871 §6 forbids (wrong ADDRESS length, bits set after the prefix, a scope in a query); a cookie of a length
// that RFC 7873 §5.2.2 forbids; a keepalive with a timeout (RFC 7828 §3.2.1). A family that nobody knows is no error:
// the option is ignored. Of several options of a kind the first counts.
[[nodiscard]] bool parse_options(Bytes options, Edns& edns) noexcept;

// What the OPT record of a response says, or that of a query we make.
struct OptRecord {
  std::uint16_t payload_size = kUdpPayloadDefault;  // what we take over UDP
  bool dnssec_ok = false;                           // RFC 3225 §3: as the query had it
  std::string_view nsid = {};                       // at most kNsidMax octets; empty: none
  std::optional<std::uint16_t> keepalive_100ms = std::nullopt;
  std::optional<ResponseCookie> cookie = std::nullopt;
  const ClientSubnet* client_subnet = nullptr;  // must outlive this; null: none

  // Octets of the OPT record.
  [[nodiscard]] std::size_t wire_size() const noexcept;
};

// Writes the OPT record at `at`, which must have room for `edns.wire_size()`, and for kExtendedErrorSize more if there
// is an `error`; returns its size. `rcode`: its upper eight bits go here. `scope_bits` goes into the Client Subnet, if
// there is one.
std::size_t write_opt(std::uint8_t* at, const OptRecord& edns, Rcode rcode, std::uint8_t scope_bits,
                      std::optional<ExtendedError> error) noexcept;

}  // namespace rhumb::dns

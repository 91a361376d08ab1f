// Numbers of the DNS protocol, under their IANA names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rhumb::dns {

// A plain integer with names: types that have none here (RFC 3597) are as good as those that do.
using Type = std::uint16_t;
namespace type {
inline constexpr Type kA = 1;
inline constexpr Type kNs = 2;
inline constexpr Type kCname = 5;
inline constexpr Type kSoa = 6;
inline constexpr Type kPtr = 12;
inline constexpr Type kMx = 15;
inline constexpr Type kTxt = 16;
inline constexpr Type kAaaa = 28;
inline constexpr Type kSrv = 33;
inline constexpr Type kDname = 39;
inline constexpr Type kOpt = 41;
inline constexpr Type kDs = 43;
inline constexpr Type kRrsig = 46;
inline constexpr Type kNsec = 47;
inline constexpr Type kDnskey = 48;
inline constexpr Type kSvcb = 64;
inline constexpr Type kHttps = 65;
inline constexpr Type kTsig = 250;
inline constexpr Type kIxfr = 251;
inline constexpr Type kAxfr = 252;
inline constexpr Type kAny = 255;
inline constexpr Type kCaa = 257;
}  // namespace type

// "A", "AAAA", …, or "TYPE65280" (RFC 3597 §5). Case does not matter. Nothing when it is neither.
[[nodiscard]] std::optional<Type> type_from_text(std::string_view text);
[[nodiscard]] std::string type_to_text(Type type);

// IANA "Service Parameter Keys" of SVCB and HTTPS records (RFC 9460 §14.3).
using SvcParamKey = std::uint16_t;
namespace svc_param {
inline constexpr SvcParamKey kMandatory = 0;
inline constexpr SvcParamKey kAlpn = 1;
inline constexpr SvcParamKey kNoDefaultAlpn = 2;
inline constexpr SvcParamKey kPort = 3;
inline constexpr SvcParamKey kIpv4Hint = 4;
inline constexpr SvcParamKey kEch = 5;
inline constexpr SvcParamKey kIpv6Hint = 6;
inline constexpr SvcParamKey kDohPath = 7;  // RFC 9461
inline constexpr SvcParamKey kOhttp = 8;    // RFC 9540
}  // namespace svc_param

using Class = std::uint16_t;
inline constexpr Class kClassIn = 1;
inline constexpr Class kClassCh = 3;
inline constexpr Class kClassAny = 255;

// RFC 6895 §2.3. Above 15: the upper bits travel in the OPT record.
enum class Rcode : std::uint16_t {
  no_error = 0,
  form_err = 1,
  serv_fail = 2,
  nx_domain = 3,
  not_imp = 4,
  refused = 5,
  yx_domain = 6,
  not_auth = 9,
  bad_vers = 16,
};

// "NOERROR", "NXDOMAIN", … as dig(1) prints them.
[[nodiscard]] std::string_view rcode_to_text(Rcode rcode) noexcept;

// RFC 8914 §4: why an answer is not what was asked for.
enum class ExtendedError : std::uint16_t {
  not_ready = 14,
  filtered = 17,
  prohibited = 18,
  not_authoritative = 20,
  not_supported = 21,
  no_reachable_authority = 22,
};

enum class Opcode : std::uint8_t { query = 0, iquery = 1, status = 2, notify = 4, update = 5, dso = 6 };

// Header flags (RFC 1035 §4.1.1) as bits of the second 16-bit word.
namespace flag {
inline constexpr std::uint16_t kQr = 0x8000;
inline constexpr std::uint16_t kAa = 0x0400;
inline constexpr std::uint16_t kTc = 0x0200;
inline constexpr std::uint16_t kRd = 0x0100;
inline constexpr std::uint16_t kCd = 0x0010;
}  // namespace flag

inline constexpr std::size_t kHeaderSize = 12;      // RFC 1035 §4.1.1
inline constexpr std::size_t kUdpPayloadMin = 512;  // RFC 1035 §4.2.1: what every UDP client takes
inline constexpr std::size_t kMessageMax = 65'535;  // RFC 1035 §4.2.2: the length field of TCP
// The largest response over UDP if the operator says nothing: what crosses an IPv6 path of 1280 octets unfragmented
// (DNS flag day 2020).
inline constexpr std::size_t kUdpPayloadDefault = 1'232;
// The most that the operator may allow; what RFC 6891 §6.2.5 suggests for a start, and more than any path carries.
inline constexpr std::size_t kUdpPayloadMax = 4'096;

}  // namespace rhumb::dns

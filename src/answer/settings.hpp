// What the protocol leaves to the operator.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ip_address.hpp"
#include "dns/codes.hpp"
#include "dns/cookie.hpp"

namespace rhumb::answer {

struct Settings {
  // Who answers, of several servers behind one address: NSID, and CH TXT id.server and hostname.bind (RFC 5001,
  // RFC 4892). At most dns::kNsidMax octets; empty: not told.
  std::string identity;
  // CH TXT version.server and version.bind. At most 255 octets; empty: not told.
  std::string version;
  // The largest responses over UDP; between dns::kUdpPayloadMin and dns::kUdpPayloadMax.
  std::uint16_t payload_v4 = dns::kUdpPayloadDefault;
  std::uint16_t payload_v6 = dns::kUdpPayloadDefault;
  std::optional<dns::CookieSecrets> cookies;   // none: cookies are ignored
  std::chrono::milliseconds tcp_idle{10'000};  // how long an idle connection is kept: told to who asks (RFC 7828)

  [[nodiscard]] std::uint16_t payload(Family family) const noexcept {
    return family == Family::v4 ? payload_v4 : payload_v6;
  }
};

}  // namespace rhumb::answer

#include "dns/cookie.hpp"

#include <algorithm>

namespace rhumb::dns {
namespace {

constexpr std::uint8_t kVersion = 1;     // RFC 9018 §4.1
constexpr std::size_t kHashAt = 8;       // in a server cookie: after version, reserved and timestamp
constexpr std::int32_t kAgeMax = 3'600;  // seconds, RFC 9018 §4.3
constexpr std::int32_t kAheadMax = 300;  // seconds: other servers' clocks

// RFC 9018 §4.4: SipHash-2-4( client cookie | version | reserved | timestamp | client IP ). `fixed` = the eight octets
// before the hash. The hash is written as SipHash's authors write it: the least significant octet first.
std::array<std::uint8_t, 8> hash_of(const Cookie& cookie, const std::uint8_t* fixed, const IpAddress& client,
                                    const SipKey& secret) noexcept {
  std::array<std::uint8_t, kClientCookieSize + kHashAt + 16> input;
  std::uint8_t* at = std::ranges::copy(cookie.client, input.begin()).out;
  at = std::copy_n(fixed, kHashAt, at);
  const AddressOctets address = octets_of(client);
  at = std::copy_n(address.begin(), bits_of(client.family) / 8, at);
  const std::uint64_t hash = siphash24({input.data(), static_cast<std::size_t>(at - input.data())}, secret);
  std::array<std::uint8_t, 8> octets;
  std::memcpy(octets.data(), &hash, sizeof hash);
  return octets;
}

}  // namespace

CookieSecrets CookieSecrets::derived_from(const SipKey& master) {
  CookieSecrets secrets;
  secrets.secrets_ = {master};
  secrets.is_derived_ = true;
  return secrets;
}

SipKey CookieSecrets::secret_of(std::size_t index, std::uint32_t timestamp_s) const noexcept {
  if (!is_derived_) return secrets_[index];
  std::array<std::uint8_t, 5> input{};
  store_u32(input.data(), timestamp_s / kSecretPeriod);
  SipKey secret;
  for (const std::size_t half : {0U, 1U}) {
    input[4] = static_cast<std::uint8_t>(half);
    const std::uint64_t word = siphash24(input, secrets_[0]);
    std::memcpy(secret.data() + half * sizeof word, &word, sizeof word);
  }
  return secret;
}

bool CookieSecrets::is_valid(const Cookie& cookie, const IpAddress& client, std::uint32_t now_s) const noexcept {
  if (cookie.server_size != kServerCookieSize || cookie.server[0] != kVersion) return false;
  const std::uint32_t timestamp_s = load_u32(cookie.server.data() + 4);
  const auto age_s = static_cast<std::int32_t>(now_s - timestamp_s);  // serial number arithmetic (RFC 1982)
  if (age_s > kAgeMax || age_s < -kAheadMax) return false;
  const auto is_made_with = [&](std::size_t index) {
    const auto hash = hash_of(cookie, cookie.server.data(), client, secret_of(index, timestamp_s));
    return std::ranges::equal(hash, std::span(cookie.server).subspan(kHashAt, hash.size()));
  };
  for (std::size_t index = 0; index < secrets_.size(); ++index) {
    if (is_made_with(index)) return true;
  }
  return false;
}

ResponseCookie CookieSecrets::make(const Cookie& cookie, const IpAddress& client, std::uint32_t now_s) const noexcept {
  ResponseCookie result{};
  std::ranges::copy(cookie.client, result.begin());
  std::uint8_t* server = result.data() + kClientCookieSize;
  server[0] = kVersion;
  store_u32(server + 4, now_s);
  std::ranges::copy(hash_of(cookie, server, client, secret_of(0, now_s)), server + kHashAt);
  return result;
}

}  // namespace rhumb::dns

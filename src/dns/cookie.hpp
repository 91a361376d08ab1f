// DNS cookies (RFC 7873) in the form that servers of different makers agree on (RFC 9018): a client that sends back
// what it got from us before has the address that it claims.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "base/siphash.hpp"

namespace rhumb::dns {

inline constexpr std::size_t kClientCookieSize = 8;
inline constexpr std::size_t kServerCookieMin = 8;  // RFC 7873 §4.2
inline constexpr std::size_t kServerCookieMax = 32;
inline constexpr std::size_t kServerCookieSize = 16;  // ours: version, reserved, timestamp, hash (RFC 9018 §4)

// What a query brought.
struct Cookie {
  std::array<std::uint8_t, kClientCookieSize> client;
  std::array<std::uint8_t, kServerCookieMax> server;
  std::uint8_t server_size;  // 0: the client has none of ours yet
};

// What a response carries: the client's and ours.
using ResponseCookie = std::array<std::uint8_t, kClientCookieSize + kServerCookieSize>;

// Immutable; any thread may use it.
class CookieSecrets {
 public:
  // The first secret makes cookies, all are accepted: to roll a secret, several servers behind one address get the new
  // one as second, then as first, then lose the old one (RFC 9018 §5). At least one.
  explicit CookieSecrets(std::vector<SipKey> secrets) : secrets_(std::move(secrets)) {}

  // For a server on its own: secrets that nobody else has, one for each kSecretPeriod, derived from `master`. Which
  // one made a cookie follows from the cookie's timestamp, so they roll without a gap and without anything to store.
  [[nodiscard]] static CookieSecrets derived_from(const SipKey& master);

  // Whether the server cookie in `cookie` is ours, made for `client` no longer ago than RFC 9018 §4.3 allows.
  [[nodiscard]] bool is_valid(const Cookie& cookie, const IpAddress& client, std::uint32_t now_s) const noexcept;

  // `now_s` is Unix time modulo 2^32.
  [[nodiscard]] ResponseCookie make(const Cookie& cookie, const IpAddress& client, std::uint32_t now_s) const noexcept;

  static constexpr std::uint32_t kSecretPeriod = 86'400;  // seconds

 private:
  CookieSecrets() = default;
  [[nodiscard]] SipKey secret_of(std::size_t index, std::uint32_t timestamp_s) const noexcept;

  std::vector<SipKey> secrets_;  // or the master alone
  bool is_derived_ = false;
};

}  // namespace rhumb::dns

// SVCB and HTTPS records at a steered name: their address hints are the addresses that the client would get for A and
// AAAA (RFC 9460 §7.3). A zone file can hint at one set of them for all, which would undo the steering.
//
// Plain functions over records in stored form (dns/stored_record.hpp), whose rdata the zone has found to be sound. Only
// records in ServiceMode whose target is their owner speak of the steered name; all others stay as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "dns/codes.hpp"

namespace rhumb::answer {

// Addresses of one family: A or AAAA records in stored form, all of one size, and which of them.
struct HintAddresses {
  Bytes records;
  std::size_t record_size;
  std::optional<std::span<const std::uint8_t>> chosen = std::nullopt;  // places in `records`, in order; none: all

  [[nodiscard]] std::size_t count() const noexcept { return chosen ? chosen->size() : records.size() / record_size; }
  // In network byte order; `i` < count().
  [[nodiscard]] Bytes operator[](std::size_t i) const noexcept;
};

struct Hints {
  HintAddresses v4;
  HintAddresses v6;
};

[[nodiscard]] inline bool is_service_binding(dns::Type type) noexcept {
  return type == dns::type::kHttps || type == dns::type::kSvcb;
}

// Whether one of the SVCB or HTTPS records, at the name `owner` in lower case, has hints of the owner's own addresses.
[[nodiscard]] bool has_own_hints(Bytes records, Bytes owner) noexcept;

// Writes the records to `out` with `hints` where they have hints of the owner's own addresses, and a TTL of at most
// `ttl_s`, as those addresses change when A and AAAA do. A hint without addresses is left out, in the list of mandatory
// keys too. Returns the octets written; 0 when there is not enough room.
[[nodiscard]] std::size_t write_hints(Bytes records, Bytes owner, const Hints& hints, std::uint32_t ttl_s,
                                      MutableBytes out) noexcept;

}  // namespace rhumb::answer

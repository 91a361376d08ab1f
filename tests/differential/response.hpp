// A response, read octet by octet by code that shares nothing with the server's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "dns/codes.hpp"

namespace rhumb::differential {

// Names, in owners and in rdata, are in wire form, without compression and in lower case.
struct ResponseRecord {
  std::string owner;
  dns::Type type;
  std::uint32_t ttl;
  std::string data;

  friend auto operator<=>(const ResponseRecord&, const ResponseRecord&) = default;
};

struct Response {
  std::uint16_t rcode;  // the extended one, with EDNS
  std::uint16_t flags;  // the whole header word without the rcode
  bool has_edns;
  bool is_dnssec_ok;
  std::vector<ResponseRecord> answer;
  std::vector<ResponseRecord> authority;
  std::vector<ResponseRecord> additional;  // without the OPT

  [[nodiscard]] bool is_truncated() const noexcept { return (flags & dns::flag::kTc) != 0; }
};

// Nothing when it is malformed. It must have exactly one question.
[[nodiscard]] std::optional<Response> parse_response(Bytes message);

// "a.b." of a name in wire form.
[[nodiscard]] std::string name_to_text(std::string_view wire);
// The reverse; `text` is a valid name.
[[nodiscard]] std::string name_from_text(std::string_view text);
// A name in wire form, at or below another.
[[nodiscard]] bool is_below_wire(std::string_view name, std::string_view ancestor) noexcept;

// As dig(1) prints it, more or less.
[[nodiscard]] std::string to_text(const Response& response);

}  // namespace rhumb::differential

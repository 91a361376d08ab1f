// Responses to queries of one question, as a simple server makes them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "support/dns_client.hpp"

namespace rhumb::test {

using Ipv4 = std::array<std::uint8_t, 4>;

// With an address record for each of `addresses`. `query` has nothing behind its question.
[[nodiscard]] inline Octets answer_to(const Octets& query, const std::vector<Ipv4>& addresses = {{192, 0, 2, 1}}) {
  Octets response = query;
  response[2] |= 0x84;  // QR, AA
  response[7] = static_cast<std::uint8_t>(addresses.size());
  for (const Ipv4& address : addresses) {
    response.insert(response.end(), {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4});  // the name of the question, A, IN, TTL
    response.insert(response.end(), address.begin(), address.end());
  }
  return response;
}

}  // namespace rhumb::test

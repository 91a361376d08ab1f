// A response as another implementation reads it: ldns.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace rhumb::test {

struct Response {
  std::uint16_t id = 0;
  std::string rcode;  // "NOERROR", …; with EDNS the extended one
  bool aa = false;
  bool tc = false;
  bool rd = false;
  std::string question;             // "WWW.example.com. A"
  std::vector<std::string> answer;  // "www.example.com. 30 IN A 192.0.2.1", in the order of the message
  std::vector<std::string> authority;
  std::vector<std::string> additional;  // without the OPT
  bool has_edns = false;
  std::uint16_t payload_size = 0;
  std::map<std::uint16_t, std::vector<std::uint8_t>> options;  // of the OPT, by code
  std::optional<int> scope_bits;                               // of the Client Subnet, if it has one
  std::size_t size = 0;                                        // octets
};

// Fails the test, and returns an empty response, when ldns cannot read it.
[[nodiscard]] Response parse_response(Bytes message);

}  // namespace rhumb::test

// What is probed, and how.
#pragma once

#include <cstdint>
#include <string>

#include "base/ip_address.hpp"

namespace rhumb::health {

struct Check {
  enum class Type : std::uint8_t {
    none,  // never probed: stays unknown, which counts as up
    http,  // up: the head of a response with a status from 200 to 399 (as Route 53 counts) within the timeout
    tcp,   // up: a connection within the timeout
  };

  Type type = Type::http;
  std::uint16_t port = 80;
  std::string path = "/";  // http only. Sent as it is: printable ASCII without spaces, starting with '/'
  std::uint32_t interval_ms = 10'000;
  std::uint32_t timeout_ms = 2'000;  // of the whole probe, from the look-up of a name or the start of the connection
  int rise = 2;
  int fall = 3;
  // All numbers are at least 1.

  friend bool operator==(const Check&, const Check&) = default;
};

struct Target {
  std::string name;  // for people: "www.example.com eu-west 192.0.2.20"
  IpAddress address;
  std::string host;  // http only: the Host field, sent as it is; empty stands for the address and port
  Check check;
  // Not empty: this name is resolved for each probe, and its first address probed in place of `address`.
  std::string resolved_name = {};
};

// Whether one probe answers for both: everything is equal except the name.
[[nodiscard]] bool is_same_probe(const Target& a, const Target& b) noexcept;

// A strict order in which targets of the same probe are equivalent.
struct ProbeOrder {
  [[nodiscard]] bool operator()(const Target& a, const Target& b) const noexcept;
};

}  // namespace rhumb::health

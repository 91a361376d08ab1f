// Messages made by hand, for tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "dns/codes.hpp"
#include "dns/name.hpp"

namespace rhumb::dns {

using Message = std::vector<std::uint8_t>;

inline void append_u16(Message& message, std::uint16_t value) {
  message.push_back(static_cast<std::uint8_t>(value >> 8));
  message.push_back(static_cast<std::uint8_t>(value));
}

inline void append(Message& message, std::initializer_list<std::uint8_t> octets) {
  message.insert(message.end(), octets);
}

// A header with one question; id 0x1234, no flag but those given. `name` is used as it is in wire form, case kept.
inline Message query_message(std::string_view name, Type type, std::uint16_t flags = 0) {
  Message message;
  message.reserve(kUdpPayloadMin);
  append(message, {0x12, 0x34});
  append_u16(message, flags);
  append(message, {0, 1, 0, 0, 0, 0, 0, 0});
  while (!name.empty() && name != ".") {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    message.push_back(static_cast<std::uint8_t>(label.size()));
    message.insert(message.end(), label.begin(), label.end());
    name = dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
  }
  message.push_back(0);
  append_u16(message, type);
  append_u16(message, kClassIn);
  return message;
}

// Adds an OPT record with `options` as its rdata, and counts it.
inline void append_opt(Message& message, const Message& options, std::uint16_t payload_size = 1232,
                       std::uint8_t version = 0, bool dnssec_ok = false) {
  append(message, {0, 0, 41});
  append_u16(message, payload_size);
  append(message, {0, version, static_cast<std::uint8_t>(dnssec_ok ? 0x80 : 0), 0});
  append_u16(message, static_cast<std::uint16_t>(options.size()));
  message.insert(message.end(), options.begin(), options.end());
  ++message[11];
}

// A Client Subnet option (RFC 7871 §6).
inline Message client_subnet_option(std::uint16_t family, std::uint8_t source_bits,
                                    std::initializer_list<std::uint8_t> address, std::uint8_t scope_bits = 0) {
  Message option;
  append_u16(option, 8);
  append_u16(option, static_cast<std::uint16_t>(4 + address.size()));
  append_u16(option, family);
  append(option, {source_bits, scope_bits});
  append(option, address);
  return option;
}

}  // namespace rhumb::dns

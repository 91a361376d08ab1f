// A network of IP addresses, as operators write it: "192.0.2.0/24", "2001:db8::/32".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.hpp"

namespace rhumb {

struct Network {
  IpAddress address;         // as written: bits may be set after the prefix
  std::uint8_t prefix_bits;  // at most the family's width

  // An address alone is a network of its own. Nothing when it is neither.
  [[nodiscard]] static std::optional<Network> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  // Without the bits after the prefix.
  [[nodiscard]] constexpr Network masked() const noexcept { return {network_of(address, prefix_bits), prefix_bits}; }

  friend constexpr bool operator==(const Network&, const Network&) = default;
};

// What is wrong with `text` as a network of a list, where bits after the prefix are a slip: in words, with what was
// probably meant. Nothing when it is one.
[[nodiscard]] std::optional<std::string> refuse_network(std::string_view text, const std::optional<Network>& parsed);

}  // namespace rhumb

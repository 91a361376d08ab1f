#include "base/network.hpp"

#include <charconv>

#include <fmt/format.h>

namespace rhumb {

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  auto bits = static_cast<std::uint8_t>(bits_of(address->family));
  if (slash == std::string_view::npos) return Network{*address, bits};
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return bits <= bits_of(address->family) ? std::optional(Network{*address, bits}) : std::nullopt;
}

std::string Network::to_string() const {
  return fmt::format("{}/{}", address.to_string(), prefix_bits);
}

std::optional<std::string> refuse_network(std::string_view text, const std::optional<Network>& parsed) {
  if (!parsed) return fmt::format("\"{}\" is not a network such as 192.0.2.0/24", text);
  const Network masked = parsed->masked();
  if (masked == *parsed) return std::nullopt;
  return fmt::format("{} has bits set after the prefix; meant {}?", text, masked.to_string());
}

}  // namespace rhumb

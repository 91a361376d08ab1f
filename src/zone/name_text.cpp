#include "zone/name_text.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "dns/name.hpp"
#include "zone/token.hpp"

namespace rhumb::zone {
namespace {

constexpr std::size_t kShownMax = 60;  // octets of a text that a message repeats

// The octet at the start of `text`, escaped or not; takes it off. Nothing when it is no good escape.
std::optional<std::uint8_t> take_octet(std::string_view& text) noexcept {
  std::size_t size = 1;
  int octet = static_cast<unsigned char>(text[0]);
  if (octet == '\\') {
    if (text.size() < 2) return std::nullopt;
    octet = static_cast<unsigned char>(text[1]);
    size = 2;
    if (is_digit(text[1])) {
      if (text.size() < 4 || !is_digit(text[2]) || !is_digit(text[3])) return std::nullopt;
      octet = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
      size = 4;
    }
  }
  if (octet > 255) return std::nullopt;
  text.remove_prefix(size);
  return static_cast<std::uint8_t>(octet);
}

ReadName fault(std::string text) {
  return {std::move(text), {}};
}

}  // namespace

ReadName read_name(std::string_view text, Bytes origin) {
  std::vector<std::uint8_t> wire;
  if (text == "@") return {{}, {origin.begin(), origin.end()}};
  if (text == ".") return {{}, {0}};
  if (text.empty()) return fault("a domain name is missing");
  bool is_absolute = false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view label = rest;
    const std::size_t at = wire.size();
    wire.push_back(0);
    while (!rest.empty() && rest[0] != '.') {
      const auto octet = take_octet(rest);
      if (!octet) return fault(fmt::format("{} has a bad escape; it is \\X or \\DDD, up to \\255", shown_text(text)));
      wire.push_back(*octet);
    }
    const std::size_t size = wire.size() - at - 1;
    if (size == 0) return fault(fmt::format("{} is not a domain name, a label is empty", shown_text(text)));
    if (size > dns::kLabelMax) {
      return fault(fmt::format("the label {} has {} octets; {} are allowed",
                               shown_text(label.substr(0, label.size() - rest.size())), size, dns::kLabelMax));
    }
    wire[at] = static_cast<std::uint8_t>(size);
    is_absolute = !rest.empty();
    if (is_absolute) rest.remove_prefix(1);  // the dot
  }
  if (is_absolute) {
    wire.push_back(0);
  } else {
    wire.insert(wire.end(), origin.begin(), origin.end());
  }
  if (wire.size() <= dns::kNameMax) return {{}, std::move(wire)};
  return fault(fmt::format("the name {} has {} octets{}; {} are allowed", shown_text(text), wire.size(),
                           is_absolute ? "" : " with its origin", dns::kNameMax));
}

std::string shown_text(std::string_view text) {
  const bool is_quoted = text.starts_with('"');
  std::string shown(text.substr(0, kShownMax));
  if (text.size() > kShownMax) shown += "…";
  return is_quoted ? shown : '"' + shown + '"';
}

}  // namespace rhumb::zone

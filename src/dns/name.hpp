// A domain name in uncompressed wire form (RFC 1035 §3.1): for configuration and loading, not for the hot path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace rhumb::dns {

inline constexpr std::size_t kNameMax = 255;    // octets, with the root label (RFC 1035 §2.3.4)
inline constexpr std::size_t kLabelMax = 63;    // octets
inline constexpr std::size_t kLabelsMax = 127;  // labels of one octet each fill a name

// Always valid and in lower case: names are compared without regard to case (RFC 4343), and Rhumb keeps the
// operator's names folded. A value; cheap to copy for short names.
class Name {
 public:
  Name() : wire_(1, '\0') {}  // the root

  // Master-file text (RFC 1035 §5.1) of an absolute name: "www.example.com", "www.example.com.", "*.cdn.example.com",
  // "." and \DDD escapes. The final dot may be left out. Nothing when a label or the name is empty or too long.
  [[nodiscard]] static std::optional<Name> from_text(std::string_view text);

  // A whole name in wire form without compression. Nothing when it is malformed or something follows it.
  [[nodiscard]] static std::optional<Name> from_wire(Bytes wire);

  // Without the final dot, except for the root: ".". Octets that master files would escape are escaped.
  [[nodiscard]] std::string to_text() const;

  [[nodiscard]] Bytes wire() const noexcept {
    return {reinterpret_cast<const std::uint8_t*>(wire_.data()), wire_.size()};
  }
  [[nodiscard]] bool is_root() const noexcept { return wire_.size() == 1; }
  [[nodiscard]] bool is_wildcard() const noexcept { return wire_.size() > 2 && wire_[0] == 1 && wire_[1] == '*'; }
  // Without the root label: 0 for the root.
  [[nodiscard]] std::size_t label_count() const noexcept;
  // The name without its first label. Must not be the root.
  [[nodiscard]] Name parent() const;
  // Equal to `ancestor` or below it.
  [[nodiscard]] bool is_at_or_below(const Name& ancestor) const noexcept;

  friend bool operator==(const Name&, const Name&) = default;
  // An order for containers, not the canonical one of DNSSEC.
  friend bool operator<(const Name& a, const Name& b) noexcept { return a.wire_ < b.wire_; }

 private:
  explicit Name(std::string wire) : wire_(std::move(wire)) {}
  std::string wire_;
};

// The ASCII letters A–Z folded to a–z, every other octet as it is (RFC 4343 §3).
[[nodiscard]] constexpr std::uint8_t to_lower(std::uint8_t octet) noexcept {
  return octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet | 0x20) : octet;
}

}  // namespace rhumb::dns

// The fuzzer's octets, taken from the front as numbers and lists. What is not there any more reads as zero, so that
// every input means something and a prefix of an input means something similar.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace rhumb::fuzz {

class Input {
 public:
  explicit Input(Bytes octets) : rest_(octets) {}

  [[nodiscard]] Bytes rest() const noexcept { return rest_; }

  std::uint8_t u8() noexcept {
    if (rest_.empty()) return 0;
    const std::uint8_t octet = rest_.front();
    rest_ = rest_.subspan(1);
    return octet;
  }
  std::uint16_t u16() noexcept {
    const std::uint8_t high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  // As many as there are, up to `size`.
  Bytes octets(std::size_t size) noexcept {
    const Bytes taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  // Most octets mean the usual; one of the `rare` highest means otherwise.
  bool is_rare(std::uint8_t rare = 16) noexcept { return u8() >= 256 - rare; }

 private:
  Bytes rest_;
};

}  // namespace rhumb::fuzz

// A domain name as master files have it (RFC 1035 §5.1): relative to an origin unless it ends with a dot, "@" for the
// origin itself, \X and \DDD escapes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace rhumb::zone {

struct ReadName {
  std::string fault;               // what is wrong with the text; empty if nothing
  std::vector<std::uint8_t> wire;  // uncompressed, in the case of the text
};

// `origin` is a name in wire form.
[[nodiscard]] ReadName read_name(std::string_view text, Bytes origin);

// The text, in quotes; of a long one just the beginning, so that a message can repeat it.
[[nodiscard]] std::string shown_text(std::string_view text);

}  // namespace rhumb::zone

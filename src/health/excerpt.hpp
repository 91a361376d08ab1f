// The beginning of what a peer said, for evidence and messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rhumb::health {

// At most `size_max` octets of `text`, with "…" if there are more, and "?" for all but printable ASCII: what can be
// shown anywhere, whatever the peer sent.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t size_max);

}  // namespace rhumb::health

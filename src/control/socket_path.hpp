// How long the path of the control channel's socket may be.
#pragma once

#include <cstddef>

namespace rhumb::control {

// Octets: the sun_path of a Unix socket's address has these and a final zero (unix(7)).
inline constexpr std::size_t kSocketPathMax = 107;

}  // namespace rhumb::control

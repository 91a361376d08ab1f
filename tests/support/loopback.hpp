// Loopback addresses of this process's own: test programs that run at the same time cannot take each other's ports, and
// a port that was closed stays closed.
#pragma once

#include <unistd.h>

#include <cassert>
#include <cstdint>

#include "base/ip_address.hpp"

namespace rhumb::test {

inline constexpr unsigned kLoopbacks = 3;

// 127.x.y.z: `number`, from 1 to kLoopbacks, above the 22 bits that a process id has at the most.
[[nodiscard]] inline IpAddress loopback(unsigned number) {
  assert(number >= 1 && number <= kLoopbacks);
  const auto process = static_cast<std::uint32_t>(getpid());
  return IpAddress::v4(0x7F000000U | number << 22 | (process & 0x003FFFFFU));
}

}  // namespace rhumb::test

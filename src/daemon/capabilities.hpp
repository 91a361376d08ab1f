// What is left of root's power, as a set of Linux' capabilities (capabilities(7)).
//
// They belong to threads, not to the process: all of this holds for the calling thread and those that it starts from
// then on. By system calls, as they are two and libcap is a library.
#pragma once

#include <cstdint>

namespace rhumb::daemon {

// One bit for each, by its number (CAP_…).
using Capabilities = std::uint64_t;

[[nodiscard]] constexpr Capabilities capability(unsigned number) noexcept {
  return Capabilities{1} << number;
}

// What this thread may use.
[[nodiscard]] Capabilities permitted_capabilities();

// Gives up all but `kept`, for good, and has those of them that it has in effect. Programs that it starts get none
// of them, unless pass_capabilities_on() has been called. Throws std::system_error.
void keep_capabilities(Capabilities kept);

// Programs that this thread starts from now on have the capabilities that it has, if they are kept as above. What the
// system refuses they do not have.
void pass_capabilities_on() noexcept;

}  // namespace rhumb::daemon

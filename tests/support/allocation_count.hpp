// How often this thread has asked for memory: what the hot path must never do.
//
// Counts malloc(3) and its like, and so operator new. A test program that links it has them counted in all that it
// runs.
#pragma once

#include <cstdint>

namespace rhumb::test {

// Of the calling thread, since it began.
[[nodiscard]] std::uint64_t allocation_count() noexcept;

}  // namespace rhumb::test

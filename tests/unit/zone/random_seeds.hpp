// How many times a random test runs.
#pragma once

#include <cstdint>

#include "support/long_run.hpp"

namespace rhumb::zone {

// `usual`, or twenty times as many with RHUMB_TEST_LONG in the environment.
inline std::uint32_t seeds(std::uint32_t usual) {
  return is_long_run() ? 20 * usual : usual;
}

}  // namespace rhumb::zone

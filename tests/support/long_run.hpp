// Whether random tests should try much more than usually: `./dev test --long`.
#pragma once

#include <cstdlib>

namespace rhumb {

[[nodiscard]] inline bool is_long_run() {
  return std::getenv("RHUMB_TEST_LONG") != nullptr;
}

}  // namespace rhumb

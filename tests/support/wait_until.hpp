// Waiting for what another thread or process does.
#pragma once

#include <chrono>
#include <thread>

#include "support/dns_client.hpp"

namespace rhumb::test {

// True as soon as `condition()` is, false if it still is not after `patience`. Asks often: nobody notices the steps.
template <typename Condition>
[[nodiscard]] bool wait_until(Condition condition, std::chrono::milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace rhumb::test

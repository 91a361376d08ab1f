// How a target says that a rule is broken.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace rhumb::fuzz {

// Ends the program when the rule does not hold. libFuzzer then keeps the input; the sanitizers show the stack.
inline void require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken rule: %s\n", rule);
  std::abort();
}

}  // namespace rhumb::fuzz

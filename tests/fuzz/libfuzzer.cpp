// What libFuzzer calls. Compiled once a target, which RHUMB_FUZZ_TARGET names.
#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  rhumb::fuzz::RHUMB_FUZZ_TARGET({data, size});
  return 0;
}

#include "health/duration_text.hpp"

#include <fmt/format.h>

namespace rhumb::health {

std::string duration_text(std::uint64_t ms) {
  return ms < 1'000 ? fmt::format("{}ms", ms) : fmt::format("{}s", static_cast<double>(ms) / 1'000);
}

}  // namespace rhumb::health

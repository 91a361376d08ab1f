// The words for how a service is steered: as the configuration has them, and as whoever tells of one says them.
#pragma once

#include <array>
#include <string_view>

#include "steering/expectation.hpp"
#include "steering/preference.hpp"
#include "steering/service.hpp"

namespace rhumb::steering {

[[nodiscard]] constexpr std::string_view to_text(Order order) noexcept {
  constexpr std::array<std::string_view, 4> kTexts = {"nearest", "latency", "listed", "equal"};
  return kTexts[static_cast<std::size_t>(order)];
}

[[nodiscard]] constexpr std::string_view to_text(Policy policy) noexcept {
  constexpr std::array<std::string_view, 3> kTexts = {"rotate", "weighted", "sticky"};
  return kTexts[static_cast<std::size_t>(policy)];
}

[[nodiscard]] constexpr std::string_view to_text(Spread spread) noexcept {
  return spread == Spread::weights ? "weights" : "capacity";
}

[[nodiscard]] constexpr std::string_view to_text(WhenAllDown choice) noexcept {
  constexpr std::array<std::string_view, 4> kTexts = {"nearest", "fallback", "last_resort", "nodata"};
  return kTexts[static_cast<std::size_t>(choice)];
}

[[nodiscard]] constexpr std::string_view to_text(Outcome outcome) noexcept {
  constexpr std::array<std::string_view, 8> kTexts = {"healthy", "all_down",     "fallback", "last_resort",
                                                      "nodata",  "no_instances", "kept_out", "refused"};
  return kTexts[static_cast<std::size_t>(outcome)];
}

}  // namespace rhumb::steering

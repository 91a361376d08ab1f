// Which events somebody wants to be told of.
#pragma once

#include <bitset>
#include <cstddef>

#include "health/event.hpp"

namespace rhumb::control {

inline constexpr std::size_t kEventKinds = static_cast<std::size_t>(health::Event::Kind::load) + 1;

struct EventFilter {
  std::bitset<kEventKinds> kinds = std::bitset<kEventKinds>().set();
  health::Event::Severity severity_min = health::Event::Severity::info;

  [[nodiscard]] bool wants(const health::Event& event) const noexcept {
    return kinds[static_cast<std::size_t>(event.kind)] && event.severity >= severity_min;
  }

  friend bool operator==(const EventFilter&, const EventFilter&) = default;
};

}  // namespace rhumb::control

#include "health/override.hpp"

namespace rhumb::health {

std::string to_text(const Scope& scope) {
  std::string text = scope.service.empty() ? scope.region : scope.service + " " + scope.region;
  if (!scope.instance.empty()) text += " " + scope.instance;
  return text;
}

std::string_view to_text(Override::Action action) noexcept {
  switch (action) {
    case Override::Action::force_up:
      return "up";
    case Override::Action::force_down:
      return "down";
    case Override::Action::drain:
      break;
  }
  return "drain";
}

}  // namespace rhumb::health

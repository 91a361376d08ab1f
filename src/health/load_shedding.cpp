#include "health/load_shedding.hpp"

#include <algorithm>

namespace rhumb::health {
namespace {

double share_for(double load, const LoadSettings& settings) {
  return std::clamp((settings.high - load) / (settings.high - settings.low), 0.0, 1.0);
}

}  // namespace

void LoadShedding::report(std::optional<double> load, const LoadSettings& settings) {
  if (!load || settings.high <= 0) {
    share_ = 1;
    return;
  }
  const double wanted = share_for(*load, settings);
  const double allowed =
      *load <= settings.low ? 1 : share_for(*load + kBand * (settings.high - settings.low), settings);
  share_ = wanted < share_ ? wanted : std::max(share_, std::min(share_ + kStep, allowed));
}

}  // namespace rhumb::health

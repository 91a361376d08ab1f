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
  share_ = wanted < share_ ? wanted : std::max(share_, grown(*load, settings));
}

double LoadShedding::grown(double load, const LoadSettings& settings) const {
  if (share_ <= 0) return load <= settings.low ? kFirstStep : 0;
  const double width = settings.high - settings.low;
  const double allowed = load <= settings.low ? 1 : share_for(load + kBand * width, settings);
  // Where share_for(load / share_ * rest) is the rest itself.
  const double rest = settings.high * share_ / (width * share_ + load);
  return std::min({share_ + kStep, allowed, rest});
}

}  // namespace rhumb::health

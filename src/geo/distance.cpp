#include "geo/distance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rhumb::geo {

UnitVector unit_vector(Coordinates place) noexcept {
  const double latitude = place.latitude * (std::numbers::pi / 180);
  const double longitude = place.longitude * (std::numbers::pi / 180);
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude), std::sin(latitude)};
}

// The haversine formula: the haversine of the angle is a quarter of the squared chord.
double distance_km(UnitVector a, UnitVector b) noexcept {
  const double haversine = std::min(chord_squared(a, b) / 4, 1.0);
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(haversine));
}

double distance_km(Coordinates a, Coordinates b) noexcept {
  return distance_km(unit_vector(a), unit_vector(b));
}

}  // namespace rhumb::geo

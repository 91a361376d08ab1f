// How far two places are apart.
//
// The Earth is a sphere here, of its mean radius: up to 0.6 % from the truth (the ellipsoid of WGS 84), far less than
// what a geo database knows of a client. To order many places by distance, turn each into a UnitVector once (30 ns) and
// compare chords: three subtractions and multiplications each, no trigonometry, and the same order as distance.
#pragma once

namespace rhumb::geo {

// IUGG mean radius R1.
inline constexpr double kEarthRadiusKm = 6371.0088;

// Degrees; north and east are positive.
struct Coordinates {
  double latitude;
  double longitude;

  friend bool operator==(const Coordinates&, const Coordinates&) = default;
};

// A place as a point on the sphere of radius 1.
struct UnitVector {
  double x;
  double y;
  double z;
};

[[nodiscard]] UnitVector unit_vector(Coordinates place) noexcept;

// The squared length of the straight line between two places: grows with their distance, so it orders as that does.
// Doubles tell places apart down to a millimetre (not near the antipodes); the dot product, 1 - chord²/2, is blind
// below 0.1 m, and in floats below 2 km.
[[nodiscard]] constexpr double chord_squared(UnitVector a, UnitVector b) noexcept {
  const double x = a.x - b.x;
  const double y = a.y - b.y;
  const double z = a.z - b.z;
  return x * x + y * y + z * z;
}

// Along the great circle. Exact on the sphere to a micrometre between near places and to 0.2 m between antipodes.
[[nodiscard]] double distance_km(UnitVector a, UnitVector b) noexcept;
[[nodiscard]] double distance_km(Coordinates a, Coordinates b) noexcept;

}  // namespace rhumb::geo

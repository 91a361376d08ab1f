#include "geo/distance.hpp"

#include <gtest/gtest.h>

namespace rhumb::geo {
namespace {

constexpr Coordinates kLondon{51.5, -0.12};
constexpr Coordinates kSingapore{1.29, 103.85};

// 10 863 km is what other calculators of the sphere say.
TEST(Distance, IsThatOfTheGreatCircle) {
  EXPECT_NEAR(distance_km(kLondon, kSingapore), 10'863, 10);
  EXPECT_DOUBLE_EQ(distance_km(kLondon, kSingapore), distance_km(kSingapore, kLondon));
}

TEST(Distance, OfADegreeOnTheEquatorAndTheMeridianIsTheSame) {
  const double degree = distance_km(Coordinates{0, 0}, Coordinates{0, 1});
  EXPECT_NEAR(degree, 111.195, 0.001);
  EXPECT_NEAR(distance_km(Coordinates{50, 7}, Coordinates{51, 7}), degree, 1e-6);
}

TEST(Distance, GoesTheShortWayOverTheDateLine) {
  EXPECT_NEAR(distance_km(Coordinates{0, 179.5}, Coordinates{0, -179.5}), 111.195, 0.001);
}

TEST(Distance, OfAPlaceFromItselfIsZeroAndOfAntipodesHalfTheGlobe) {
  EXPECT_EQ(distance_km(kLondon, kLondon), 0);
  EXPECT_NEAR(distance_km(Coordinates{51.5, -0.12}, Coordinates{-51.5, 179.88}), 20'015.1, 0.1);
}

TEST(Distance, ChordsOrderPlacesAsDistancesDo) {
  const UnitVector from = unit_vector(kLondon);
  double last_chord = -1;
  double last_distance = -1;
  for (double longitude = -0.12; longitude < 179; longitude += 0.01) {
    const UnitVector to = unit_vector({51.5, longitude});
    EXPECT_GT(chord_squared(from, to), last_chord);
    EXPECT_GT(distance_km(from, to), last_distance);
    last_chord = chord_squared(from, to);
    last_distance = distance_km(from, to);
  }
}

// A metre at the other end of the Earth: the dot product of the same vectors would still tell, a float would not.
TEST(Distance, ChordsTellMetresApart) {
  const UnitVector from = unit_vector(kLondon);
  EXPECT_LT(chord_squared(from, unit_vector({51.5, -0.119'99})), chord_squared(from, unit_vector({51.5, -0.119'98})));
}

}  // namespace
}  // namespace rhumb::geo

// Where the networks of each country are, for clients of whom only the country is known, and which continent it is on.
//
// The table is generated (tools/make_country_centroids.py says how): the median of the networks' places, because a
// client is where the networks are and not in the middle of the map.
#pragma once

#include <span>
#include <string_view>

namespace rhumb::geo {

struct CountryCentroid {
  std::string_view country;    // ISO 3166-1 alpha-2, and XK
  std::string_view continent;  // AF, AN, AS, EU, NA, OC, SA
  float latitude;
  float longitude;
};

// All of them, in the order of their codes.
[[nodiscard]] std::span<const CountryCentroid> country_centroids() noexcept;

// Null when `country` is not an assigned code in upper case.
[[nodiscard]] const CountryCentroid* find_country_centroid(std::string_view country) noexcept;

}  // namespace rhumb::geo

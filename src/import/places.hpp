// Where things are that other servers know by a name: countries in continents, the regions of AWS.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "geo/distance.hpp"

namespace rhumb::importing {

// "EU" for "FR", as MaxMind's databases have it; empty for what is no country.
[[nodiscard]] std::string_view continent_of(std::string_view country);

// "eu-west-1"; nothing for a region that is not known here.
[[nodiscard]] std::optional<geo::Coordinates> place_of_aws_region(std::string_view region);

}  // namespace rhumb::importing

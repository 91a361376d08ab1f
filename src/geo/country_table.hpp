// A number for each country, small enough to count by: a place in an array for every two letters, whether they are a
// country or not, so that a place means the same whatever databases there are.
#pragma once

#include <cstddef>
#include <string>

#include "geo/address_table.hpp"
#include "geo/country_map.hpp"

namespace rhumb::geo {

inline constexpr std::size_t kLetters = 'Z' - 'A' + 1;
inline constexpr std::size_t kNoCountryPlace = 0;  // also where nothing is known, and of texts that are not two letters
inline constexpr std::size_t kCountryPlaces = 1 + kLetters * kLetters;

[[nodiscard]] std::size_t place_of(Country country) noexcept;
// Its two letters; empty for kNoCountryPlace.
[[nodiscard]] std::string country_at(std::size_t place);

// Address to place. Throws as AddressTable does.
[[nodiscard]] AddressTable make_country_table(const Database& database);

}  // namespace rhumb::geo

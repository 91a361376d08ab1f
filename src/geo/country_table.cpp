#include "geo/country_table.hpp"

namespace rhumb::geo {

std::size_t place_of(Country country) noexcept {
  const auto first = static_cast<std::size_t>(country.number >> 8) - 'A';
  const auto second = static_cast<std::size_t>(country.number & 0xFF) - 'A';
  return first < kLetters && second < kLetters ? 1 + first * kLetters + second : kNoCountryPlace;
}

std::string country_at(std::size_t place) {
  if (place == kNoCountryPlace) return {};
  return {static_cast<char>('A' + (place - 1) / kLetters), static_cast<char>('A' + (place - 1) % kLetters)};
}

AddressTable make_country_table(const Database& database) {
  return AddressTable(make_country_map(database).transform(
      [](Country country) { return static_cast<std::uint32_t>(place_of(country)); }));
}

}  // namespace rhumb::geo

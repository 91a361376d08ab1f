#include "geo/country_map.hpp"

#include <vector>

namespace rhumb::geo {
namespace {

constexpr std::uint16_t kNowhere = 1;  // no country's: letters are above it

}  // namespace

Country Country::from_text(std::string_view letters) noexcept {
  if (letters.size() < 2) return {kNowhere};
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(letters[i]); };
  const auto number = static_cast<std::uint16_t>(octet(0) << 8 | octet(1));
  return {number > kNowhere ? number : kNowhere};
}

std::string Country::to_text() const {
  if (number <= kNowhere) return {};
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xFF)};
}

CountryMap make_country_map(const Database& database) {
  std::vector<Country> countries(database.locations.size());
  for (LocationId id = kUnknownLocation + 1; id < countries.size(); ++id)
    countries[id] = Country::from_text(database.locations.get(id).country);
  return database.map.transform([&](LocationId id) { return countries[id]; });
}

}  // namespace rhumb::geo

#include "geo/geofeed_overlay.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "geo/country_centroids.hpp"
#include "geo/pair_table.hpp"

namespace rhumb::geo {
namespace {

// ASCII letters; other signs of UTF-8 count as they are.
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_same_text(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

// Databases have codes or names of subdivisions; feeds have codes.
bool is_code(std::string_view subdivision) noexcept {
  return subdivision.size() <= 3;
}

// Whether what a database says of an address is what the feed says, as far as it does.
bool agrees(const Location& location, const Geofeeds::Place& place) noexcept {
  if (location.country != place.country) return false;
  if (!place.city.empty() && !is_same_text(location.city, place.city)) return false;
  if (place.subdivision.empty() || is_same_text(location.subdivision, place.subdivision)) return true;
  return !place.city.empty() && (location.subdivision.empty() || !is_code(location.subdivision));
}

struct Site {
  float latitude;
  float longitude;
  std::uint8_t source;
};

// Where the databases have the cities of the feeds.
class Cities {
 public:
  Cities(const std::vector<Geofeeds::Place>& places, const Locations& locations)
      : places_(places), sites_(places.size()), has_subdivision_(places.size()) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!places[i].city.empty()) by_city_[key_of(places[i].country, places[i].city)].push_back(i);
    }
    if (by_city_.empty()) return;
    for (LocationId id = 0; id < locations.size(); ++id)
      take(locations.get(id));
  }

  // Of a place of the feeds.
  [[nodiscard]] const std::optional<Site>& find(std::size_t place) const noexcept { return sites_[place]; }

 private:
  static std::string key_of(std::string_view country, std::string_view city) {
    std::string key(country);
    std::ranges::transform(city, std::back_inserter(key), to_lower);
    return key;
  }

  // The first location in the city, or else the first that also has the feed's subdivision.
  void take(const Location& location) {
    if (location.city.empty() || !location.has_coordinates) return;
    const auto found = by_city_.find(key_of(location.country, location.city));
    if (found == by_city_.end()) return;
    for (const std::size_t place : found->second) {
      const bool has_subdivision = is_same_text(location.subdivision, places_[place].subdivision);
      if (sites_[place] && (has_subdivision_[place] || !has_subdivision)) continue;
      sites_[place] = Site{location.latitude, location.longitude, location.coordinates_source};
      has_subdivision_[place] = has_subdivision;
    }
  }

  const std::vector<Geofeeds::Place>& places_;
  std::vector<std::optional<Site>> sites_;
  std::vector<bool> has_subdivision_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_city_;
};

// The locations of addresses that feeds have: each pair of a location and a place is made into one once.
class FedLocations {
 public:
  FedLocations(const std::vector<Geofeeds::Place>& places, std::uint8_t first_source, Locations& locations)
      : places_(places), first_source_(first_source), locations_(locations), cities_(places, locations) {
    // All texts are in the store from here on, so that those that get() gives stay valid while others are interned.
    for (const Geofeeds::Place& place : places)
      (void)locations_.intern(fed(Location{}, place));
  }

  LocationId operator()(LocationId location, std::uint32_t place) {
    if (place == 0) return location;
    return pairs_.find(location, place, [&] { return locations_.intern(locate(locations_.get(location), place - 1)); });
  }

 private:
  [[nodiscard]] Location locate(const Location& known, std::size_t index) const {
    const Geofeeds::Place& place = places_[index];
    Location result = fed(known, place);
    if (place.country.empty()) return result;
    const bool is_confirmed = agrees(known, place);
    if (is_confirmed && result.subdivision.empty()) result.subdivision = known.subdivision;
    if (is_confirmed && result.city.empty()) result.city = known.city;
    if (is_confirmed && known.has_coordinates) {
      result.has_coordinates = true;
      result.latitude = known.latitude;
      result.longitude = known.longitude;
      result.coordinates_source = known.coordinates_source;
    } else if (const auto& site = cities_.find(index)) {
      result.has_coordinates = true;
      result.latitude = site->latitude;
      result.longitude = site->longitude;
      result.coordinates_source = site->source;
    }
    return result;
  }

  // The place, with the AS number of `known`, without coordinates.
  [[nodiscard]] Location fed(const Location& known, const Geofeeds::Place& place) const {
    Location result;
    result.asn = known.asn;
    result.asn_source = known.asn_source;
    if (place.country.empty()) return result;
    result.country_source = static_cast<std::uint8_t>(first_source_ + place.feed);
    if (const auto* centroid = find_country_centroid(place.country)) result.continent = centroid->continent;
    result.country = place.country;
    result.subdivision = place.subdivision;
    result.city = place.city;
    return result;
  }

  const std::vector<Geofeeds::Place>& places_;
  std::uint8_t first_source_;
  Locations& locations_;
  Cities cities_;
  PairTable pairs_;
};

std::int64_t changed_at_s(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mtime : 0;
}

}  // namespace

void overlay_geofeeds(const Geofeeds& feeds, Database& database) {
  const auto first_source = static_cast<std::uint8_t>(database.sources.size());
  for (const std::string& path : feeds.paths)
    database.sources.push_back({path, "geofeed", changed_at_s(path)});
  if (feeds.places.empty()) return;
  database.map = overlay(database.map, feeds.map, FedLocations(feeds.places, first_source, database.locations));
}

}  // namespace rhumb::geo

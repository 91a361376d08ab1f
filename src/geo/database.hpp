// What the geo databases say: one map from addresses to locations, made of one or more MaxMind DB files, and of
// geofeeds over them (geofeed_overlay.hpp).
//
// A file is walked once, when it is loaded; its records are recognised by their fields, not by the file's name:
//   - nested: GeoIP2 and GeoLite2 City, Country, ASN, Enterprise, and DB-IP's own files
//   - flat: the files of the npm packages @ip-location-db/... (country_code, state1, city, latitude, longitude)
// Each file of DB-IP City Lite (6.3 M IPv4 networks, 14.7 M IPv6 leaves) takes 0.8 to 0.9 s, and all files are read at
// once.
//
// Several files are merged network by network. The first that knows a field wins, and a later one is believed about a
// place only where it agrees with the country that is already known:
//   - country and continent come together, from the first file with a country there;
//   - subdivision and city come together, from the first with one of them and the same country;
//   - coordinates come from the first that has them and the same country (or none);
//   - the AS number comes from the first that has one.
// Where there is a country and no coordinates, the country's centroid stands in (country_centroids.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/problems.hpp"
#include "geo/address_map.hpp"
#include "geo/embedding.hpp"
#include "geo/location.hpp"

namespace rhumb::geo {

// A file that a Database was made from.
struct Source {
  std::string path;
  std::string type;             // as its metadata says, for example "GeoLite2-City"; or "geofeed"
  std::int64_t built_at_s = 0;  // seconds since 1970; of a geofeed, when the file was changed
};

// Movable; `map` and `locations` can be dropped once everything is compiled that is made from them.
struct Database {
  // Where `client` is; for an IPv4 address inside an IPv6 one (kEmbeddings), where that is. Binary search.
  [[nodiscard]] LocationId find(IpAddress client) const noexcept { return map.find(unembed(client)); }

  AddressMap<LocationId> map;
  Locations locations;
  std::vector<Source> sources;  // in the order of the paths, geofeeds last; Location's source fields are indexes
};

// What a file says of itself; nothing, and an error, when it is no MaxMind DB. Reads nothing else of it.
[[nodiscard]] std::optional<Source> read_source(const std::string& path, Problems& problems);

// Reads all of `paths` and `geofeeds` before it gives up: nothing when any of them is not a whole, sound database with
// geographic fields, or a geofeed without a bad line, each told to `problems` with its path as the place. With no paths
// the database knows nothing.
// The files must not be changed in place while this runs (they are mapped); replace them by rename(2).
[[nodiscard]] std::optional<Database> load_databases(std::span<const std::string> paths, Problems& problems,
                                                     std::span<const std::string> geofeeds = {});

}  // namespace rhumb::geo

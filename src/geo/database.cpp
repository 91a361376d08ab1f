#include "geo/database.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "geo/country_centroids.hpp"
#include "geo/geofeed.hpp"
#include "geo/geofeed_overlay.hpp"
#include "geo/mmdb.hpp"
#include "geo/pair_table.hpp"

namespace rhumb::geo {
namespace {

// The locations of one file's records: each record is read once, however many networks have it.
class RecordLocations {
 public:
  RecordLocations(const MmdbFile& file, std::uint8_t source, Locations& locations)
      : file_(file), source_(source), locations_(locations) {}

  LocationId operator()(RecordId record) {
    if (record == kNoRecord) return kUnknownLocation;
    // The hash is the whole of what is looked for, and an IdTable has no id 0.
    const auto is_same = [](std::uint32_t) { return true; };
    return ids_.intern(record, is_same, [&] { return read(record) + 1; }) - 1;
  }

 private:
  LocationId read(RecordId record) {
    Location location = file_.read(record);
    if (location.continent.empty()) {
      if (const auto* centroid = find_country_centroid(location.country)) location.continent = centroid->continent;
    }
    const bool has_place = !location.country.empty() || !location.continent.empty() || !location.subdivision.empty() ||
                           !location.city.empty();
    if (has_place) location.country_source = source_;
    if (location.has_coordinates) location.coordinates_source = source_;
    if (location.asn != 0) location.asn_source = source_;
    return locations_.intern(location);
  }

  const MmdbFile& file_;
  std::uint8_t source_;
  Locations& locations_;
  IdTable ids_;  // location + 1 of each record's offset
};

// The rules at the top of the header.
Location merge(const Location& earlier, const Location& later) {
  Location result = earlier;
  if (result.asn == 0) {
    result.asn = later.asn;
    result.asn_source = later.asn_source;
  }
  const bool contradicts = !earlier.country.empty() && !later.country.empty() && earlier.country != later.country;
  if (contradicts) return result;

  const bool adds_country = !later.country.empty() || (result.continent.empty() && !later.continent.empty());
  if (result.country.empty() && adds_country) {
    result.continent = later.continent;
    result.country = later.country;
    result.subdivision = later.subdivision;
    result.city = later.city;
    result.country_source = later.country_source;
  } else if (result.subdivision.empty() && result.city.empty()) {
    result.subdivision = later.subdivision;
    result.city = later.city;
    if (result.country_source == kNoSource) result.country_source = later.country_source;
  }
  if (!result.has_coordinates) {
    result.has_coordinates = later.has_coordinates;
    result.latitude = later.latitude;
    result.longitude = later.longitude;
    result.coordinates_source = later.coordinates_source;
  }
  return result;
}

// The locations of two maps merged: each pair that occurs is merged once.
class MergedLocations {
 public:
  explicit MergedLocations(Locations& locations) : locations_(locations) {}

  LocationId operator()(LocationId earlier, LocationId later) {
    if (earlier == kUnknownLocation) return later;
    if (later == kUnknownLocation) return earlier;
    const auto make = [&] { return locations_.intern(merge(locations_.get(earlier), locations_.get(later))); };
    return pairs_.find(earlier, later, make);
  }

 private:
  Locations& locations_;
  PairTable pairs_;
};

// Fills in the centroids, and leaves behind the locations that only parts of a merge had.
void finish(Database& database) {
  database.locations.seal();
  std::vector<bool> is_used(database.locations.size());
  const auto mark = [&](const auto& ranges) {
    for (std::size_t i = 0; i < ranges.size(); ++i)
      is_used[ranges.value(i)] = true;
  };
  mark(database.map.v4());
  mark(database.map.v6());
  is_used[kUnknownLocation] = true;
  if (std::ranges::find(is_used, false) != is_used.end()) {
    const std::vector<LocationId> new_ids = database.locations.keep(is_used);
    database.map.replace([&](LocationId id) { return new_ids[id]; });
  }

  for (LocationId id = 0; id < database.locations.size(); ++id) {
    const Location location = database.locations.get(id);
    if (location.has_coordinates) continue;
    if (const CountryCentroid* centroid = find_country_centroid(location.country))
      database.locations.set_coordinates(id, centroid->latitude, centroid->longitude, kCentroidSource);
  }
}

// Adds the file's networks to `database`, under those of the files before it. Throws what is wrong.
void load_file(const std::string& path, Database& database) {
  const MmdbFile file(path);
  const auto source = static_cast<std::uint8_t>(database.sources.size());
  database.sources.push_back({path, file.type(), file.built_at_s()});

  const bool is_first = source == 0;
  AddressMap<LocationId> map = file.walk();
  map.replace(RecordLocations(file, source, database.locations));
  map.shrink_to_fit();
  if (map == AddressMap<LocationId>{}) {
    throw Malformed("no network in it has a country, coordinates or an AS number");
  }
  database.map = is_first ? std::move(map) : overlay(database.map, map, MergedLocations(database.locations));
}

}  // namespace

std::optional<Database> load_databases(std::span<const std::string> paths, Problems& problems,
                                       std::span<const std::string> geofeeds) {
  Database database;
  const std::size_t errors_before = problems.error_count();
  if (paths.size() > kSourcesMax) {
    problems.error(paths[kSourcesMax], "more than " + std::to_string(kSourcesMax) + " databases");
    return std::nullopt;
  }
  for (const std::string& path : paths) {
    try {
      load_file(path, database);
    } catch (const std::exception& wrong) {
      problems.error(path, wrong.what());
    }
  }
  const Geofeeds feeds = read_geofeeds(geofeeds, problems);
  if (problems.error_count() > errors_before) return std::nullopt;
  try {
    overlay_geofeeds(feeds, database);
  } catch (const std::exception& wrong) {  // more locations than there can be
    problems.error(geofeeds.front(), wrong.what());
    return std::nullopt;
  }
  finish(database);
  return database;
}

}  // namespace rhumb::geo

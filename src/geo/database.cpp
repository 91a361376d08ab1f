#include "geo/database.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "geo/country_centroids.hpp"
#include "geo/geofeed.hpp"
#include "geo/geofeed_overlay.hpp"
#include "geo/mmdb.hpp"
#include "geo/pair_table.hpp"

namespace rhumb::geo {
namespace {

// Each reader needs room for what a file says.
constexpr std::size_t kReadersMax = 4;

// What a file says in one record.
Location read_record(const MmdbFile& file, RecordId record, std::uint8_t source) {
  Location location = file.read(record);
  if (location.continent.empty()) {
    if (const auto* centroid = find_country_centroid(location.country)) location.continent = centroid->continent;
  }
  const bool has_place = !location.country.empty() || !location.continent.empty() || !location.subdivision.empty() ||
                         !location.city.empty();
  if (has_place) location.country_source = source;
  if (location.has_coordinates) location.coordinates_source = source;
  if (location.asn != 0) location.asn_source = source;
  return location;
}

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
    for (const LocationId id : ranges.values())
      is_used[id] = true;
  };
  mark(database.map.v4());
  mark(database.map.v6());
  is_used[kUnknownLocation] = true;
  if (std::ranges::find(is_used, false) != is_used.end()) {
    const std::vector<LocationId> new_ids = database.locations.keep(is_used);
    database.map.renumber([&](LocationId id) { return new_ids[id]; });
  }

  for (LocationId id = 0; id < database.locations.size(); ++id) {
    const Location location = database.locations.get(id);
    if (location.has_coordinates) continue;
    if (const CountryCentroid* centroid = find_country_centroid(location.country))
      database.locations.set_coordinates(id, centroid->latitude, centroid->longitude, kCentroidSource);
  }
}

// What one file says: a database of this one source, whose locations name it as the source `number`. Throws what is
// wrong.
Database read_file(const std::string& path, std::size_t number) {
  const MmdbFile file(path);
  Database database;
  database.sources.push_back({path, file.type(), file.built_at_s()});
  const auto source = static_cast<std::uint8_t>(number);
  database.map =
      file.walk([&](RecordId record) { return database.locations.intern(read_record(file, record, source)); });
  if (database.map.v4().knows_nothing() && database.map.v6().knows_nothing()) {
    throw Malformed("no network in it has a country, coordinates or an AS number");
  }
  return database;
}

// What became of a file.
struct FileRead {
  Database database;
  std::exception_ptr error;
};

// All files at once, on several threads: they have nothing to do with each other until they are merged.
std::vector<FileRead> read_files(std::span<const std::string> paths) {
  std::vector<FileRead> files(paths.size());
  std::atomic<std::size_t> next = 0;
  const auto read_next = [&] {
    for (std::size_t i = next++; i < paths.size(); i = next++) {
      try {
        files[i].database = read_file(paths[i], i);
      } catch (...) {
        files[i].error = std::current_exception();
      }
    }
  };
  std::vector<std::jthread> helpers;
  const std::size_t readers = std::min({paths.size(), std::size_t{std::thread::hardware_concurrency()}, kReadersMax});
  while (helpers.size() + 1 < readers)
    helpers.emplace_back(read_next);
  read_next();
  helpers.clear();
  return files;
}

// Many databases have one family only: where just one of two lists knows anything, the other costs nothing.
template <typename Key>
RangeList<Key, LocationId> merge_lists(RangeList<Key, LocationId>& earlier, RangeList<Key, LocationId>& later,
                                       MergedLocations& merge_locations) {
  if (earlier.knows_nothing()) return std::move(later);
  if (later.knows_nothing()) return std::move(earlier);
  RangeList<Key, LocationId> merged;
  overlay_lists(earlier, later, merge_locations, merged);
  return merged;
}

// Puts what a file says under what those before it say. Throws std::length_error when there are too many locations.
void add_file(Database file, Database& database) {
  database.sources.push_back(std::move(file.sources.front()));
  if (database.sources.size() == 1) {
    database.map = std::move(file.map);
    database.locations = std::move(file.locations);
    return;
  }
  const std::vector<LocationId> ids = database.locations.absorb(std::exchange(file.locations, {}));
  file.map.renumber([&](LocationId id) { return ids[id]; });
  MergedLocations merge_locations(database.locations);
  database.map.v4() = merge_lists(database.map.v4(), file.map.v4(), merge_locations);
  database.map.v6() = merge_lists(database.map.v6(), file.map.v6(), merge_locations);
}

}  // namespace

std::optional<Source> read_source(const std::string& path, Problems& problems) {
  try {
    const MmdbFile file(path);
    return Source{path, file.type(), file.built_at_s()};
  } catch (const Malformed& wrong) {
    problems.error(path, wrong.what());
    return std::nullopt;
  }
}

std::optional<Database> load_databases(std::span<const std::string> paths, Problems& problems,
                                       std::span<const std::string> geofeeds) {
  Database database;
  const std::size_t errors_before = problems.error_count();
  if (paths.size() > kSourcesMax) {
    problems.error(paths[kSourcesMax], "more than " + std::to_string(kSourcesMax) + " databases");
    return std::nullopt;
  }
  std::vector<FileRead> files = read_files(paths);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    try {
      if (files[i].error) std::rethrow_exception(files[i].error);
      add_file(std::move(files[i].database), database);
    } catch (const std::exception& wrong) {
      problems.error(paths[i], wrong.what());
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

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.hpp"
#include "fuzz/scratch_file.hpp"
#include "fuzz/targets.hpp"
#include "geo/database.hpp"

namespace rhumb::fuzz {
namespace {

constexpr std::size_t kPageSize = 4'096;
constexpr std::string_view kMarker = "\xab\xcd\xefMaxMind.com";  // before the metadata, which end the file

// The same database in whole pages, made longer before its metadata: then a step beyond the end is one into a page that
// is not mapped, and not into the zeros that fill the last page.
std::vector<std::uint8_t> in_whole_pages(Bytes octets) {
  std::vector<std::uint8_t> result(octets.begin(), octets.end());
  const auto equal = [](std::uint8_t octet, char c) { return octet == static_cast<std::uint8_t>(c); };
  const auto marker = std::find_end(result.begin(), result.end(), kMarker.begin(), kMarker.end(), equal);
  result.insert(marker, (kPageSize - octets.size() % kPageSize) % kPageSize, 0);
  return result;
}

bool is_code_or_empty(std::string_view text) {
  return text.empty() || (text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; }));
}

void check_location(const geo::Location& location) {
  require(is_code_or_empty(location.country) && is_code_or_empty(location.continent), "codes have two letters");
  require(location.subdivision.size() <= geo::Texts::kLengthMax && location.city.size() <= geo::Texts::kLengthMax,
          "texts keep to their limit");
  if (!location.has_coordinates) return;
  require(std::abs(location.latitude) <= 90 && std::abs(location.longitude) <= 180, "a location is on Earth");
}

void check_database(const geo::Database& database) {
  for (const char* address : {"0.0.0.0", "1.2.3.4", "10.0.0.1", "128.0.0.0", "255.255.255.255", "::", "::1.2.3.4",
                              "2001:db8::1", "2002:102:304::", "64:ff9b::1.2.3.4", "8000::", "ffff::ffff"}) {
    require(database.find(*IpAddress::parse(address)) < database.locations.size(), "every address has a location");
  }
  for (std::size_t i = 0; i < database.map.v4().size(); ++i)
    require(database.map.v4().value(i) < database.locations.size(), "every IPv4 range has a location");
  for (std::size_t i = 0; i < database.map.v6().size(); ++i)
    require(database.map.v6().value(i) < database.locations.size(), "every IPv6 range has a location");
  for (geo::LocationId id = 0; id < database.locations.size(); ++id)
    check_location(database.locations.get(id));
}

std::optional<geo::Database> load(const std::vector<std::string>& paths) {
  Problems problems;
  auto database = geo::load_databases(paths, problems);
  require(database.has_value() != problems.has_errors(), "a database is taken when it has no errors");
  for (const Problem& problem : problems.all()) {
    require(std::ranges::find(paths, problem.place) != paths.end(), "a problem has the place of a file");
    require(!problem.message.empty(), "a problem says what is wrong");
  }
  if (database) check_database(*database);
  return database;
}

}  // namespace

void fuzz_mmdb(Bytes octets) {
  static const ScratchFile file("fuzz.mmdb");
  const std::string path = file.path().string();
  file.write(in_whole_pages(octets));
  (void)load({path});
  file.write(octets);
  const auto database = load({path});
  if (!database) return;
  // Merged with itself it says the same.
  const auto twice = load({path, path});
  require(twice.has_value(), "a database can be merged with itself");
  require(twice->map == database->map, "a database merged with itself says the same");
}

}  // namespace rhumb::fuzz

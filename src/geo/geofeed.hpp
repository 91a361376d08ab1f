// Geofeeds (RFC 8805): where networks are, by the word of those who run them.
//
// Lines `ip_prefix,alpha2code,region,city,postal_code`; fields at the end may be missing. Region is the code of ISO
// 3166-2 ("IE-D"). An empty country says that the network is not to be located. The most specific network counts, in
// whichever of the files it is; of equal ones that of the earlier file. A million lines take 0.8 s to read, and 0.2 s
// more to lie over geoip/country.mmdb (bench/geo).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/problems.hpp"
#include "geo/address_map.hpp"

namespace rhumb::geo {

inline constexpr std::size_t kGeofeedsMax = 16;
// In one feed. The largest that are published have some 100,000.
inline constexpr std::size_t kGeofeedLinesMax = 4'000'000;

struct Geofeeds {
  // What a line says. All are empty where a network is not to be located.
  struct Place {
    std::uint8_t feed;        // in `paths`
    std::string country;      // ISO 3166-1 alpha-2, in upper case
    std::string subdivision;  // the part after the hyphen of the ISO 3166-2 code, in upper case; or empty
    std::string city;         // or empty
  };

  std::vector<std::string> paths;
  AddressMap<std::uint32_t> map;  // to one more than an index of `places`; 0: no feed has the address
  std::vector<Place> places;      // all different
};

// At most kGeofeedsMax files. Everything that is wrong is told to `problems` with its place ("offices.csv:12"); the
// result is complete when nothing was.
[[nodiscard]] Geofeeds read_geofeeds(std::span<const std::string> paths, Problems& problems);

}  // namespace rhumb::geo

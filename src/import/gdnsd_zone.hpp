// A zone of gdnsd (gdnsd.zonefile(5)) as a standard master file, and the names in it that plugins answer for.
//
// The text stays as it is, with its comments, except where gdnsd has a syntax of its own: DYNA and DYNC records, @Z and
// @F, limits on TTLs, long TXT strings. Files that it includes are put in their place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "import/report.hpp"
#include "import/source_files.hpp"

namespace rhumb::importing {

struct GdnsdZoneSettings {
  std::uint32_t default_ttl = 86'400;
  std::uint32_t ttl_min = 5;
  std::uint32_t ttl_max = 3'600'000;
  std::uint32_t negative_ttl_max = 10'800;
};

// "www 60/30 DYNA geoip!res"
struct DynamicRecord {
  std::string owner;  // absolute, with the final dot
  bool may_be_name;   // DYNC
  std::uint32_t ttl_s;
  std::uint32_t ttl_min_s;
  std::string plugin;
  std::string resource;  // empty: none is named
  std::string place;     // "zones/example.com:12"
};

// What stands in the zone in place of a dynamic record: lines of records, or nothing, if a service answers.
using DynamicRecordUse = std::function<std::string(const DynamicRecord&)>;

// The file `path` of `files`, which is that of zone `apex` (with the final dot). Tells `use` of each dynamic record.
[[nodiscard]] std::string convert_gdnsd_zone(const SourceFiles& files, const std::string& path, const std::string& apex,
                                             const GdnsdZoneSettings& settings, const DynamicRecordUse& use,
                                             Report& report);

}  // namespace rhumb::importing

// A map of gdnsd's plugin geoip (gdnsd-plugin-geoip(8)): which datacenters a client is sent to, in which order.
//
// As rules of Rhumb, the most specific first: networks, then subdivisions, countries, continents, and the default.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "geo/distance.hpp"
#include "import/draft.hpp"
#include "import/report.hpp"
#include "import/source_files.hpp"
#include "import/vscf.hpp"

namespace rhumb::importing {

// A list of datacenters, or "auto": by distance.
struct DatacenterList {
  bool is_auto = false;
  std::vector<std::string> datacenters = {};  // empty: no data; means nothing when it is auto

  friend bool operator==(const DatacenterList&, const DatacenterList&) = default;
};

struct GdnsdMap {
  std::string name;
  std::string place;
  std::vector<std::string> datacenters = {};
  std::map<std::string, geo::Coordinates> coordinates = {};  // of those that "auto" uses
  std::size_t auto_limit = 3;                                // 0: none
  std::string database = {};                                 // its path, as written; empty: none
  DatacenterList otherwise = {};                             // who is in no rule
  // Conditions and where they lead; `preference` of the rule means nothing.
  std::vector<std::pair<DraftRule, DatacenterList>> rules = {};

  [[nodiscard]] bool uses_auto() const;
};

// Nothing, and an error, when it is not a map.
[[nodiscard]] std::optional<GdnsdMap> read_gdnsd_map(const std::string& name, const VscfValue& value,
                                                     const SourceFiles& files, Report& report);

}  // namespace rhumb::importing

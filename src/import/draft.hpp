// A configuration of Rhumb in the making: what every importer fills, and draft_writer.hpp prints.
//
// It has the words of rhumb.json (docs/configuration.md) and of those only what some other server can say. Regions are
// named, not numbered: they come up while the source is read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/json_file.hpp"
#include "geo/distance.hpp"
#include "import/report.hpp"
#include "steering/preference.hpp"
#include "steering/service.hpp"

namespace rhumb::importing {

using config::Json;

struct DraftRegion {
  std::string name;
  std::optional<geo::Coordinates> coordinates;  // none: no order asks for it

  friend bool operator==(const DraftRegion&, const DraftRegion&) = default;
};

struct DraftPreference {
  steering::Order order = steering::Order::listed;
  std::vector<std::string> regions = {};
  std::size_t regions_max = 0;             // 0: all
  std::map<std::string, int> biases = {};  // by region
};

// A rule whose clients get no data has no preference.
struct DraftRule {
  std::string name;
  std::vector<std::string> networks = {};
  std::vector<std::uint32_t> asns = {};
  std::vector<std::string> countries = {};
  std::vector<std::string> subdivisions = {};
  std::vector<std::string> continents = {};
  std::optional<DraftPreference> preference = {};
};

// Has an address or a target.
struct DraftInstance {
  std::string region;
  std::string address = {};
  std::string target = {};
  std::string check_address = {};  // where a target is probed; empty: where its name leads
  std::uint32_t weight = 1;
};

struct DraftService {
  std::string name;   // without the final dot
  std::string place;  // in the source
  std::uint32_t ttl_s = 0;
  std::uint32_t ttl_min_s = 0;
  std::vector<std::string> checks = {};
  int panic_percent = 0;
  DraftPreference preference = {};
  std::vector<DraftRule> rules = {};
  std::string rules_name = {};  // what their rule set is called, should several services have the same
  steering::Policy policy = steering::Policy::rotate;
  std::size_t answers = 0;
  bool families_together = true;
  std::vector<DraftInstance> instances = {};
};

struct Draft {
  Json options = Json::object();  // members of the top: listen, threads, …
  std::vector<std::string> geoip = {};
  std::vector<DraftRegion> regions = {};
  std::vector<std::pair<std::string, Json>> checks = {};
  std::vector<DraftService> services = {};
  std::map<std::string, std::string> zones = {};  // name without the final dot → text of the master file

  // The region of that name; if it is another place than that of one that is there, it gets a name of its own. Returns
  // the name.
  std::string add_region(const std::string& name, std::optional<geo::Coordinates> coordinates);
};

// Makes of `service` what rhumb.json may hold, and puts it there: an instance has a region of its own, stands once, and
// has an address where any other has; weights fit, regions without an instance are in no list. What is given up for
// that is told. Gives up the service, and tells it, when nothing is left.
void add_service(Draft& draft, DraftService service, Report& report);

}  // namespace rhumb::importing

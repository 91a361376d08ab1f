// What a reload has changed, for people: in the log, and for who asked for it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/loader.hpp"

namespace rhumb::daemon {

// Lines of one kind, of zones say: who changes more than these sees that from the first.
inline constexpr std::size_t kReportedMax = 50;

// "rhumb.json: /services/www.example.com/ttl: 30 → 60", "zone example.com: serial 5 → 6, 3 RRsets changed",
// "geoip/city.mmdb: built 2026-10-02 → 2026-11-02", "rule set partners: its file says something else". Empty when
// nothing has.
[[nodiscard]] std::vector<std::string> describe_changes(const Served& before, const Loaded& after);
// Of one zone alone; `before` is null if it is new.
[[nodiscard]] std::vector<std::string> describe_changes(const zone::Zone* before, const zone::Zone& after);
// Of the zones alone.
[[nodiscard]] std::vector<std::string> describe_changes(const zone::Zones& before, const zone::Zones& after);

}  // namespace rhumb::daemon

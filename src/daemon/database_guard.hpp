// Holds geo databases back that would send too many clients elsewhere: half a file, or another product under the old
// name, is a sound database to all other checks.
//
// At a reload what the new databases lead to is compared with what is served (database_change.hpp), under the new
// configuration and with everything up, so that only the databases count. Over the limit ("geoip_guard") they are held
// back and all else is served, over the rankings that there are: a zone, or a service that must change now, does not
// wait for somebody to look into a database. Every reload looks again, until the files are what they were, or
// somebody says that the new ones are meant.
//
// A service whose steering or regions change in the same reload is ranked anew whatever the databases say, and not
// compared. Its old rankings are of no use either: then holding back refuses the whole reload. Nor is there anything
// to compare with where nothing was known before: at a start, and with the first databases.
#pragma once

#include <string>
#include <vector>

#include "base/problems.hpp"
#include "daemon/loader.hpp"

namespace rhumb::daemon {

// Of `loaded`, which is to be served after `served`. Puts what other databases change into `loaded`; if they are held
// back, the rankings and databases that are served, too, and says so in a warning. False, with the error, when that
// cannot be.
[[nodiscard]] bool guard_databases(const Served& served, Loaded& loaded, Problems& problems);

// "3.1 % of the clients of www.example.com (and 2 more services) are sent to another region: eu-west → us-east 2.9 %,
// …" and, if there are any, "2.7 % of the clients are in another country: GB → FR 1.2 %, …".
[[nodiscard]] std::vector<std::string> describe(const DatabaseChange& change);

}  // namespace rhumb::daemon

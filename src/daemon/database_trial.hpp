// What other databases would change for the services of a configuration, with no server.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/problems.hpp"
#include "config/config.hpp"
#include "daemon/counted_clients.hpp"
#include "daemon/database_change.hpp"

namespace rhumb::daemon {

using DatabaseFiles = std::vector<std::filesystem::path>;

// From the databases `before` to those `after`, each list in the place of "geoip"; what else tells where clients are,
// and what was measured, is the configuration's. Nothing, with the errors, when one of the files is not a sound
// database. At one time those of one list are in memory.
[[nodiscard]] std::optional<DatabaseChange> try_databases(const config::Config& config, const DatabaseFiles& before,
                                                          const DatabaseFiles& after, const CountedClients& counted,
                                                          Problems& problems);

}  // namespace rhumb::daemon

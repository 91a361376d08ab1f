// What is allowed and hardly meant: warnings about the services of a configuration that has been loaded.
//
// They are drawn from what was compiled, not from what was written: a rule that no ranking comes from is never used,
// whatever the reason. Of a rule by country or AS number whose clients are all in networks of earlier rules this is not
// known, for rankings are made for its places first.
#pragma once

#include <span>

#include "base/problems.hpp"
#include "config/config.hpp"
#include "daemon/geo_databases.hpp"
#include "steering/service.hpp"

namespace rhumb::daemon {

// `services` are those of `config`, in its order, made with the places in `databases`, which are read only if there is
// a rule that is not used. What is to be said of many services alike is said once, at the first, with their number:
// 100,000 of them fit on a screen. Each distinct steering is looked at once.
void warn_of_doubtful_services(const config::Config& config, std::span<const steering::Service> services,
                               GeoDatabases& databases, Problems& problems);

}  // namespace rhumb::daemon

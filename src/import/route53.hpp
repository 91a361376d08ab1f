// From the record sets of Amazon Route 53 to a configuration of Rhumb.
#pragma once

#include <string>

#include "import/draft.hpp"
#include "import/report.hpp"
#include "import/route53_records.hpp"
#include "import/source_files.hpp"

namespace rhumb::importing {

// `files` are what `aws route53 list-resource-record-sets` has printed, of one hosted zone or several: a zone is where
// an SOA record is. Without `health_checks` everything counts as healthy, which is told.
[[nodiscard]] Draft import_route53(const SourceFiles& files, const std::vector<Route53HealthCheck>& health_checks,
                                   Report& report);

}  // namespace rhumb::importing

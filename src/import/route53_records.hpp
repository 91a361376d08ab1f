// The record sets and health checks of Amazon Route 53, as `aws route53 list-resource-record-sets` and
// `list-health-checks` print them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "geo/distance.hpp"
#include "import/draft.hpp"
#include "import/report.hpp"
#include "import/source_files.hpp"

namespace rhumb::importing {

struct Route53Records {
  enum class Policy : std::uint8_t {
    simple,
    weighted,
    latency,
    geolocation,
    geoproximity,
    failover,
    multivalue,
    cidr,  // by networks that are kept elsewhere
  };

  std::string place;  // "records.json: /ResourceRecordSets/3"
  std::string name;   // in lower case, with the final dot, as master files write it
  std::string type;
  std::uint32_t ttl_s = 0;
  std::vector<std::string> values = {};  // as master files write them; names are absolute
  Policy policy = Policy::simple;
  std::string identifier = {};
  std::uint32_t weight = 1;
  std::string region = {};                           // of latency and geoproximity: that of AWS
  std::optional<geo::Coordinates> coordinates = {};  // of geoproximity
  int bias = 0;
  std::string location = {};  // of geolocation: "EU", "FR", "US-CA" or "*"
  bool is_continent = false;
  bool is_primary = false;
  std::string health_check = {};
  std::string alias = {};  // the name that it is an alias of, with the final dot; empty: none
};

struct Route53HealthCheck {
  std::string id;
  std::string place;
  std::string type;     // HTTP, HTTPS, HTTP_STR_MATCH, HTTPS_STR_MATCH, TCP, CALCULATED, …
  std::string address;  // empty: that which the host has
  std::string host;
  std::uint32_t port = 0;
  std::string path;
  std::string search_string;
  std::uint32_t interval_s = 30;
  std::uint32_t failures = 3;
  bool is_inverted = false;
  bool is_disabled = false;
};

// All record sets of the files, in their order.
[[nodiscard]] std::vector<Route53Records> read_route53_records(const SourceFiles& files, Report& report);
[[nodiscard]] std::vector<Route53HealthCheck> read_route53_health_checks(const std::string& file,
                                                                         const std::string& text, Report& report);

}  // namespace rhumb::importing

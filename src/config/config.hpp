// The configuration as plain values: read from JSON, checked in itself, every name resolved.
//
// What it says about zones and databases is checked when those are loaded (daemon/loader).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "answer/settings.hpp"
#include "base/ip_address.hpp"
#include "base/problems.hpp"
#include "config/control_reader.hpp"
#include "config/events_reader.hpp"
#include "config/health_reader.hpp"
#include "config/log_reader.hpp"
#include "config/service_steering.hpp"
#include "control/event_settings.hpp"
#include "control/query_log_settings.hpp"
#include "dns/name.hpp"
#include "health/check.hpp"
#include "health/plan.hpp"
#include "steering/latency.hpp"
#include "steering/region.hpp"
#include "transport/rate_limiter.hpp"
#include "transport/tcp_limits.hpp"

namespace rhumb::config {

struct NamedCheck {
  std::string name;
  health::Check check;          // means nothing where it is calculated
  health::Condition condition;  // Condition::probe is a place in Config::checks, of one that probes

  [[nodiscard]] bool is_calculated() const noexcept { return condition.kind != health::Condition::Kind::probe; }
};

struct Instance {
  std::size_t region;  // in Config::regions
  IpAddress address;   // where there is a target: none, 0.0.0.0
  steering::Weight weight;
  std::optional<dns::Name> target = {};
  std::optional<IpAddress> check_address = {};  // where a target is probed; none: where its name leads
};

struct Service {
  dns::Name name;
  std::string place;  // for problems that are found later: "rhumb.json: /services/www.example.com"
  std::uint32_t ttl_s;
  std::uint32_t ttl_min_s;
  std::vector<std::size_t> checks;  // in Config::checks; all must pass
  ServiceHealth health;
  ServiceSteering steering;
  std::vector<Instance> instances;
};

// Whether its instances are names: all are, or none is.
[[nodiscard]] inline bool has_targets(const Service& service) noexcept {
  return !service.instances.empty() && service.instances.front().target.has_value();
}

// Times that are told while the server runs (daemon/latency_store.hpp).
struct LatencySamples {
  std::filesystem::path file;        // where they are kept
  std::chrono::milliseconds keep;    // what was told longer ago counts no more
  std::chrono::milliseconds settle;  // rankings go by what is new no more often than this
};

// What was measured of the time between clients and regions: files (latency_files.hpp).
struct LatencyFiles {
  std::vector<std::filesystem::path> files;
  std::optional<LatencySamples> samples;                       // none: nobody tells any
  std::uint32_t samples_min = steering::kLatencySamplesUsual;  // that a median needs
};

// What part of a service's clients new databases may send to another region, from 0 to 1, unless an operator says so.
// The next version of a database moves few; half a file, or another product under the old name, moves most.
inline constexpr double kGeoipMovedUsual = 0.2;

// What client networks count where shares of clients are told: a CSV file (geo/client_weights.hpp), or a query log
// (control/query_weights.hpp). Not both; where there is neither, each IPv4 address counts 1.
struct ClientFiles {
  std::filesystem::path weights;
  std::filesystem::path queries;

  [[nodiscard]] bool are_none() const noexcept { return weights.empty() && queries.empty(); }
};

struct GeoipGuard {
  double moved_max = kGeoipMovedUsual;
  ClientFiles clients;
};

struct Config {
  std::filesystem::path file;
  std::string text;  // what stands in it
  std::vector<Endpoint> listen;
  unsigned threads;                                 // UDP threads per address, and TCP threads; 0 = one per core
  std::filesystem::path zones;                      // a directory
  std::optional<std::filesystem::path> zone_cache;  // a directory for them in compiled form; none: it is not kept
  bool strict;                                      // an error in a zone is one of the whole load
  // Files that have changed are loaded once they have been left alone for so long; none: when somebody says so.
  std::optional<std::chrono::milliseconds> watch_files;
  std::vector<std::filesystem::path> geoip;
  GeoipGuard geoip_guard;
  bool counts_countries = false;  // whose clients get steered answers
  std::vector<std::filesystem::path> geofeeds;
  LatencyFiles latency;
  std::vector<std::filesystem::path> named_files;   // read with it: rules, certificates, keys, tokens, secrets
  std::optional<std::filesystem::path> assertions;  // a file of what must be answered (daemon/route_tests)
  answer::Settings settings;                        // cookies: only if the secrets are configured
  Control control;
  bool has_own_cookies;  // cookies with secrets that this server makes for itself
  transport::TcpLimits tcp;
  transport::RateLimits rate_limit;
  std::vector<steering::Region> regions;
  std::vector<NamedCheck> checks;
  Health health;
  std::vector<Service> services;
  control::EventSettings events;
  Log log = {};
  std::optional<control::QueryLogSettings> query_log = {};  // none: queries are not logged
  std::optional<std::string> user = {};                     // whom it becomes if root has started it; none: nobody else
  std::optional<bool> sandbox = {};                         // whether it must be; none: if it can be
  std::string document = {};                                // what it was read from, its secrets masked
};

// Whether there may be times for "order": "latency" to go by: then databases stay in memory, for new ones need them.
[[nodiscard]] inline bool is_measured(const Config& config) noexcept {
  return !config.latency.files.empty() || config.latency.samples;
}

// Relative paths in the file are taken relative to the file's directory. Nothing when there was an error; everything
// that is wrong, and what is merely doubtful, is in `problems`. `today` decides which rules have expired.
[[nodiscard]] std::optional<Config> load_config(const std::filesystem::path& file, Problems& problems,
                                                std::chrono::sys_days today);

}  // namespace rhumb::config

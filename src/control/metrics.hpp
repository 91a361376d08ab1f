// What the server measures of itself, in the text format of Prometheus.
//
// Readings are plain numbers; whoever has them is the one to gather them. docs/metrics.md describes every metric, and a
// test compares the two. What is a counter never goes back while the process lives; names have their units. The number
// of series is bounded: zones and services by what is counted apart (answer/counted_names.hpp), instances here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "answer/counted_names.hpp"
#include "answer/counters.hpp"
#include "control/event_counts.hpp"
#include "control/query_log.hpp"
#include "health/status.hpp"

namespace rhumb::control {

// Instances that have series of their own, in the order of the configuration; all count in rhumb_instances.
inline constexpr std::size_t kInstanceSeriesMax = 4'096;

struct Readings {
  struct Process {
    double started_at_s = 0;  // since 1970
    double cpu_s = 0;         // user and system time of all threads
    std::uint64_t resident_octets = 0;
  };
  struct Connections {
    std::uint64_t open = 0;
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
  };
  struct Reloads {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    double last_took_s = 0;  // the last that was accepted
  };
  struct Database {
    std::string path;
    std::string type;
    double built_at_s = 0;  // since 1970
  };

  std::string version;
  Process process;
  answer::Counts answers;
  std::uint64_t over_rate_limit = 0;                              // queries, whatever became of them
  std::vector<std::string> zone_names = {};                       // of answer::CountedNames
  std::vector<answer::CountedNames::Steered> steered_names = {};  // likewise
  Connections connections;
  Reloads reloads;
  double snapshot_at_s = 0;  // since 1970: when what is served was loaded
  std::size_t zones_loaded = 0;
  std::size_t zones_not_loaded = 0;
  std::size_t services = 0;
  std::vector<Database> databases = {};
  bool has_held_back_databases = false;  // newer ones
  health::Status health;
  EventCounts events;
  QueryLogCounts query_log;
};

// Text format 0.0.4; its content type:
inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] std::string to_prometheus(const Readings& readings);

}  // namespace rhumb::control

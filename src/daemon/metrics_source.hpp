// Where the server's measurements come from: gathers what control/metrics.hpp writes down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "answer/counted_names.hpp"
#include "control/event_sinks.hpp"
#include "control/metrics.hpp"
#include "control/query_log.hpp"
#include "daemon/loader.hpp"
#include "health/operations.hpp"
#include "transport/tcp_server.hpp"
#include "transport/udp_server.hpp"

namespace rhumb::daemon {

// From any thread.
class MetricsSource {
 public:
  // Those who are asked.
  struct Parts {
    const transport::UdpServer& udp;
    const transport::TcpServer& tcp;
    health::Operations& operations;
    const control::EventSinks& events;
    const control::QueryLog& query_log;
  };

  // Has `snapshot`, which is served next, counted: it gets its places. `databases` are what it was made from.
  void serve(answer::Snapshot& snapshot, const GeoDatabases& databases);
  // A reload is over, and took so long.
  void note_reload(bool is_done, double took_s);

  // What each service has been answered with since the start, region by region.
  struct Steered {
    std::string service;  // empty: of those that are not counted each by itself
    std::string region;   // empty: answers without one
    std::uint64_t answers;
  };
  struct Decisions {
    std::vector<Steered> steered;  // in the order in which they came, and a service's regions together
    // By geo::place_of(), of one answer in Answerer::kTimedEvery; empty while they are not counted.
    std::vector<std::uint64_t> countries;
  };
  [[nodiscard]] Decisions decisions(const Parts& parts) const;

  // As Prometheus reads it. Waits for the monitor.
  [[nodiscard]] std::string text(const Parts& parts) const;

 private:
  answer::CountedNames names_;
  mutable std::mutex mutex_;
  control::Readings::Reloads reloads_;
  double snapshot_at_s_ = 0;
  std::size_t zones_loaded_ = 0;
  std::size_t zones_not_loaded_ = 0;
  std::size_t services_ = 0;
  std::vector<control::Readings::Database> databases_;
  bool has_held_back_databases_ = false;
  bool counts_countries_ = false;
};

}  // namespace rhumb::daemon

// Where the server's measurements come from: gathers what control/metrics.hpp writes down.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "answer/counted_names.hpp"
#include "control/event_sinks.hpp"
#include "control/metrics.hpp"
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
  };

  // Has `loaded`, which is served next, counted: its snapshot gets its places.
  void serve(Loaded& loaded);
  // A reload was accepted and took so long; one was refused.
  void accepted(double took_s);
  void refused();

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
};

}  // namespace rhumb::daemon

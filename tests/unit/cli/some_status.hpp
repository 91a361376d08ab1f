// A status with something of everything.
#pragma once

#include "base/timestamp.hpp"
#include "health/status.hpp"

namespace rhumb::cli {

inline health::Status some_status() {
  using namespace std::chrono_literals;
  using health::Standing;
  using health::State;
  health::Status status;
  status.now = parse_rfc3339("2026-11-25T12:00:00Z").value();
  status.probes = {
      {"web", "192.0.2.10:80", State::up}, {"web", "192.0.2.20:80", State::down}, {"web", "192.0.2.21:80", State::up}};
  for (health::ProbeStatus& probe : status.probes) {
    probe.since = status.now - 3min;
    probe.last_at = status.now - 4s;
    probe.evidence = "HTTP 200 in 3ms";
    probe.last_success = true;
    probe.successes = 1'000;
    probe.results_needed = 3;
    probe.average_ms = 3.25;
    probe.median_ms = 3;
    probe.p95_ms = 12.04;
  }
  status.probes[0].warning = "its certificate expires in 5 days";
  status.probes[1].evidence = "HTTP 503";
  status.probes[1].last_success = false;
  status.probes[1].failures = 17;
  status.probes[1].results_needed = 2;
  status.probes[2].load = 0.5;

  status.instances = {{"www.example.com", "us-east", "192.0.2.10", State::up, true},
                      {"www.example.com", "eu-west", "192.0.2.20", State::down, true, false, Standing::down},
                      {"www.example.com", "eu-west", "192.0.2.21", State::up, true, true, Standing::ramping},
                      {"api.example.com", "us-east", "192.0.2.30", State::unknown, false}};
  for (std::size_t i = 0; i < status.probes.size(); ++i) {
    status.instances[i].since = status.probes[i].since;
    status.instances[i].evidence = status.probes[i].evidence;
    status.instances[i].probes = {i};
  }
  status.instances[1].share = 0;
  status.instances[2].share = 0.2;
  status.instances[2].until = status.now + 48s;
  return status;
}

}  // namespace rhumb::cli

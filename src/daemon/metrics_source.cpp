#include "daemon/metrics_source.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

namespace rhumb::daemon {
namespace {

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Near enough to when the process started: its statics are made before main().
const double kStartedAt = unix_seconds();

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// proc(5): /proc/self/statm has the pages in memory as its second number. 0 where there is no /proc.
std::uint64_t resident_octets() {
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

control::Readings::Process read_process() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {kStartedAt, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), resident_octets()};
}

}  // namespace

void MetricsSource::serve(answer::Snapshot& snapshot, const GeoDatabases& databases) {
  snapshot.counted = names_.place(snapshot);
  const std::lock_guard lock(mutex_);
  snapshot_at_s_ = unix_seconds();
  zones_loaded_ = snapshot.zones.zones().size();
  zones_not_loaded_ = snapshot.zones.not_loaded().size();
  services_ = snapshot.services.size();
  counts_countries_ = snapshot.countries != nullptr;
  has_held_back_databases_ = databases.have_held_back();
  databases_.clear();
  for (const geo::Source& source : databases.sources())
    databases_.push_back({source.path, source.type, static_cast<double>(source.built_at_s)});
}

void MetricsSource::note_reload(bool is_done, double took_s) {
  const std::lock_guard lock(mutex_);
  ++(is_done ? reloads_.accepted : reloads_.refused);
  if (is_done) reloads_.last_took_s = took_s;
}

// Counters are read before names: what has been counted has a name.
MetricsSource::Decisions MetricsSource::decisions(const Parts& parts) const {
  answer::Counts counts;
  parts.udp.add_to(counts);
  parts.tcp.add_to(counts);
  Decisions decisions;
  const auto names = names_.steered();
  for (std::size_t place = 0; place < names.size(); ++place)
    decisions.steered.push_back({names[place].service, names[place].region, counts[answer::counter::kSteered + place]});
  const std::lock_guard lock(mutex_);
  if (!counts_countries_) return decisions;
  for (std::size_t place = 0; place < geo::kCountryPlaces; ++place)
    decisions.countries.push_back(counts[answer::counter::kCountries + place]);
  return decisions;
}

std::string MetricsSource::text(const Parts& parts) const {
  control::Readings readings;
  readings.version = RHUMB_VERSION;
  readings.process = read_process();
  parts.udp.add_to(readings.answers);
  parts.tcp.add_to(readings.answers);
  readings.over_rate_limit = parts.udp.counts().limited;
  readings.zone_names = names_.zones();
  readings.steered_names = names_.steered();
  const auto connections = parts.tcp.connections();
  readings.connections = {connections.open, connections.accepted, connections.refused};
  readings.health = parts.operations.status();
  readings.events = parts.events.counts();
  readings.query_log = parts.query_log.counts();
  const std::lock_guard lock(mutex_);
  readings.reloads = reloads_;
  readings.snapshot_at_s = snapshot_at_s_;
  readings.zones_loaded = zones_loaded_;
  readings.zones_not_loaded = zones_not_loaded_;
  readings.services = services_;
  readings.databases = databases_;
  readings.has_held_back_databases = has_held_back_databases_;
  return control::to_prometheus(readings);
}

}  // namespace rhumb::daemon

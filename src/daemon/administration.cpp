#include "daemon/administration.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/trial.hpp"
#include "steering/rule.hpp"
#include "steering/words.hpp"

namespace rhumb::daemon {
namespace {

using Json = nlohmann::ordered_json;

Timestamp now() {
  return std::chrono::floor<Timestamp::duration>(std::chrono::system_clock::now());
}

control::Result no_samples() {
  return {control::Result::Kind::conflict,
          R"(the configuration keeps no samples: "latency": {"samples": {"file": "latency.samples"}})"};
}

// One for each thread that asks, whatever it asks.
void register_reader() {
  const thread_local ReaderThread kReader;
}

// What is read of the snapshot stays while `take` runs. On any thread that reads no snapshot otherwise.
template <typename Take>
auto read(const Published<answer::Snapshot>& snapshot, Take take) {
  register_reader();
  const Online online;
  return take(snapshot.read());
}

control::ZoneInfo describe(const zone::Zone& zone) {
  return {zone.apex().to_text(), true, zone.serial(), zone.node_count(), zone.record_count(), zone.memory_size()};
}

control::ServiceInfo describe(const steering::Service& service) {
  const steering::ServiceSettings& settings = service.settings();
  control::ServiceInfo info;
  info.name = settings.name;
  info.ttl_s = settings.ttl_s;
  info.ttl_min_s = settings.ttl_min_s;
  info.order = to_text(settings.steering->preference.order);
  info.pick = to_text(settings.policy);
  info.spread = to_text(settings.spread);
  info.when_all_down = to_text(settings.when_all_down);
  info.answers = settings.answers;
  info.regions = settings.regions;
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    const steering::Instance& instance = settings.instances[i];
    info.instances.push_back({settings.regions[instance.region],
                              service.has_names() ? settings.names[i].to_text() : instance.address.to_string(),
                              instance.weight});
  }
  return info;
}

}  // namespace

ServerAdministration::ServerAdministration(const Published<answer::Snapshot>& snapshot, MainLoop& loop, Sources sources)
    : snapshot_(snapshot), loop_(loop), sources_(std::move(sources)) {}

void ServerAdministration::introduce(const std::string& config_file, std::vector<std::string> listen) {
  const std::lock_guard lock(mutex_);
  info_.version = RHUMB_VERSION;
  info_.pid = getpid();
  info_.started_at = now();
  info_.config_file = config_file;
  info_.listen = std::move(listen);
}

void ServerAdministration::note_load(control::LoadReport report, std::string config) {
  const std::lock_guard lock(mutex_);
  info_.reload_at = now();
  if (report.is_done) {
    ++info_.generation;
    info_.loaded_at = info_.reload_at;
    config_ = std::move(config);
  }
  info_.reload = std::move(report);
}

control::ServerInfo ServerAdministration::server_info() {
  const std::lock_guard lock(mutex_);
  return info_;
}

void ServerAdministration::reload(control::ReloadOrder order, ReloadDone done) {
  if (!order.zone.empty()) {
    return loop_.post([this, order = std::move(order), done = std::move(done)] { done(sources_.reload(order)); });
  }
  const std::lock_guard lock(mutex_);
  awaited_.accepts_databases |= order.accepts_databases;
  waiting_.push_back(std::move(done));
  if (waiting_.size() == 1) loop_.post([this] { reload_now(); });
}

void ServerAdministration::reload_now() {
  std::vector<ReloadDone> waiting;
  control::ReloadOrder order;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
    order = std::exchange(awaited_, {});
  }
  const control::LoadReport report = sources_.reload(order);
  for (const ReloadDone& done : waiting)
    done(report);
}

std::vector<control::ZoneInfo> ServerAdministration::zones() {
  std::vector<control::ZoneInfo> zones = read(snapshot_, [](const answer::Snapshot& snapshot) {
    std::vector<control::ZoneInfo> found;
    for (const auto& zone : snapshot.zones.zones())
      found.push_back(describe(*zone));
    for (const dns::Name& apex : snapshot.zones.not_loaded())
      found.push_back({apex.to_text()});
    return found;
  });
  std::ranges::sort(zones, {}, &control::ZoneInfo::name);
  return zones;
}

std::optional<control::ZoneInfo> ServerAdministration::zone(std::string_view name) {
  const auto apex = dns::Name::from_text(name);
  if (!apex) return std::nullopt;
  return read(snapshot_, [&](const answer::Snapshot& snapshot) -> std::optional<control::ZoneInfo> {
    for (const auto& zone : snapshot.zones.zones()) {
      if (zone->apex() == *apex) return describe(*zone);
    }
    const auto not_loaded = snapshot.zones.not_loaded();
    if (std::ranges::find(not_loaded, *apex) == not_loaded.end()) return std::nullopt;
    return control::ZoneInfo{apex->to_text()};
  });
}

std::vector<control::ServiceInfo> ServerAdministration::services() {
  return read(snapshot_, [](const answer::Snapshot& snapshot) {
    std::vector<control::ServiceInfo> services;
    for (const steering::Service& service : snapshot.services)
      services.push_back(describe(service));
    return services;
  });
}

std::vector<control::RegionInfo> ServerAdministration::regions() {
  return read(snapshot_, [](const answer::Snapshot& snapshot) {
    std::vector<control::RegionInfo> regions;
    for (const steering::Region& region : snapshot.regions) {
      regions.push_back({region.name, region.coordinates.latitude, region.coordinates.longitude, region.capacity});
    }
    return regions;
  });
}

std::string ServerAdministration::config() {
  const std::lock_guard lock(mutex_);
  return config_;
}

std::string ServerAdministration::metrics() {
  return sources_.metrics();
}

std::string ServerAdministration::decisions() {
  return sources_.decisions();
}

control::Result ServerAdministration::add_latencies(const std::vector<control::MeasuredLatency>& latencies) {
  for (const control::MeasuredLatency& latency : latencies) {
    auto wrong =
        read(snapshot_, [&](const answer::Snapshot& snapshot) { return refuse_region(snapshot, latency.region); });
    if (wrong) return {control::Result::Kind::not_found, std::move(*wrong)};
  }
  if (!sources_.latencies.add(latencies, std::chrono::floor<std::chrono::seconds>(now()))) return no_samples();
  return {};
}

control::Result ServerAdministration::latencies(const std::string& region) {
  const auto known = sources_.latencies.known();
  if (!known) return no_samples();
  Json samples = Json::array();
  for (const config::ToldLatency& latency : known->latencies) {
    if (!region.empty() && latency.region != region) continue;
    const auto at = std::chrono::sys_seconds(std::chrono::seconds(latency.measured_at));
    samples.push_back({{"network", latency.network.to_string()},
                       {"region", latency.region},
                       {"ms", latency.rtt_ms},
                       {"samples", latency.samples},
                       {"at", to_rfc3339(at)}});
  }
  const std::chrono::duration<double> keep = known->settings.keep;
  const std::chrono::duration<double> settle = known->settings.settle;
  const Json json{{"keep", keep.count()}, {"settle", settle.count()}, {"samples", std::move(samples)}};
  return {control::Result::Kind::done, json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

void ServerAdministration::explain(control::ExplainRequest request, control::Done done) {
  sources_.inspector.explain(request, std::move(done));
}

void ServerAdministration::check_zone(std::string name, control::Done done) {
  sources_.inspector.check_zone(name, std::move(done));
}

void ServerAdministration::run_tests(control::TestStates states, control::Done done) {
  sources_.inspector.run_tests(states, std::move(done));
}

}  // namespace rhumb::daemon

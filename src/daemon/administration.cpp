#include "daemon/administration.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "steering/rule.hpp"

namespace rhumb::daemon {
namespace {

Timestamp now() {
  return std::chrono::floor<Timestamp::duration>(std::chrono::system_clock::now());
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

std::string_view to_text(steering::Order order) {
  constexpr std::array<std::string_view, 4> kTexts = {"nearest", "latency", "listed", "equal"};
  return kTexts.at(static_cast<std::size_t>(order));
}

std::string_view to_text(steering::Policy policy) {
  constexpr std::array<std::string_view, 3> kTexts = {"rotate", "weighted", "sticky"};
  return kTexts.at(static_cast<std::size_t>(policy));
}

std::string_view to_text(steering::WhenAllDown choice) {
  constexpr std::array<std::string_view, 4> kTexts = {"nearest", "fallback", "last_resort", "nodata"};
  return kTexts.at(static_cast<std::size_t>(choice));
}

control::ServiceInfo describe(const steering::Service& service) {
  const steering::ServiceSettings& settings = service.settings();
  control::ServiceInfo info;
  info.name = settings.name;
  info.ttl_s = settings.ttl_s;
  info.ttl_min_s = settings.ttl_min_s;
  info.order = to_text(settings.steering->preference.order);
  info.pick = to_text(settings.policy);
  info.spread = settings.spread == steering::Spread::weights ? "weights" : "capacity";
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

ServerAdministration::ServerAdministration(const Published<answer::Snapshot>& snapshot, MainLoop& loop, Reload reload,
                                           std::function<std::string()> metrics)
    : snapshot_(snapshot), loop_(loop), reload_(std::move(reload)), metrics_(std::move(metrics)) {}

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

void ServerAdministration::reload(control::ReloadOrder order, Done done) {
  if (!order.zone.empty()) {
    return loop_.post([this, order = std::move(order), done = std::move(done)] { done(reload_(order)); });
  }
  const std::lock_guard lock(mutex_);
  awaited_.accepts_databases |= order.accepts_databases;
  waiting_.push_back(std::move(done));
  if (waiting_.size() == 1) loop_.post([this] { reload_now(); });
}

void ServerAdministration::reload_now() {
  std::vector<Done> waiting;
  control::ReloadOrder order;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
    order = std::exchange(awaited_, {});
  }
  const control::LoadReport report = reload_(order);
  for (const Done& done : waiting)
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
  return metrics_();
}

}  // namespace rhumb::daemon

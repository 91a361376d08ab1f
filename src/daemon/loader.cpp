#include "daemon/loader.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <exception>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "daemon/latency_files.hpp"
#include "daemon/lints.hpp"
#include "daemon/route_tests.hpp"
#include "steering/ranking_compiler.hpp"
#include "steering/rule_set.hpp"
#include "zone/checks.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::daemon {
namespace {

constexpr std::string_view kZoneSuffix = ".zone";

struct ZoneFile {
  std::filesystem::path path;
  dns::Name apex;
  std::vector<zone::OverlayName> overlays;
  std::vector<std::filesystem::path> same_apex;  // two files may spell one name in two ways: EXAMPLE.com.zone
};

// The zone files of a directory, by name. "example.com.zone" is zone example.com; ".zone" alone would be the root,
// which is spelt "root.zone" by nobody: it is "..zone". A file that is no zone's is told to `of_zones`.
std::vector<ZoneFile> list_zones(const std::filesystem::path& directory, Problems& problems, Problems& of_zones) {
  std::vector<ZoneFile> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string file_name = entry->path().filename().string();
    if (!file_name.ends_with(kZoneSuffix)) continue;
    const auto apex =
        dns::Name::from_text(std::string_view(file_name).substr(0, file_name.size() - kZoneSuffix.size()));
    if (apex) {
      files.push_back({entry->path(), *apex, {}, {}});
    } else {
      of_zones.error(entry->path().string(), "the file's name without \".zone\" must be the name of its zone");
    }
  }
  if (error) problems.error(directory.string(), error.message());
  std::ranges::sort(files, {}, &ZoneFile::path);
  return files;
}

// Leaves one file for each apex.
void join_equal_apexes(std::vector<ZoneFile>& files) {
  std::map<dns::Name, std::size_t> by_apex;
  std::size_t kept = 0;
  for (ZoneFile& file : files) {
    const auto [other, is_new] = by_apex.try_emplace(file.apex, kept);
    if (!is_new) {
      files[other->second].same_apex.push_back(file.path);
    } else if (&files[kept++] != &file) {
      files[kept - 1] = std::move(file);
    }
  }
  files.resize(kept);
}

// Hands each service to the zone with the longest apex that is at or above its name.
void overlay_services(const config::Config& config, std::vector<ZoneFile>& files, Problems& problems) {
  std::map<dns::Name, ZoneFile*> by_apex;
  for (ZoneFile& file : files)
    by_apex.emplace(file.apex, &file);
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    const config::Service& service = config.services[i];
    auto zone = by_apex.find(service.name);
    for (dns::Name name = service.name; zone == by_apex.end() && !name.is_root();) {
      name = name.parent();
      zone = by_apex.find(name);
    }
    if (zone == by_apex.end()) {
      problems.error(service.place, fmt::format("no zone in {} holds this name", config.zones.string()));
    } else {
      zone->second->overlays.push_back(
          {service.name, static_cast<zone::Overlay>(i), service.place, config::has_targets(service)});
    }
  }
}

// Null when there is an error.
std::shared_ptr<const zone::Zone> load_zone(const ZoneFile& file, Problems& of_zone) {
  for (const auto& other : file.same_apex)
    of_zone.error(other.string(), fmt::format("the same zone as {}", file.path.string()));
  if (!file.same_apex.empty()) return nullptr;
  return zone::load_zone_file(file.path, file.apex, file.overlays, of_zone);
}

// Whether these, and no others, lie over the zone: then the numbers that its nodes have are still right.
bool has_overlays(const zone::Zone& zone, const std::vector<zone::OverlayName>& overlays) {
  std::map<dns::Name, zone::Overlay> expected;
  for (const zone::OverlayName& overlay : overlays)
    expected.emplace(overlay.name, overlay.overlay);
  std::map<dns::Name, zone::Overlay> actual;
  for (zone::NodeIndex node = 0; node < zone.node_count(); ++node) {
    if (zone.overlay(node) != zone::kNoOverlay) {
      actual.emplace(*dns::Name::from_wire(zone.owner(node)), zone.overlay(node));
    }
  }
  return actual == expected;
}

// Whether no service that is an alias now lies over other data, which was no error when it was none.
bool allows_aliases(const zone::Zone& zone, const std::vector<zone::OverlayName>& overlays) {
  std::set<zone::Overlay> aliases;
  for (const zone::OverlayName& overlay : overlays) {
    if (overlay.is_alias) aliases.insert(overlay.overlay);
  }
  if (aliases.empty()) return true;
  for (zone::NodeIndex node = 0; node < zone.node_count(); ++node) {
    if (!aliases.contains(zone.overlay(node))) continue;
    if (!std::ranges::all_of(zone.rrsets(node), zone::stands_beside_alias, &zone::Rrset::type)) return false;
  }
  return true;
}

struct ZoneSet {
  std::vector<std::shared_ptr<const zone::Zone>> zones;
  std::vector<dns::Name> not_loaded;
};

// Reads the zones one by one. What is wrong with one of them goes to `of_zones`, what is wrong with the whole load to
// `problems`.
class ZoneLoader {
 public:
  ZoneLoader(const config::Config& config, const zone::Zones* served, Problems& problems, Problems& of_zones)
      : config_(config), problems_(problems), of_zones_(of_zones) {
    if (served == nullptr) return;
    for (const auto& zone : served->zones())
      served_.emplace(zone->apex(), zone);
  }

  ZoneSet load() {
    auto files = list_zones(config_.zones, problems_, of_zones_);
    join_equal_apexes(files);
    overlay_services(config_, files, problems_);
    if (files.size() > kZonesMax) {
      problems_.error(config_.zones.string(), fmt::format("more than {} zone files", kZonesMax));
      return {};
    }
    if (files.empty() && !problems_.has_errors() && !of_zones_.has_errors()) {
      problems_.warning(config_.zones.string(), "no file NAME.zone: every query will be refused");
    }
    for (const ZoneFile& file : files)
      take(file);
    return std::move(set_);
  }

 private:
  void take(const ZoneFile& file) {
    Problems of_zone;
    if (auto zone = load_zone(file, of_zone)) {
      set_.zones.push_back(std::move(zone));
    } else {
      do_without(file, of_zone);
    }
    of_zones_.append(of_zone);
  }

  // The version that is being served, if there is one, or none.
  void do_without(const ZoneFile& file, Problems& of_zone) {
    if (config_.strict) return;
    assert(of_zone.has_errors());
    const std::string errors =
        fmt::format("{} errors, the first: {}", of_zone.error_count(), of_zone.first_error()->to_string());
    const auto served = served_.find(file.apex);
    if (served == served_.end()) {
      set_.not_loaded.push_back(file.apex);
      of_zone.warning(file.path.string(), "the zone is not served, its names get SERVFAIL: " + errors);
    } else if (has_overlays(*served->second, file.overlays) && allows_aliases(*served->second, file.overlays)) {
      set_.zones.push_back(served->second);
      of_zone.warning(file.path.string(), fmt::format("the version that is being served, serial {}, is kept: {}",
                                                      served->second->serial(), errors));
    } else {
      problems_.error(file.path.string(),
                      "the zone has errors, and the version that is being served cannot be kept, because the services "
                      "in it are not those that it was loaded with; mend the zone, or leave the services as they were");
    }
  }

  const config::Config& config_;
  Problems& problems_;
  Problems& of_zones_;
  std::map<dns::Name, std::shared_ptr<const zone::Zone>> served_;
  ZoneSet set_;
};

// Services with equal regions and steering share one ranking map.
class RankingMaps {
 public:
  struct Shared {
    std::vector<std::size_t> regions;           // in Config::regions; the steering's are places in this list
    const config::ServiceSteering* configured;  // of the first service that has it
    std::shared_ptr<const steering::Steering> steering;
    std::shared_ptr<const steering::RankingMap> map;
  };

  // `served`: whose rankings measured ones hold on to; may be null.
  RankingMaps(const config::Config& config, const geo::Database& database, const steering::Latencies& latencies,
              const answer::Snapshot* served)
      : config_(config), database_(database), latencies_(latencies), served_(served) {}

  // `configured` must live as long as this. Valid until the next call. Searches all there are: they are few, even where
  // services are many.
  const Shared& find(const config::ServiceSteering& configured, const std::vector<std::size_t>& regions) {
    const auto is_same = [&](const Shared& shared) {
      return shared.regions == regions && shared.configured->steering == configured.steering &&
             shared.configured->rule_sets == configured.rule_sets;
    };
    const auto known = std::ranges::find_if(shared_, is_same);
    if (known != shared_.end()) return *known;
    auto steering =
        std::make_shared<steering::Steering>(steering::localize(configured.steering, configured.rule_sets, regions));
    auto map = compile(*steering, regions);
    shared_.push_back({regions, &configured, std::move(steering), std::move(map)});
    return shared_.back();
  }

 private:
  [[nodiscard]] std::shared_ptr<const steering::RankingMap> compile(const steering::Steering& own,
                                                                    const std::vector<std::size_t>& regions) const {
    std::vector<geo::Coordinates> coordinates;
    std::vector<steering::RegionIndex> measured_as;
    for (const std::size_t region : regions) {
      coordinates.push_back(config_.regions[region].coordinates);
      measured_as.push_back(static_cast<steering::RegionIndex>(region));
    }
    const steering::RankingMap* before = uses_latency(own) ? find_served(own, regions) : nullptr;
    return steering::compile_rankings(own, coordinates, database_, {&latencies_, measured_as, before});
  }

  // That of a service with equal regions, preference and rules; null when none is served. The networks of rules that
  // come from a file may have changed: a client that one of them held is held a while longer.
  [[nodiscard]] const steering::RankingMap* find_served(const steering::Steering& own,
                                                        const std::vector<std::size_t>& regions) const {
    if (served_ == nullptr) return nullptr;
    std::vector<std::string> names;
    for (const std::size_t region : regions)
      names.push_back(config_.regions[region].name);
    const auto is_same = [&](const steering::Service& service) {
      const steering::Steering& its = *service.settings().steering;
      return service.settings().regions == names && its.preference == own.preference && its.rules == own.rules;
    };
    const auto found = std::ranges::find_if(served_->services, is_same);
    return found == served_->services.end() ? nullptr : &found->ranking_map();
  }

  const config::Config& config_;
  const geo::Database& database_;
  const steering::Latencies& latencies_;
  const answer::Snapshot* served_;
  std::vector<Shared> shared_;
};

// The regions that the service has instances in, in the order of the configuration.
std::vector<std::size_t> regions_of(const config::Service& service) {
  std::set<std::size_t> regions;
  for (const config::Instance& instance : service.instances)
    regions.insert(instance.region);
  return {regions.begin(), regions.end()};
}

// A wildcard is no host that a web server would know: then the probe names the address it goes to.
std::string host_of(const config::Service& service) {
  return service.name.is_wildcard() ? std::string() : service.name.to_text();
}

health::Check check_of(const config::Config& config, const config::Service& service) {
  health::Check none;
  none.type = health::Check::Type::none;
  return service.check ? config.checks[*service.check].check : none;
}

health::Target target_of(const config::Config& config, const config::Service& service,
                         const config::Instance& instance) {
  const std::string shown = instance.target ? instance.target->to_text() : instance.address.to_string();
  health::Target target{fmt::format("{} {} {}", service.name.to_text(), config.regions[instance.region].name, shown),
                        instance.address, host_of(service), check_of(config, service)};
  if (instance.target && instance.check_address) target.address = *instance.check_address;
  if (instance.target && !instance.check_address) target.resolved_name = shown;
  return target;
}

steering::Service make_service(const config::Config& config, const config::Service& service, RankingMaps& ranking_maps,
                               std::vector<health::Target>& targets) {
  const std::vector<std::size_t> regions = regions_of(service);
  steering::ServiceSettings settings;
  settings.name = service.name.to_text();
  settings.ttl_s = service.ttl_s;
  settings.policy = service.steering.policy;
  settings.answers = service.steering.answers;
  settings.sticky_prefix = service.steering.sticky_prefix;
  settings.spread = service.steering.spread;
  settings.families_together = service.steering.families_together;
  settings.when_all_down = service.steering.when_all_down;
  settings.last_resort = service.steering.last_resort;
  for (const std::size_t region : regions) {
    settings.regions.push_back(config.regions[region].name);
    settings.capacities.push_back(config.regions[region].capacity);
  }
  for (const config::Instance& from : service.instances) {
    steering::Instance instance;
    instance.region = static_cast<steering::RegionIndex>(std::ranges::find(regions, from.region) - regions.begin());
    instance.address = from.address;
    instance.weight = from.weight;
    instance.target = static_cast<steering::TargetIndex>(targets.size());
    targets.push_back(target_of(config, service, from));
    settings.instances.push_back(instance);
    if (from.target) settings.names.push_back(*from.target);
  }
  const RankingMaps::Shared& shared = ranking_maps.find(service.steering, regions);
  settings.steering = shared.steering;
  return {std::move(settings), shared.map};
}

answer::Settings settings_of(const config::Config& config, const Secrets& secrets) {
  answer::Settings settings = config.settings;
  if (config.has_own_cookies) settings.cookies = dns::CookieSecrets::derived_from(secrets.cookie_master);
  return settings;
}

std::unique_ptr<answer::Snapshot> make_snapshot(const config::Config& config, RankingMaps ranking_maps, ZoneSet zones,
                                                const Secrets& secrets, std::vector<health::Target>& targets) {
  std::vector<steering::Service> services;
  services.reserve(config.services.size());
  for (const config::Service& service : config.services)
    services.push_back(make_service(config, service, ranking_maps, targets));
  return std::make_unique<answer::Snapshot>(
      answer::Snapshot{zone::Zones(std::move(zones.zones), secrets.hash_key, std::move(zones.not_loaded)),
                       config.regions, std::move(services), nullptr, settings_of(config, secrets)});
}

std::optional<geo::Database> load_databases(const config::Config& config, Problems& problems) {
  const std::vector<std::string> geoip(config.geoip.begin(), config.geoip.end());
  const std::vector<std::string> geofeeds(config.geofeeds.begin(), config.geofeeds.end());
  return geo::load_databases(geoip, problems, geofeeds);
}

bool keeps_assertions(Loaded& loaded, Problems& problems) {
  if (!loaded.config.assertions) return true;
  const auto tests = read_route_tests(*loaded.config.assertions, loaded, problems);
  if (!tests) return false;
  bool has_passed = true;
  for (const RouteTestResult& result : run_route_tests(loaded, *tests)) {
    report_failures(result, problems);
    has_passed = has_passed && result.has_passed();
  }
  return has_passed;
}

}  // namespace

std::optional<Loaded> load_unasserted(const std::filesystem::path& config_file, const Secrets& secrets,
                                      const answer::Snapshot* served, Problems& problems) {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  auto config = config::load_config(config_file, problems, today);
  if (!config) return std::nullopt;
  Problems of_zones;
  auto zones = ZoneLoader(*config, served != nullptr ? &served->zones : nullptr, problems, of_zones).load();
  auto database = load_databases(*config, problems);
  FileWatch latency_files(config->latency.files);
  std::optional<steering::Latencies> latencies;
  if (database) latencies = read_latencies(*config, *database, problems);
  const bool is_refused = problems.has_errors() || (config->strict && of_zones.has_errors());
  problems.append(of_zones);
  if (is_refused || !database || !latencies) return std::nullopt;

  try {
    std::vector<health::Target> targets;
    RankingMaps ranking_maps(*config, *database, *latencies, served);
    auto snapshot = make_snapshot(*config, std::move(ranking_maps), std::move(zones), secrets, targets);
    return Loaded{std::move(*config),   std::move(snapshot),   std::move(targets),
                  std::move(*database), std::move(*latencies), std::move(latency_files)};
  } catch (const std::exception& error) {  // more ranges or places than a table holds; no memory
    problems.error(config_file.string(), error.what());
    return std::nullopt;
  }
}

std::optional<Loaded> load(const std::filesystem::path& config_file, const Secrets& secrets,
                           const answer::Snapshot* served, Problems& problems) {
  auto loaded = load_unasserted(config_file, secrets, served, problems);
  if (loaded) {
    warn_of_doubtful_services(loaded->config, loaded->snapshot->services, loaded->database.locations, problems);
  }
  if (!loaded || !keeps_assertions(*loaded, problems)) return std::nullopt;
  return loaded;
}

std::unique_ptr<answer::Snapshot> reload_latencies(Loaded& loaded, const answer::Snapshot& served, Problems& problems) {
  auto latencies = read_latencies(loaded.config, loaded.database, problems);
  if (!latencies) return nullptr;
  try {
    RankingMaps ranking_maps(loaded.config, loaded.database, *latencies, &served);
    auto snapshot = std::make_unique<answer::Snapshot>(served);
    for (std::size_t i = 0; i < snapshot->services.size(); ++i) {
      const steering::ServiceSettings& settings = served.services[i].settings();
      if (!uses_latency(*settings.steering)) continue;
      const config::Service& service = loaded.config.services[i];
      snapshot->services[i] = steering::Service(settings, ranking_maps.find(service.steering, regions_of(service)).map);
    }
    loaded.snapshot = std::move(snapshot);
  } catch (const std::exception& error) {
    problems.error(loaded.config.file.string(), error.what());
    return nullptr;
  }
  const bool is_kept = keeps_assertions(loaded, problems);
  auto snapshot = std::move(loaded.snapshot);
  if (!is_kept) return nullptr;
  snapshot->board = served.board;
  loaded.latencies = std::move(*latencies);
  return snapshot;
}

}  // namespace rhumb::daemon

#include "import/gdnsd.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "base/ip_address.hpp"
#include "import/gdnsd_check.hpp"
#include "import/gdnsd_resource.hpp"
#include "import/gdnsd_zone.hpp"
#include "import/text.hpp"
#include "import/vscf.hpp"

namespace rhumb::importing {
namespace {

constexpr std::string_view kZones = "zones/";
constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint32_t kPayloadMin = 512;
constexpr std::uint32_t kPayloadMax = 4'096;

// Of a process, its sockets and its log: no client sees them.
bool is_internal(std::string_view option) {
  constexpr std::string_view kInternal[] = {"tcp_threads",
                                            "tcp_fastopen",
                                            "tcp_backlog",
                                            "tcp_pad",
                                            "udp_rcvbuf",
                                            "udp_sndbuf",
                                            "zones_rfc1035_threads",
                                            "lock_mem",
                                            "run_dir",
                                            "state_dir",
                                            "zones_strict_data",
                                            "disable_tcp_dso",
                                            "acme_challenge_ttl",
                                            "acme_challenge_dns_ttl",
                                            "disable_text_autosplit",
                                            "tcp_clients_per_thread",
                                            "dns_port",
                                            "zones_default_ttl",
                                            "min_ttl",
                                            "max_ttl",
                                            "max_ncache_ttl",
                                            "username",
                                            "weaker_security",
                                            "priority",
                                            "zones_rfc1035_auto_interval"};
  return std::ranges::find(kInternal, option) != std::end(kInternal);
}

class GdnsdImporter {
 public:
  GdnsdImporter(const SourceFiles& files, const std::filesystem::path& directory, Report& report)
      : files_(files), directory_(directory), report_(report) {}

  Draft read() {
    std::optional<VscfValue> config;
    if (files_.contains("config")) {
      config = parse_vscf(files_, "config", report_);
      if (!config) return std::move(draft_);
    }
    const VscfValue* options = config ? config->find("options") : nullptr;
    read_options(options == nullptr ? VscfValue{.place = "config"} : *options);
    GdnsdChecks checks(config ? config->find("service_types") : nullptr, draft_, report_);
    GdnsdResources resources(config ? config->find("plugins") : nullptr, files_, checks, report_);
    checks_ = &checks;
    resources_ = &resources;
    add_databases();
    read_zones();
    return std::move(draft_);
  }

 private:
  void read_options(const VscfValue& options) {
    draft_.options["listen"] = listen_of(options);
    settings_.default_ttl = number_of(options.find("zones_default_ttl"), settings_.default_ttl, report_);
    settings_.ttl_min = number_of(options.find("min_ttl"), settings_.ttl_min, report_);
    settings_.ttl_max = number_of(options.find("max_ttl"), settings_.ttl_max, report_);
    settings_.negative_ttl_max = number_of(options.find("max_ncache_ttl"), settings_.negative_ttl_max, report_);
    for (const auto& [name, value] : options.members)
      read_option(name, value);
  }

  void read_option(const std::string& name, const VscfValue& value) {
    if (name == "listen" || is_internal(name)) return;
    if (name == "udp_threads") {
      draft_.options["threads"] = std::min(256U, number_of(value, 0, report_));
    } else if (name == "tcp_timeout") {
      draft_.options["tcp"] = {{"idle", fmt::format("{}s", number_of(value, 37, report_))}};
    } else if (name == "chaos_response") {
      draft_.options["version"] = value.text;
      report_.changed(value.place, "chaos_response: is told for version.bind and version.server only");
    } else if (name == "nsid_ascii") {
      draft_.options["identity"] = value.text;
    } else if (name == "nsid") {
      report_.missing(value.place, "nsid: the identity is a text; put it into \"identity\"");
    } else if (name == "max_edns_response" || name == "max_edns_response_v6") {
      const std::uint32_t size = number_of(value, kPayloadMin, report_);
      const std::uint32_t fitting = std::clamp(size, kPayloadMin, kPayloadMax);
      draft_.options["udp_payload"][name.ends_with("v6") ? "ipv6" : "ipv4"] = fitting;
      if (fitting != size) report_.changed(value.place, fmt::format("{}: {} and not {}", name, fitting, size));
    } else if (name == "disable_cookies") {
      draft_.options["cookies"] = {{"enabled", !is_true(&value)}};
    } else if (name == "cookie_key_file") {
      report_.missing(value.place, "cookie_key_file: cookies have another form; put \"secrets\" into \"cookies\"");
    } else if (name == "edns_client_subnet") {
      if (!is_true(&value))
        report_.missing(value.place, "edns_client_subnet: the client's network counts, if the resolver tells it");
    } else if (name == "experimental_no_chain") {
      if (is_true(&value)) report_.changed(value.place, "experimental_no_chain: CNAMEs are followed inside their zone");
    } else {
      report_.missing(value.place, fmt::format("{}: has no counterpart", name));
    }
  }

  Json listen_of(const VscfValue& options) {
    const auto port = static_cast<std::uint16_t>(number_of(options.find("dns_port"), kDnsPort, report_));
    const VscfValue* listen = options.find("listen");
    if (listen == nullptr || (listen->is_text() && listen->text == "any")) {
      return {fmt::format("0.0.0.0:{}", port), fmt::format("[::]:{}", port)};
    }
    std::vector<std::string> texts = listen->texts();
    for (const auto& [text, own] : listen->members) {
      if (is_true(own.find("tcp_proxy"))) {
        report_.missing(own.place, fmt::format("{}: PROXY is not spoken", text));
      } else {
        texts.push_back(text);
      }
    }
    Json endpoints = Json::array();
    for (const std::string& text : texts) {
      const auto address = IpAddress::parse(text);
      const auto endpoint = address ? Endpoint{*address, port} : Endpoint::parse(text).value_or(Endpoint{});
      if (endpoint.port == 0) {
        report_.error(listen->place, fmt::format("\"{}\" is not an address", text));
      } else {
        endpoints.push_back(endpoint.to_string());
      }
    }
    return endpoints;
  }

  void add_databases() {
    for (const auto& [name, map] : resources_->maps()) {
      if (map.database.empty()) continue;
      const auto path = directory_ / "geoip" / map.database;  // as it is, if it is absolute
      std::error_code error;
      const auto file = std::filesystem::canonical(path, error);
      if (error) {
        report_.missing(map.place, fmt::format("map {}: {}: {}; name a database in \"geoip\"", name, path.string(),
                                               error.message()));
      } else if (std::ranges::find(draft_.geoip, file.string()) == draft_.geoip.end()) {
        if (!draft_.geoip.empty()) {
          report_.changed(
              map.place, fmt::format("map {}: all databases count for all maps, {} first", name, draft_.geoip.front()));
        }
        draft_.geoip.push_back(file.string());
      }
    }
  }

  void read_zones() {
    for (const auto& [path, text] : files_) {
      if (!path.starts_with(kZones) || path.find('/', kZones.size()) != std::string::npos) continue;
      std::string name;  // an @ in a file's name stands for a slash
      for (const char c : path.substr(kZones.size()))
        name +=
            c == '@' ? std::string("\\047") : std::string(1, static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
      if (name == "root_zone") name = ".";
      const std::string apex = name.ends_with('.') ? name : name + ".";
      const DynamicRecordUse use = [&](const DynamicRecord& record) { return use_record(record); };
      draft_.zones[without_dot(apex)] = convert_gdnsd_zone(files_, path, apex, settings_, use, report_);
      report_.carried(path, fmt::format("zone {}", without_dot(apex)));
    }
    if (draft_.zones.empty()) report_.error("zones", "there is no zone in this directory");
  }

  // The lines in the zone that stand for the record; nothing when a service does.
  std::string use_record(const DynamicRecord& record) {
    const auto line = [&](std::string_view type, std::string_view data) {
      return fmt::format("{} {} {} {}\n", record.owner, record.ttl_s, type, data);
    };
    if (record.plugin == "null") return line("A", "0.0.0.0") + line("AAAA", "::");
    if (record.plugin == "static") {
      const std::string value = resources_->find_static(record.resource);
      if (const auto address = IpAddress::parse(value)) {
        return line(address->family == Family::v4 ? "A" : "AAAA", address->to_string());
      }
      if (!value.empty()) return line("CNAME", value);
    }
    if (record.plugin == "reflect") {
      report_.missing(record.place,
                      fmt::format("{} is left out: nothing here answers with the client's own address", record.owner));
      return fmt::format("; {} was answered by the plugin reflect\n", record.owner);
    }
    if (const auto resource = resources_->find(record.plugin, record.resource, record.place)) add(record, *resource);
    return {};
  }

  void add(const DynamicRecord& record, const GdnsdResource& resource) {
    DraftService service;
    service.name = without_dot(record.owner);
    service.place = record.place;
    service.ttl_s = record.ttl_s;
    service.ttl_min_s = record.ttl_min_s;
    const auto names = add_regions(resource);
    for (const GdnsdPool& pool : resource.pools) {
      for (DraftInstance instance : pool.instances) {
        instance.region = names.at(pool.name);
        service.instances.push_back(std::move(instance));
      }
    }
    settle_picking(resource, service);
    settle_health(resource, service);
    settle_order(resource, names, service);
    const std::size_t before = draft_.services.size();
    const std::string what =
        fmt::format("{}: service with the answers of {}!{}", service.name, record.plugin, record.resource);
    add_service(draft_, std::move(service), report_);
    if (draft_.services.size() > before) report_.carried(record.place, what);
  }

  // Pool → region.
  std::map<std::string, std::string> add_regions(const GdnsdResource& resource) {
    std::map<std::string, std::string> names;
    for (const GdnsdPool& pool : resource.pools)
      names[pool.name] = draft_.add_region(pool.name, std::nullopt);
    if (resource.map == nullptr) return names;
    for (const auto& [datacenter, pools] : resource.datacenters) {
      const auto place = resource.map->coordinates.find(datacenter);
      if (place == resource.map->coordinates.end()) continue;
      for (const std::string& pool : pools)
        names[pool] = draft_.add_region(pool, place->second);
    }
    return names;
  }

  // How instances are picked is a service's, not a region's.
  void settle_picking(const GdnsdResource& resource, DraftService& service) {
    bool has_weighted = false;
    bool has_all = false;
    for (const GdnsdPool& pool : resource.pools) {
      if (pool.instances.size() < 2) continue;
      has_weighted = has_weighted || pool.is_weighted;
      has_all = has_all || !pool.is_weighted;
      service.answers = std::max(service.answers, pool.answers);
    }
    if (!has_weighted) return;
    service.policy = steering::Policy::weighted;
    if (has_all) {
      report_.changed(service.place,
                      fmt::format("{}: every answer has {} of the addresses, drawn by weight, also where "
                                  "gdnsd gives all",
                                  service.name, service.answers));
    }
  }

  void settle_health(const GdnsdResource& resource, DraftService& service) {
    const auto has_fixed_state = [&](const GdnsdPool& pool) { return checks_->is_always_down(pool.service_types); };
    const GdnsdPool* probed = nullptr;
    for (const GdnsdPool& pool : resource.pools) {
      if (has_fixed_state(pool)) continue;
      if (probed == nullptr) {
        probed = &pool;
      } else if (pool.service_types != probed->service_types) {
        report_.changed(pool.place, fmt::format("{}: {} is probed as {} is, by the same checks", service.name,
                                                pool.name, probed->name));
      }
    }
    if (probed == nullptr) return;
    service.checks = checks_->use(probed->service_types, probed->place);
    if (service.checks.empty()) return;
    if (resource.pools.size() == 1) {
      if (probed->instances.size() > 1) {
        service.panic_percent = static_cast<int>(std::lround(probed->up_threshold * 100));
      }
      if (probed->is_weighted) {
        report_.changed(probed->place,
                        fmt::format("{}: up_thresh is of the number of instances, not of their weights", service.name));
      }
      return;
    }
    for (const GdnsdPool& pool : resource.pools) {
      const auto size = static_cast<double>(pool.instances.size());
      if (std::ceil(pool.up_threshold * size) <= 1) continue;
      report_.changed(pool.place,
                      fmt::format("{}: {} is passed over when nothing in it is healthy, and not already when less "
                                  "than up_thresh is",
                                  service.name, pool.name));
    }
  }

  void settle_order(const GdnsdResource& resource, const std::map<std::string, std::string>& names,
                    DraftService& service) {
    service.families_together = !resource.are_families_apart && !lacks_family(service);
    std::vector<std::string> pools = resource.before;
    if (resource.map == nullptr) {
      if (resource.skips_first && pools.size() > 1) pools.erase(pools.begin());
      service.preference = {resource.is_equal ? steering::Order::equal : steering::Order::listed,
                            regions_of(pools, names)};
      return;
    }
    const GdnsdMap& map = *resource.map;
    service.rules_name = map.name;
    service.preference = preference(map.otherwise, resource, names, service);
    for (const auto& [conditions, list] : map.rules) {
      DraftRule rule = conditions;
      rule.preference = preference(list, resource, names, service);
      service.rules.push_back(std::move(rule));
    }
  }

  // A region without one of two families would be passed over.
  static bool lacks_family(const DraftService& service) {
    std::map<std::string, std::set<bool>> families;
    std::set<bool> all;
    for (const DraftInstance& instance : service.instances) {
      const bool is_v6 = instance.address.find(':') != std::string::npos;
      families[instance.region].insert(is_v6);
      all.insert(is_v6);
    }
    return std::ranges::any_of(families, [&](const auto& region) { return region.second.size() < all.size(); });
  }

  static std::vector<std::string> regions_of(const std::vector<std::string>& pools,
                                             const std::map<std::string, std::string>& names) {
    std::vector<std::string> regions;
    regions.reserve(pools.size());
    for (const std::string& pool : pools)
      regions.push_back(names.at(pool));
    return regions;
  }

  DraftPreference preference(const DatacenterList& list, const GdnsdResource& resource,
                             const std::map<std::string, std::string>& names, const DraftService& service) {
    std::vector<std::string> pools = resource.before;
    std::vector<std::string> datacenters = list.datacenters;
    const GdnsdMap& map = *resource.map;
    if (list.is_auto)
      std::erase_if(datacenters, [&](const std::string& name) { return !map.coordinates.contains(name); });
    if (resource.skips_first && datacenters.size() > 1 && !list.is_auto) datacenters.erase(datacenters.begin());
    for (const std::string& datacenter : datacenters) {
      const auto found = resource.datacenters.find(datacenter);
      if (found != resource.datacenters.end()) pools.insert(pools.end(), found->second.begin(), found->second.end());
    }
    if (list.is_auto) {
      if (resource.skips_first || !resource.before.empty() || !resource.after.empty()) {
        report_.missing(map.place,
                        fmt::format("{}: with auto there is no skip_first, and no datacenter before or after those "
                                    "of the map: clients get the nearest",
                                    service.name));
        pools.erase(pools.begin(), pools.begin() + static_cast<std::ptrdiff_t>(resource.before.size()));
      }
      return {steering::Order::nearest, regions_of(pools, names), map.auto_limit};
    }
    pools.insert(pools.end(), resource.after.begin(), resource.after.end());
    return {steering::Order::listed, regions_of(pools, names)};
  }

  const SourceFiles& files_;
  std::filesystem::path directory_;
  Report& report_;
  Draft draft_;
  GdnsdZoneSettings settings_;
  GdnsdChecks* checks_ = nullptr;
  GdnsdResources* resources_ = nullptr;
};

}  // namespace

Draft import_gdnsd(const SourceFiles& files, const std::filesystem::path& directory, Report& report) {
  return GdnsdImporter(files, directory, report).read();
}

}  // namespace rhumb::importing

#include "config/config.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <climits>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/suggestion.hpp"
#include "config/calculated_check.hpp"
#include "config/check_reader.hpp"
#include "config/control_reader.hpp"
#include "config/json_place.hpp"
#include "config/masked.hpp"
#include "config/query_log_reader.hpp"
#include "config/rule_file.hpp"
#include "config/rule_sets.hpp"
#include "config/steering_reader.hpp"
#include "config/user_reader.hpp"
#include "dns/edns.hpp"
#include "geo/geofeed.hpp"
#include "geo/location.hpp"

namespace rhumb::config {
namespace {

constexpr std::size_t kEndpointsMax = 64;
constexpr std::int64_t kThreadsMax = 256;
constexpr std::int64_t kTtlMax = 604'800;  // a week; RFC 8767 §4 has resolvers cap there
constexpr std::uint32_t kDefaultTtl = 30;
constexpr std::uint32_t kDefaultTtlMin = 5;    // as gdnsd's min_ttl
constexpr std::uint32_t kSettleMinMs = 1'000;  // the server looks every second
constexpr std::uint32_t kSettleMaxMs = 3'600'000;
constexpr std::uint32_t kKeepUsualMs = 24 * 3'600'000;  // times of a network change over a day, and come back
constexpr std::uint32_t kKeepMinMs = 60'000;
constexpr std::uint32_t kKeepMaxMs = 30U * 24 * 3'600'000;
constexpr std::uint32_t kApplyUsualMs = 30'000;  // a city database is ranked anew in a few seconds
constexpr std::size_t kServiceChecksMax = 16;
constexpr std::size_t kVersionMax = 255;  // a string in a TXT record (RFC 1035 §3.3.14)
constexpr std::size_t kSecretsMax = 4;    // the one in use, the one before, the next, and a mistake
constexpr std::int64_t kConnectionsMax = 1'000'000;
constexpr std::uint32_t kTcpTimeMin = 100;  // ms
constexpr std::uint32_t kTcpTimeMax = 86'400'000;
constexpr std::int64_t kSlipMax = 100;
constexpr double kPercentMax = 100;
constexpr std::int64_t kSamplesMax = 1'000'000;
constexpr std::size_t kLatencyFilesMax = 64;  // one a region or a collector; each is looked at every second

// Reads one document; what it collects is complete when no error was reported.
class ConfigReader {
 public:
  ConfigReader(const std::filesystem::path& file, JsonPlace top, Problems& problems, std::chrono::sys_days today)
      : top_(std::move(top)), problems_(problems), today_(today) {
    config_.file = file;
  }

  Config read() {
    top_.has_only({"$schema",     "listen",      "threads",    "zones",      "zone_cache", "strict",
                   "watch_files", "geoip",       "geofeeds",   "identity",   "version",    "udp_payload",
                   "cookies",     "tcp",         "rate_limit", "latency",    "regions",    "checks",
                   "health",      "rule_sets",   "services",   "assertions", "control",    "events",
                   "log",         "geoip_guard", "query_log",  "user",       "sandbox",    "count_countries"});
    if (const auto schema = top_.member("$schema")) (void)schema->text();  // for editors
    read_listen();
    config_.threads = static_cast<unsigned>(integer_or(top_, "threads", 0, 0, kThreadsMax));
    read_paths();
    config_.control = read_control(top_, config_.file);
    read_identity();
    read_payload();
    read_cookies();
    read_tcp();
    read_rate_limit();
    read_latency();
    read_regions();
    read_checks();
    read_health_rules();
    read_rule_sets();
    read_services();
    if (const auto events = top_.member("events")) {
      config_.events = read_events(*events, config_.file.parent_path());
    }
    if (const auto log = top_.member("log")) config_.log = read_log(*log);
    if (const auto query_log = top_.member("query_log")) {
      config_.query_log = read_query_log(*query_log, config_.file.parent_path());
    }
    config_.user = read_user(top_);
    if (const auto sandbox = top_.member("sandbox")) config_.sandbox = sandbox->boolean();
    warn_of_unused();
    return std::move(config_);
  }

 private:
  static std::int64_t integer_or(const JsonPlace& parent, std::string_view key, std::int64_t otherwise,
                                 std::int64_t least, std::int64_t most) {
    const auto place = parent.member(key);
    return place ? place->integer(least, most).value_or(otherwise) : otherwise;
  }

  static std::uint32_t duration_or(const JsonPlace& parent, std::string_view key, std::uint32_t otherwise,
                                   std::uint32_t least, std::uint32_t most) {
    const auto place = parent.member(key);
    return place ? place->duration_ms(least, most).value_or(otherwise) : otherwise;
  }

  template <typename T>
  static T choice_or(const JsonPlace& parent, std::string_view key, T otherwise,
                     std::initializer_list<std::pair<std::string_view, T>> choices) {
    const auto place = parent.member(key);
    return place ? place->choice(choices).value_or(otherwise) : otherwise;
  }

  void read_listen() {
    const auto listen = top_.required("listen");
    if (!listen) return;
    for (const JsonPlace& element : listen->elements()) {
      const auto text = element.text();
      if (!text) continue;
      const auto endpoint = Endpoint::parse(*text);
      if (!endpoint || endpoint->port == 0) {
        element.error(
            fmt::format("\"{}\" is not an address and port such as \"192.0.2.1:53\" or \"[2001:db8::1]:53\"", *text));
      } else if (std::ranges::find(config_.listen, *endpoint) != config_.listen.end()) {
        element.error(fmt::format("{} stands twice", *text));
      } else {
        config_.listen.push_back(*endpoint);
      }
    }
    if (config_.listen.size() > kEndpointsMax) listen->error(fmt::format("more than {} addresses", kEndpointsMax));
    if (listen->elements().empty()) listen->error("must name at least one address and port");
  }

  [[nodiscard]] std::filesystem::path beside_config(const std::string& path) const {
    return (config_.file.parent_path() / path).lexically_normal();
  }

  void read_paths() {
    if (const auto zones = top_.required("zones")) {
      if (const auto path = zones->text()) config_.zones = beside_config(*path);
    }
    if (const auto cache = top_.member("zone_cache")) {
      if (const auto path = cache->text()) config_.zone_cache = beside_config(*path);
    }
    if (const auto assertions = top_.member("assertions")) {
      if (const auto path = assertions->text()) config_.assertions = beside_config(*path);
    }
    if (const auto strict = top_.member("strict")) config_.strict = strict->boolean().value_or(false);
    if (const auto watch = top_.member("watch_files")) {
      const auto settle_ms = watch->duration_ms(kSettleMinMs, kSettleMaxMs);
      if (settle_ms) config_.watch_files = std::chrono::milliseconds(*settle_ms);
    }
    config_.geoip = read_files("geoip", geo::kSourcesMax);
    config_.geofeeds = read_files("geofeeds", geo::kGeofeedsMax);
    if (const auto guard = top_.member("geoip_guard")) read_geoip_guard(*guard);
    if (const auto count = top_.member("count_countries")) config_.counts_countries = count->boolean().value_or(false);
  }

  void read_geoip_guard(const JsonPlace& guard) {
    if (!guard.has_only({"max_moved", "weights", "queries"})) return;
    if (const auto max_moved = guard.member("max_moved")) {
      if (const auto percent = max_moved->number(0, kPercentMax))
        config_.geoip_guard.moved_max = *percent / kPercentMax;
    }
    const auto weights = guard.member("weights");
    const auto queries = guard.member("queries");
    if (weights && queries) return guard.error("\"weights\" and \"queries\" do not go together");
    config_.geoip_guard.clients = {file_or_none(weights), file_or_none(queries)};
  }

  [[nodiscard]] std::filesystem::path file_or_none(const std::optional<JsonPlace>& place) const {
    const auto path = place ? place->text() : std::nullopt;
    return path ? beside_config(*path) : std::filesystem::path();
  }

  [[nodiscard]] std::vector<std::filesystem::path> read_files(std::string_view key, std::size_t most) const {
    std::vector<std::filesystem::path> files;
    const auto place = top_.member(key);
    if (!place) return files;
    for (const JsonPlace& element : place->elements()) {
      if (const auto path = element.text()) files.push_back(beside_config(*path));
    }
    if (files.size() > most) place->error(fmt::format("more than {} files", most));
    return files;
  }

  void read_identity() {
    config_.settings.identity = text_or(top_, "identity", host_name(), dns::kNsidMax);
    config_.settings.version = text_or(top_, "version", "", kVersionMax);
  }

  static std::string text_or(const JsonPlace& parent, std::string_view key, const std::string& otherwise,
                             std::size_t most) {
    const auto place = parent.member(key);
    const auto text = place ? place->text() : std::nullopt;
    if (text && text->size() > most) place->error(fmt::format("longer than {} octets", most));
    return text.value_or(otherwise);
  }

  static std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return std::string(name.data()).substr(0, dns::kNsidMax);
  }

  void read_payload() {
    const auto place = top_.member("udp_payload");
    if (!place || !place->has_only({"ipv4", "ipv6"})) return;
    const auto read = [&](std::string_view key) {
      return static_cast<std::uint16_t>(
          integer_or(*place, key, dns::kUdpPayloadDefault, dns::kUdpPayloadMin, dns::kUdpPayloadMax));
    };
    config_.settings.payload_v4 = read("ipv4");
    config_.settings.payload_v6 = read("ipv6");
  }

  void read_cookies() {
    config_.has_own_cookies = true;
    const auto place = top_.member("cookies");
    if (!place || !place->has_only({"enabled", "secrets"})) return;
    const auto enabled = place->member("enabled");
    const bool is_enabled = !enabled || enabled->boolean().value_or(true);
    std::vector<SipKey> secrets;
    if (const auto texts = place->member("secrets")) {
      for (const JsonPlace& element : texts->elements()) {
        if (const auto secret = read_secret(element)) secrets.push_back(*secret);
      }
      if (secrets.size() > kSecretsMax) texts->error(fmt::format("more than {} secrets", kSecretsMax));
    }
    config_.has_own_cookies = is_enabled && secrets.empty();
    if (is_enabled && !secrets.empty()) config_.settings.cookies = dns::CookieSecrets(std::move(secrets));
  }

  static std::optional<SipKey> read_secret(const JsonPlace& place) {
    const auto text = place.text();
    if (!text) return std::nullopt;
    SipKey secret{};
    const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    if (text->size() != 2 * secret.size() || !std::ranges::all_of(*text, is_hex)) {
      place.error(fmt::format("a secret is {} hexadecimal digits", 2 * secret.size()));
      return std::nullopt;
    }
    for (std::size_t i = 0; i < secret.size(); ++i)
      secret[i] = static_cast<std::uint8_t>(std::stoul(text->substr(2 * i, 2), nullptr, 16));
    return secret;
  }

  void read_tcp() {
    const auto place = top_.member("tcp");
    if (!place || !place->has_only({"connections", "connections_per_network", "idle", "lifetime"})) return;
    const auto count_or = [&](std::string_view key, std::size_t otherwise) {
      return static_cast<std::size_t>(
          integer_or(*place, key, static_cast<std::int64_t>(otherwise), 1, kConnectionsMax));
    };
    const auto time_or = [&](std::string_view key, std::chrono::milliseconds otherwise) {
      return std::chrono::milliseconds(
          duration_or(*place, key, static_cast<std::uint32_t>(otherwise.count()), kTcpTimeMin, kTcpTimeMax));
    };
    transport::TcpLimits& tcp = config_.tcp;
    tcp.connections = count_or("connections", tcp.connections);
    tcp.connections_per_network = count_or("connections_per_network", tcp.connections_per_network);
    tcp.idle = time_or("idle", tcp.idle);
    tcp.lifetime = time_or("lifetime", tcp.lifetime);
    config_.settings.tcp_idle = tcp.idle;
  }

  void read_rate_limit() {
    const auto place = top_.member("rate_limit");
    if (!place ||
        !place->has_only({"responses_per_second", "slip", "log_only", "ipv4_prefix_length", "ipv6_prefix_length"}))
      return;
    transport::RateLimits& limits = config_.rate_limit;
    limits.responses_per_second = static_cast<std::uint32_t>(
        integer_or(*place, "responses_per_second", 0, 0, transport::RateLimits::kResponsesMax));
    limits.slip = static_cast<std::uint32_t>(integer_or(*place, "slip", limits.slip, 0, kSlipMax));
    if (const auto log_only = place->member("log_only")) limits.log_only = log_only->boolean().value_or(false);
    limits.v4_bits = static_cast<std::uint8_t>(integer_or(*place, "ipv4_prefix_length", limits.v4_bits, 1, kBitsV4));
    limits.v6_bits = static_cast<std::uint8_t>(integer_or(*place, "ipv6_prefix_length", limits.v6_bits, 1, kBitsV6));
  }

  void read_latency() {
    const auto place = top_.member("latency");
    if (!place || !place->has_only({"files", "samples", "min_samples"})) return;
    config_.latency.samples_min =
        static_cast<std::uint32_t>(integer_or(*place, "min_samples", steering::kLatencySamplesUsual, 1, kSamplesMax));
    if (const auto samples = place->member("samples")) read_latency_samples(*samples);
    const auto files = place->member("files");
    if (!files && !place->member("samples")) place->error("needs \"files\", or \"samples\", or both");
    if (!files) return;
    for (const JsonPlace& element : files->elements()) {
      if (const auto path = element.text()) config_.latency.files.push_back(beside_config(*path));
    }
    if (config_.latency.files.size() > kLatencyFilesMax) files->error(fmt::format("more than {}", kLatencyFilesMax));
  }

  void read_latency_samples(const JsonPlace& place) {
    if (!place.has_only({"file", "keep", "settle"})) return;
    const auto file = place.required("file");
    const auto path = file ? file->text() : std::nullopt;
    if (!path) return;
    if (path->empty()) return file->error("must be the path of a file");
    const std::chrono::milliseconds keep(duration_or(place, "keep", kKeepUsualMs, kKeepMinMs, kKeepMaxMs));
    const std::chrono::milliseconds settle(duration_or(place, "settle", kApplyUsualMs, kSettleMinMs, kSettleMaxMs));
    config_.latency.samples = LatencySamples{beside_config(*path), keep, settle};
  }

  void read_regions() {
    const auto regions = top_.member("regions");
    if (!regions) return;
    for (const auto& [name, place] : regions->members()) {
      config_.regions.push_back({name, {}, 0});
      region_places_.push_back(place);
      if (name.empty()) place.error("a region needs a name");
      place.has_only({"coordinates", "capacity"});
      config_.regions.back().capacity =
          static_cast<std::uint32_t>(integer_or(place, "capacity", 0, 1, steering::kCapacityMax));
      const auto coordinates = place.required("coordinates");
      if (coordinates) read_coordinates(*coordinates, config_.regions.back().coordinates);
    }
    if (config_.regions.size() > steering::kRegionsMax) {
      regions->error(fmt::format("more than {} regions", steering::kRegionsMax));
    }
  }

  static void read_coordinates(const JsonPlace& place, geo::Coordinates& coordinates) {
    const auto elements = place.elements();
    if (elements.size() != 2) return place.error("must be [latitude, longitude] in degrees, such as [53.35, -6.26]");
    coordinates.latitude = elements[0].number(-90, 90).value_or(0);
    coordinates.longitude = elements[1].number(-180, 180).value_or(0);
  }

  void read_checks() {
    const auto checks = top_.member("checks");
    if (!checks) return;
    for (const auto& [name, place] : checks->members()) {
      check_names_.push_back(name);
      check_places_.push_back(place);
    }
    const auto conditions = read_conditions(check_places_, check_names_);
    for (std::size_t i = 0; i < check_names_.size(); ++i) {
      const JsonPlace& place = check_places_[i];
      config_.checks.push_back(
          {check_names_[i], is_calculated(place) ? health::Check{} : read_check(place, config_.file.parent_path()),
           conditions[i].value_or(health::Condition{health::Condition::Kind::probe, static_cast<std::uint32_t>(i)})});
    }
  }

  void read_health_rules() {
    const auto place = top_.member("health");
    if (!place) return;
    config_.health = read_health(*place, check_names_, config_.file.parent_path());
    for (const Canary& canary : config_.health.canaries) {
      use_check(canary.check);
      if (config_.checks[canary.check].is_calculated()) place->error("a canary needs a check that probes");
    }
  }

  // With those that it is calculated from.
  void use_check(std::size_t check) {
    used_checks_.insert(check);
    use_parts(config_.checks[check].condition);
  }
  void use_parts(const health::Condition& condition) {
    if (condition.kind == health::Condition::Kind::probe) used_checks_.insert(condition.probe);
    for (const health::Condition& part : condition.parts)
      use_parts(part);
  }

  void read_rule_sets() {
    const auto sets = top_.member("rule_sets");
    if (!sets) return;
    for (const auto& [name, place] : sets->members())
      rule_sets_.add(
          place.is_object() ? read_rules_of_file(name, place) : read_rule_set(name, place, config_.regions, today_),
          place);
  }

  // {"file": "partners.csv"}
  [[nodiscard]] steering::RuleSet read_rules_of_file(const std::string& name, const JsonPlace& place) {
    place.has_only({"file", "comment"});
    if (const auto comment = place.member("comment")) (void)comment->text();
    const auto file = place.required("file");
    const auto path = file ? file->text() : std::nullopt;
    if (!path) return {name, {}};
    const std::filesystem::path rule_file = beside_config(*path);
    file->note_file(rule_file);
    return read_rule_file(name, rule_file, config_.regions, problems_);
  }

  void read_services() {
    const auto services = top_.member("services");
    if (!services) return;
    std::set<dns::Name> names;
    for (const auto& [text, place] : services->members()) {
      const auto name = dns::Name::from_text(text);
      if (!name) {
        place.error(fmt::format("\"{}\" is not a domain name", text));
      } else if (!names.insert(*name).second) {
        place.error("another service has the same name; case does not matter in names");
      }
      Service service = read_service(place, name.value_or(dns::Name()));
      if (!has_targets(service)) {
        warn_of_family_gaps(place, service);
        warn_of_idle_last_resort(place, service);
      }
      config_.services.push_back(std::move(service));
    }
  }

  Service read_service(const JsonPlace& place, const dns::Name& name) {
    place.has_only({"ttl", "ttl_min", "check", "checks", "health", "steering", "instances"});
    Service service{};
    service.name = name;
    service.place = place.place();
    service.ttl_s = static_cast<std::uint32_t>(integer_or(place, "ttl", kDefaultTtl, 0, kTtlMax));
    service.ttl_min_s = std::min(kDefaultTtlMin, service.ttl_s);
    if (const auto ttl_min = place.member("ttl_min")) {
      const auto least = static_cast<std::uint32_t>(ttl_min->integer(0, kTtlMax).value_or(0));
      if (least > service.ttl_s) {
        ttl_min->warning(fmt::format("is more than the ttl, {}, which is kept to", service.ttl_s));
      }
      service.ttl_min_s = std::min(least, service.ttl_s);
    }
    service.checks = read_service_checks(place);
    const auto health = place.member("health");
    service.health = health ? read_service_health(*health, config_.health.service) : config_.health.service;
    if (const auto instances = place.required("instances")) read_instances(*instances, service);
    service.steering =
        read_steering(place.member("steering"), config_.regions, regions_of(service), today_, rule_sets_);
    if (has_targets(service)) settle_alias(place, service);
    warn_of_impossible_rules(place, service);
    return service;
  }

  // A name has one CNAME at the most (RFC 2181 §10.1), and a CNAME is for both families.
  static void settle_alias(const JsonPlace& place, Service& service) {
    const auto steering = place.member("steering");
    const auto answers = steering ? steering->member("answers") : std::nullopt;
    const auto families = steering ? steering->member("families") : std::nullopt;
    if (answers && service.steering.answers != 1) answers->error("must be 1 where instances have a \"target\"");
    if (families && !service.steering.families_together) {
      families->error("is only for instances that have an \"address\": a target has no family");
    }
    service.steering.answers = 1;
  }

  // "check": NAME, or "checks": [NAME, …].
  std::vector<std::size_t> read_service_checks(const JsonPlace& place) {
    std::vector<std::size_t> checks;
    const auto one = place.member("check");
    const auto several = place.member("checks");
    if (one && several) several->error("\"check\" is there too; put all of them into one list");
    const auto add = [&](const JsonPlace& name) {
      const auto check = find_check(name, check_names_);
      if (!check) return;
      if (std::ranges::find(checks, *check) != checks.end()) return name.error("stands twice");
      use_check(*check);
      checks.push_back(*check);
    };
    if (one) add(*one);
    if (several) {
      const auto elements = several->elements();
      if (elements.empty()) several->error("must name at least one check");
      if (elements.size() > kServiceChecksMax) several->error(fmt::format("more than {}", kServiceChecksMax));
      for (const JsonPlace& element : elements)
        add(element);
    }
    return checks;
  }

  static void warn_of_impossible_rules(const JsonPlace& place, const Service& service) {
    const std::size_t regions = regions_of(service).size();
    if (service.health.regions_min > regions) {
      place.warning(fmt::format("min_regions is {}, and the service has {}: all of them are always served",
                                service.health.regions_min, regions));
    }
  }

  void read_instances(const JsonPlace& place, Service& service) {
    std::map<std::pair<std::size_t, Family>, std::size_t> pool_sizes;
    const auto elements = place.elements();
    for (const JsonPlace& element : elements) {
      const auto instance = read_instance(element, service);
      if (!instance) continue;
      if (!service.instances.empty() && instance->target.has_value() != has_targets(service)) {
        element.error(instance->target
                          ? "has a target, and those before it have addresses: one service cannot have both"
                          : "has an address, and those before it have targets: one service cannot have both");
        continue;
      }
      const auto same = [&](const Instance& other) {
        return other.address == instance->address && other.target == instance->target;
      };
      if (std::ranges::any_of(service.instances, same)) {
        element.error(fmt::format("{} stands twice in this service",
                                  instance->target ? instance->target->to_text() : instance->address.to_string()));
        continue;
      }
      if (++pool_sizes[{instance->region, instance->address.family}] == steering::kPoolMax + 1) {
        element.error(fmt::format("more than {} instances{} in region \"{}\"", steering::kPoolMax,
                                  instance->target ? "" : " of one family", config_.regions[instance->region].name));
      }
      used_regions_.insert(instance->region);
      service.instances.push_back(*instance);
    }
    if (elements.empty()) place.error("a service needs at least one instance");
  }

  std::optional<Instance> read_instance(const JsonPlace& place, const Service& service) {
    if (!place.has_only({"region", "address", "target", "check_address", "weight"})) return std::nullopt;
    const auto region_place = place.required("region");
    const auto region = region_place ? read_region_name(*region_place, config_.regions) : std::nullopt;
    const auto weight = integer_or(place, "weight", 1, 0, std::numeric_limits<steering::Weight>::max());
    const auto address_place = place.member("address");
    const auto target_place = place.member("target");
    if (address_place.has_value() == target_place.has_value()) {
      place.error(target_place ? "has an \"address\" and a \"target\"; remove one of them"
                               : "\"address\" is missing, or \"target\", the name of a host elsewhere");
      return std::nullopt;
    }
    Instance instance{region.value_or(0), {}, static_cast<steering::Weight>(weight)};
    bool is_whole = region.has_value();
    if (const auto check_address = place.member("check_address")) {
      instance.check_address = read_check_address(*check_address, service, target_place.has_value());
    }
    if (target_place) {
      instance.target = read_target(*target_place, service.name);
      is_whole = is_whole && instance.target;
    } else {
      const auto address = address_place->address();
      instance.address = address.value_or(IpAddress{});
      is_whole = is_whole && address;
    }
    return is_whole ? std::optional(std::move(instance)) : std::nullopt;
  }

  static std::optional<dns::Name> read_target(const JsonPlace& place, const dns::Name& service) {
    const auto text = place.text();
    if (!text) return std::nullopt;
    auto name = dns::Name::from_text(*text);
    if (IpAddress::parse(*text)) {
      place.error(fmt::format("\"{}\" is an address; meant \"address\"?", *text));
    } else if (!name || name->is_root() || name->is_wildcard()) {
      place.error(fmt::format("\"{}\" is not the name of a host such as \"lb.example.net\"", *text));
    } else if (*name == service) {
      place.error("is the name of the service itself");
    } else {
      return name;
    }
    return std::nullopt;
  }

  static std::optional<IpAddress> read_check_address(const JsonPlace& place, const Service& service, bool has_target) {
    if (!has_target) place.error("is only for an instance with a \"target\": an \"address\" is probed itself");
    if (service.checks.empty()) place.warning("the service has no \"check\", so nothing is probed there");
    return place.address();
  }

  static std::set<std::size_t> regions_of(const Service& service) {
    std::set<std::size_t> regions;
    for (const Instance& instance : service.instances)
      regions.insert(instance.region);
    return regions;
  }

  // A region with one of two families is passed over, or splits a client's traffic over two regions.
  void warn_of_family_gaps(const JsonPlace& place, const Service& service) {
    std::map<std::size_t, std::set<Family>> families;
    std::set<Family> all;
    for (const Instance& instance : service.instances) {
      families[instance.region].insert(instance.address.family);
      all.insert(instance.address.family);
    }
    const auto is_whole = [](const auto& region) { return region.second.size() == 2; };
    const bool has_both = std::ranges::any_of(families, is_whole);
    for (const auto& [region, has] : families) {
      if (has.size() == all.size()) continue;
      const bool lacks_v6 = !has.contains(Family::v6);
      const bool is_passed_over = service.steering.families_together && has_both;
      place.warning(fmt::format("region \"{}\" has {} but no {} instances, which other regions have{}",
                                config_.regions[region].name, lacks_v6 ? "IPv4" : "IPv6", lacks_v6 ? "IPv6" : "IPv4",
                                is_passed_over ? ": it is used only while none that has both is healthy; \"families\": "
                                                 "\"independent\" changes that"
                                               : ""));
    }
  }

  // A family that the service does not have is never answered, whatever is down.
  static void warn_of_idle_last_resort(const JsonPlace& place, const Service& service) {
    for (const Family family : {Family::v4, Family::v6}) {
      const auto is_of_family = [&](IpAddress address) { return address.family == family; };
      if (!std::ranges::any_of(service.steering.last_resort, is_of_family)) continue;
      if (std::ranges::any_of(service.instances, is_of_family, &Instance::address)) continue;
      const std::string_view text = family == Family::v4 ? "IPv4" : "IPv6";
      place.member("steering")
          ->member("when_all_down")
          ->warning(fmt::format("the service has no {0} instance, so its {0} addresses here are never answered", text));
    }
  }

  void warn_of_unused() {
    for (std::size_t i = 0; i < config_.regions.size(); ++i) {
      if (!used_regions_.contains(i)) region_places_[i].warning("no service has an instance in this region");
    }
    for (std::size_t i = 0; i < config_.checks.size(); ++i) {
      if (!used_checks_.contains(i)) check_places_[i].warning("no service uses this check");
    }
    if (top_.member("control") && !config_.health.state_file) {
      top_.member("control")->warning(
          "what operators say is forgotten at a restart: \"health\" has no \"state_file\" to keep it in");
    }
    rule_sets_.warn_of_unused();
    const auto is_by_latency = [](const Service& service) { return uses_latency(service.steering.steering); };
    const auto is_nearest = [](const Service& service) {
      return service.steering.steering.preference.order == steering::Order::nearest;
    };
    const bool knows_places = !config_.geoip.empty() || !config_.geofeeds.empty();
    if (!knows_places && std::ranges::any_of(config_.services, is_nearest)) {
      top_.warning("no \"geoip\" database: order \"nearest\" gives every client the regions in their configured order");
    }
    if (!is_measured(config_) && std::ranges::any_of(config_.services, is_by_latency)) {
      top_.warning("no \"latency\" files: order \"latency\" gives every client the nearest region");
    }
  }

  JsonPlace top_;
  Problems& problems_;
  std::chrono::sys_days today_;
  Config config_{};
  RuleSets rule_sets_;
  std::vector<JsonPlace> region_places_;
  std::vector<std::string> check_names_;
  std::vector<JsonPlace> check_places_;
  std::set<std::size_t> used_regions_;
  std::set<std::size_t> used_checks_;
};

}  // namespace

std::optional<Config> load_config(const std::filesystem::path& file, Problems& problems, std::chrono::sys_days today) {
  const std::size_t errors_before = problems.error_count();
  auto text = read_json_file(file, problems);
  const auto document = text ? parse_json(*text, file, problems) : std::nullopt;
  if (!document) return std::nullopt;
  std::vector<std::filesystem::path> named_files;
  Config config = ConfigReader(file, JsonPlace(*document, file, problems, &named_files), problems, today).read();
  config.named_files = std::move(named_files);
  if (problems.error_count() > errors_before) return std::nullopt;
  config.text = std::move(*text);
  config.document = masked(*document);
  return config;
}

}  // namespace rhumb::config

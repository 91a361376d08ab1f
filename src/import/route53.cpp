#include "import/route53.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "base/ip_address.hpp"
#include "import/geo_rule.hpp"
#include "import/places.hpp"
#include "import/text.hpp"

namespace rhumb::importing {
namespace {

using Policy = Route53Records::Policy;

constexpr std::size_t kAliasChainMax = 8;
constexpr std::size_t kMultivalueAnswers = 8;
// Route 53 looks so far into a body, and waits so long: 4 s for a connection, 2 s for the response.
constexpr std::uint32_t kBodyLimit = 5'120;
constexpr std::uint32_t kTimeoutS = 6;
constexpr std::uint32_t kTtlMin = 5;  // Rhumb's own; an answer that may soon change is not kept for longer
// Of what leads to a service of AWS; Route 53 does not tell it.
constexpr std::uint32_t kAliasTtl = 60;

bool is_steerable(std::string_view type) {
  return type == "A" || type == "AAAA" || type == "CNAME";
}

// A record set, with the values of what it is an alias of.
struct Branch {
  const Route53Records* records;
  std::vector<std::string> values;
  std::uint32_t ttl_s = 0;
  std::string health_check = {};
};

class Route53Importer {
 public:
  Route53Importer(const std::vector<Route53HealthCheck>& health_checks, Report& report)
      : health_checks_(health_checks), report_(report) {}

  Draft read(const std::vector<Route53Records>& all) {
    draft_.options["listen"] = {"0.0.0.0:53", "[::]:53"};
    for (const Route53Records& records : all) {
      by_name_[records.name][records.type].push_back(&records);
      if (records.type == "SOA") draft_.zones[without_dot(records.name)] = "";
    }
    if (draft_.zones.empty())
      report_.error(all.empty() ? "records" : all.front().place, "there is no SOA record: no zone begins here");
    for (const auto& [name, types] : by_name_)
      add_name(name, types);
    return std::move(draft_);
  }

 private:
  using Sets = std::vector<const Route53Records*>;
  using Types = std::map<std::string, Sets>;

  void add_name(const std::string& name, const Types& types) {
    bool is_steered = false;
    for (const auto& [type, sets] : types)
      is_steered = is_steered || (is_steerable(type) && is_routed(sets, 0));
    if (is_steered) add_steered(name, types);
    for (const auto& [type, sets] : types) {
      if (!(is_steered && is_steerable(type))) add_static(name, type, sets);
    }
  }

  // Whether the answer depends on anything: by the sets' own policy, or by that of what they are an alias of.
  [[nodiscard]] bool is_routed(const Sets& sets, std::size_t depth) const {
    if (sets.front()->policy != Policy::simple || !sets.front()->health_check.empty()) return true;
    const Sets* target = find(sets.front()->alias, sets.front()->type);
    return target != nullptr && depth < kAliasChainMax && is_routed(*target, depth + 1);
  }

  [[nodiscard]] const Sets* find(const std::string& name, const std::string& type) const {
    const auto types = by_name_.find(name);
    if (types == by_name_.end()) return nullptr;
    const auto sets = types->second.find(type);
    return sets == types->second.end() ? nullptr : &sets->second;
  }

  // The values of a set, or of what it is an alias of. Nothing, and a note, when they are not known here.
  [[nodiscard]] std::optional<Branch> resolve(const Route53Records& records) {
    Branch branch{&records, records.values, records.ttl_s, records.health_check};
    const Route53Records* at = &records;
    for (std::size_t depth = 0; !at->alias.empty(); ++depth) {
      const Sets* target = find(at->alias, at->type);
      if (target == nullptr || depth == kAliasChainMax) {
        report_.missing(records.place,
                        fmt::format("{} {} is an alias of {}, which is not among the records, and is left out",
                                    without_dot(records.name), records.type, without_dot(at->alias)));
        return std::nullopt;
      }
      if (target->size() > 1) {
        report_.missing(records.place,
                        fmt::format("{} {} is an alias of {}, which is steered itself: of its record sets only "
                                    "the first is used here",
                                    without_dot(records.name), records.type, without_dot(at->alias)));
      }
      at = target->front();
      branch.values = at->values;
      branch.ttl_s = at->ttl_s;
      if (branch.health_check.empty()) branch.health_check = at->health_check;
    }
    return branch;
  }

  [[nodiscard]] std::string* zone_of(const std::string& name) {
    std::string* zone = nullptr;
    std::size_t longest = 0;
    for (auto& [apex, text] : draft_.zones) {
      const std::string dotted = apex == "." ? "." : apex + ".";
      const bool is_in = name == dotted || name.ends_with("." + dotted) || dotted == ".";
      if (!is_in || dotted.size() < longest) continue;
      longest = dotted.size();
      zone = &text;
    }
    return zone;
  }

  void add_static(const std::string& name, const std::string& type, const Sets& sets) {
    std::string* zone = zone_of(name);
    if (zone == nullptr)
      return report_.missing(sets.front()->place, fmt::format("{} lies in no zone that has an SOA record", name));
    // Of several the one that most clients get.
    const auto* chosen = *std::ranges::max_element(sets, {}, [](const Route53Records* set) { return set->weight; });
    if (sets.size() > 1) {
      report_.missing(chosen->place, fmt::format("{} {} is not steered: all clients get the record set \"{}\"",
                                                 without_dot(name), type, chosen->identifier));
    }
    const auto branch = resolve(*chosen);
    if (!branch) return;
    std::string lines;
    for (const std::string& value : branch->values)
      lines += fmt::format("{} {} {} {}\n", name, branch->ttl_s, type, value);
    if (type == "SOA") {
      *zone = lines + *zone;
    } else {
      *zone += lines;
    }
    report_.carried(chosen->place, fmt::format("{} {}", without_dot(name), type));
  }

  // An alias of a steered name is steered as that is.
  [[nodiscard]] const Sets& steered_sets(const Sets& sets) const {
    const Sets* at = &sets;
    for (std::size_t depth = 0; depth < kAliasChainMax && at->size() == 1 && at->front()->policy == Policy::simple;
         ++depth) {
      const Sets* target = find(at->front()->alias, at->front()->type);
      if (target == nullptr) break;
      at = target;
    }
    return *at;
  }

  void add_steered(const std::string& name, const Types& types) {
    DraftService service;
    service.name = without_dot(name);
    service.place = types.begin()->second.front()->place;
    std::optional<Policy> policy;
    std::vector<Branch> branches;
    for (const auto& [type, sets] : types) {
      if (!is_steerable(type)) continue;
      const Sets& steered = steered_sets(sets);
      if (policy && *policy != steered.front()->policy) {
        report_.missing(
            sets.front()->place,
            fmt::format("{} {} is left out: it is steered in another way than the other family", service.name, type));
        continue;
      }
      policy = steered.front()->policy;
      for (const Route53Records* set : steered) {
        if (auto branch = resolve(*set)) branches.push_back(std::move(*branch));
      }
    }
    if (branches.empty())
      return report_.missing(service.place, fmt::format("{} has nothing that could be carried over", service.name));
    service.families_together = false;  // each family has record sets of its own
    service.ttl_s = branches.front().ttl_s == 0 ? kAliasTtl : branches.front().ttl_s;
    for (const Branch& branch : branches) {
      if (branch.ttl_s > 0) service.ttl_s = std::min(service.ttl_s, branch.ttl_s);
    }
    service.ttl_min_s = std::min(kTtlMin, service.ttl_s);
    add_branches(*policy, branches, service);
    add_checks(branches, service);
    const std::string carried = fmt::format("{}: service with {} record sets", service.name, branches.size());
    const std::string place = service.place;
    const std::size_t before = draft_.services.size();
    add_service(draft_, std::move(service), report_);
    if (draft_.services.size() > before) report_.carried(place, carried);
  }

  void add_branches(Policy policy, const std::vector<Branch>& branches, DraftService& service) {
    switch (policy) {
      case Policy::simple:
      case Policy::multivalue:
        add_all("all", branches, service);
        service.answers = policy == Policy::multivalue ? kMultivalueAnswers : 0;
        return;
      case Policy::weighted:
        return add_weighted(branches, service);
      case Policy::latency:
      case Policy::geoproximity:
        return add_by_place(policy, branches, service);
      case Policy::geolocation:
        return add_by_geolocation(branches, service);
      case Policy::failover:
        return add_failover(branches, service);
      case Policy::cidr:
        report_.missing(service.place,
                        fmt::format("{}: the networks of a CIDR collection are not in the records: all clients are "
                                    "sent to \"{}\"; write rules with \"networks\"",
                                    service.name, branches.front().records->identifier));
        return add_all("all", {branches.front()}, service);
    }
  }

  void add_instances(const std::string& region, const Branch& branch, std::uint32_t weight, DraftService& service) {
    for (const std::string& value : branch.values) {
      DraftInstance instance{.region = region};
      if (branch.records->type == "CNAME") {
        instance.target = value;
        instance.check_address = check_address(branch);
      } else {
        const auto address = IpAddress::parse(value);
        if (!address) {
          report_.error(branch.records->place, fmt::format("\"{}\" is not an address", value));
          continue;
        }
        instance.address = address->to_string();
      }
      instance.weight = weight;
      service.instances.push_back(std::move(instance));
    }
    service.preference.regions.push_back(region);
  }

  void add_all(const std::string& name, const std::vector<Branch>& branches, DraftService& service) {
    const std::string region = draft_.add_region(name, std::nullopt);
    for (const Branch& branch : branches)
      add_instances(region, branch, 1, service);
  }

  // Route 53 draws a record set, and answers with all that it has: a region. With one value each, they need only one.
  void add_weighted(const std::vector<Branch>& branches, DraftService& service) {
    const bool has_zero_only = std::ranges::all_of(branches, [](const Branch& b) { return b.records->weight == 0; });
    const bool is_single = std::ranges::all_of(branches, [](const Branch& b) { return b.values.size() == 1; });
    const auto weight_of = [&](const Branch& b) { return has_zero_only ? 1 : b.records->weight; };
    if (is_single) {
      const std::string region = draft_.add_region("all", std::nullopt);
      for (const Branch& branch : branches)
        add_instances(region, branch, weight_of(branch), service);
      service.policy = steering::Policy::weighted;
      service.answers = 1;
      return;
    }
    std::uint64_t common = 1;  // a weight that can be shared evenly among the values of each set
    for (const Branch& branch : branches)
      common = std::min<std::uint64_t>(std::lcm(common, branch.values.size()), 1'000'000);
    for (const Branch& branch : branches) {
      const std::uint64_t share = weight_of(branch) * common / std::max<std::size_t>(branch.values.size(), 1);
      add_instances(draft_.add_region(branch.records->identifier, std::nullopt), branch,
                    static_cast<std::uint32_t>(share), service);
    }
    service.preference.order = steering::Order::equal;
  }

  void add_by_place(Policy policy, const std::vector<Branch>& branches, DraftService& service) {
    service.preference.order = steering::Order::nearest;
    for (const Branch& branch : branches) {
      const Route53Records& records = *branch.records;
      const auto place = records.coordinates ? records.coordinates : place_of_aws_region(records.region);
      if (!place) {
        report_.missing(records.place, fmt::format("{}: nothing is known of where \"{}\" is; correct its coordinates",
                                                   service.name, records.region));
      }
      const std::string name = records.region.empty() ? records.identifier : records.region;
      const std::string region = draft_.add_region(name, place);
      add_instances(region, branch, 1, service);
      if (records.bias != 0) service.preference.biases[region] = records.bias;
    }
    report_.changed(
        service.place,
        policy == Policy::latency
            ? fmt::format("{}: by distance and not by latency; with files of measured times, \"order\": \"latency\"",
                          service.name)
            : fmt::format("{}: geoproximity is by distance, with the bias as a share of it", service.name));
  }

  void add_by_geolocation(const std::vector<Branch>& branches, DraftService& service) {
    std::vector<GeoTarget> targets;
    for (const Branch& branch : branches) {
      const std::string& location = branch.records->location;
      const auto kind = location == "*"                           ? GeoTarget::Kind::everybody
                        : branch.records->is_continent            ? GeoTarget::Kind::continent
                        : location.find('-') != std::string::npos ? GeoTarget::Kind::subdivision
                                                                  : GeoTarget::Kind::country;
      const std::string region = draft_.add_region(kind == GeoTarget::Kind::everybody ? "default"
                                                   : branch.records->is_continent     ? "continent-" + location
                                                                                      : location,
                                                   std::nullopt);
      add_instances(region, branch, 1, service);
      const auto same = [&](const GeoTarget& target) { return target.region == region; };
      if (std::ranges::none_of(targets, same)) targets.push_back({kind, location, region});
    }
    service.rules = to_rules(targets);
    const auto is_default = [](const GeoTarget& target) { return target.kind == GeoTarget::Kind::everybody; };
    if (std::ranges::any_of(targets, is_default)) {
      service.preference.regions = {"default"};
    } else {
      service.rules.push_back(rule_for_everybody_else());
    }
  }

  void add_failover(const std::vector<Branch>& branches, DraftService& service) {
    for (const bool is_primary : {true, false}) {
      const std::string region = draft_.add_region(is_primary ? "primary" : "secondary", std::nullopt);
      for (const Branch& branch : branches) {
        if (branch.records->is_primary == is_primary) add_instances(region, branch, 1, service);
      }
    }
  }

  [[nodiscard]] const Route53HealthCheck* health_check(const std::string& id) const {
    const auto found = std::ranges::find(health_checks_, id, &Route53HealthCheck::id);
    return found == health_checks_.end() ? nullptr : &*found;
  }
  [[nodiscard]] std::string check_address(const Branch& branch) const {
    const Route53HealthCheck* check = health_check(branch.health_check);
    return check == nullptr ? "" : check->address;
  }

  // A check is a service's, and probes each instance at its own address; in Route 53 each record set has its own.
  void add_checks(const std::vector<Branch>& branches, DraftService& service) {
    std::string settings;
    for (const Branch& branch : branches) {
      if (branch.health_check.empty()) continue;
      const Route53HealthCheck* check = health_check(branch.health_check);
      if (check == nullptr) {
        report_.missing(branch.records->place,
                        fmt::format("{}: health check {} is not known (--health-checks): it counts as healthy",
                                    service.name, branch.health_check));
        continue;
      }
      if (check->is_disabled) continue;
      const auto json = convert(*check);
      if (!json) continue;
      if (service.checks.empty()) {
        settings = json->dump();
        service.checks.push_back(add_check(*check, *json));
      } else if (json->dump() != settings) {
        report_.missing(branch.records->place,
                        fmt::format("{}: health check {} is left out: all instances are probed as {} says",
                                    service.name, check->id, service.checks.front()));
      }
      compare_addresses(branch, *check, service);
    }
    const auto has_none = [](const Branch& branch) { return branch.health_check.empty(); };
    if (service.checks.empty() || std::ranges::none_of(branches, has_none)) return;
    report_.changed(service.place, fmt::format("{}: record sets without a health check are probed too", service.name));
  }

  void compare_addresses(const Branch& branch, const Route53HealthCheck& check, const DraftService& service) {
    if (branch.records->type == "CNAME" || check.address.empty()) return;
    const auto probed = IpAddress::parse(check.address);
    const auto is_probed = [&](const std::string& value) { return IpAddress::parse(value) == probed; };
    if (std::ranges::all_of(branch.values, is_probed)) return;
    report_.changed(branch.records->place, fmt::format("{}: health check {} asks {}; here each address is asked itself",
                                                       service.name, check.id, check.address));
  }

  // As in the configuration; nothing, and a note, when there is nothing like it.
  std::optional<Json> convert(const Route53HealthCheck& check) {
    const bool is_http = check.type.starts_with("HTTP");
    if (!is_http && check.type != "TCP") {
      report_.missing(
          check.place,
          fmt::format("health check {}: nothing here is like the type {}: it counts as healthy", check.id, check.type));
      return std::nullopt;
    }
    Json json = {{"type", !is_http ? "tcp" : check.type.starts_with("HTTPS") ? "https" : "http"}, {"port", check.port}};
    if (is_http) {
      json["path"] = check.path.empty() ? "/" : check.path.starts_with('/') ? check.path : "/" + check.path;
      if (!check.host.empty()) json["host"] = check.host;
      json["expected_status"] = {"200-399"};
      if (!check.search_string.empty()) {
        json["body_contains"] = check.search_string;
        json["body_limit"] = kBodyLimit;
      }
      if (check.type.starts_with("HTTPS")) json["tls"] = {{"verify", false}};  // Route 53 takes any certificate
    }
    const std::uint32_t interval = std::max(check.interval_s, 1U);
    json["interval"] = fmt::format("{}s", interval);
    json["timeout"] = fmt::format("{}s", std::min(interval, kTimeoutS));
    json["rise"] = std::max(check.failures, 1U);
    json["fall"] = std::max(check.failures, 1U);
    return json;
  }

  // Checks with the same settings are one.
  std::string add_check(const Route53HealthCheck& check, const Json& json) {
    const std::string inverted = "not-";
    const auto same = std::ranges::find_if(draft_.checks, [&](const auto& other) { return other.second == json; });
    std::string name = same != draft_.checks.end() ? same->first : check.id;
    if (same == draft_.checks.end()) draft_.checks.emplace_back(name, json);
    report_.carried(check.place, fmt::format("health check {}: check {}, from one place only", check.id, name));
    if (!check.is_inverted) return name;
    const auto is_inverse = [&](const auto& other) { return other.first == inverted + name; };
    if (std::ranges::none_of(draft_.checks, is_inverse)) {
      draft_.checks.emplace_back(inverted + name, Json{{"type", "calculated"}, {"not", name}});
    }
    return inverted + name;
  }

  const std::vector<Route53HealthCheck>& health_checks_;
  Report& report_;
  Draft draft_;
  std::map<std::string, Types> by_name_;
};

}  // namespace

Draft import_route53(const SourceFiles& files, const std::vector<Route53HealthCheck>& health_checks, Report& report) {
  return Route53Importer(health_checks, report).read(read_route53_records(files, report));
}

}  // namespace rhumb::importing

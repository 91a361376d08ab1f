#include "daemon/explanation.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <ldns/ldns.h>

#include "steering/words.hpp"

namespace rhumb::daemon {
namespace {

using steering::Outcome;

std::string_view to_text(zone::Lookup::Kind found) {
  switch (found) {
    case zone::Lookup::Kind::not_ours:
      return "is in none of our zones";
    case zone::Lookup::Kind::not_loaded:
      return "is in a zone that could not be loaded; `rhumb check` says why";
    case zone::Lookup::Kind::found:
      return "exists";
    case zone::Lookup::Kind::wildcard:
      return "does not exist; a wildcard stands for it";
    case zone::Lookup::Kind::delegation:
      return "is delegated to other name servers";
    case zone::Lookup::Kind::dname:
      return "is below a DNAME, which renames it";
    case zone::Lookup::Kind::nx_domain:
      return "does not exist";
  }
  return "";
}

std::string source_name(std::uint8_t source, const geo::Database& database) {
  if (source == geo::kNoSource) return {};
  if (source == geo::kCentroidSource) return "the centre of the country";
  return database.sources[source].path;
}

ExplainedLocation explain_location(const geo::Database& database, IpAddress client) {
  const geo::Location location = database.locations.get(database.find(client));
  ExplainedLocation result{};
  result.continent = location.continent;
  result.country = location.country;
  result.subdivision = location.subdivision;
  result.city = location.city;
  if (location.has_coordinates) result.coordinates = {location.latitude, location.longitude};
  result.asn = location.asn;
  result.place_source = source_name(location.country_source, database);
  result.coordinates_source = source_name(location.coordinates_source, database);
  return result;
}

std::string state_of(const steering::Instance& instance, const Grounds& grounds) {
  const auto state = grounds.board->read(instance.target).state;
  const bool is_checked = instance.target < grounds.checked.size() && grounds.checked[instance.target];
  if (state == health::State::unknown && !is_checked) return "unchecked";
  return std::string(health::to_text(state));
}

// What the server says of it, unless that is of another load than the snapshot.
std::optional<ExplainedHealth> health_of(const steering::Instance& instance, const health::Scope& scope,
                                         const Grounds& grounds) {
  if (grounds.status == nullptr || instance.target >= grounds.status->instances.size()) return std::nullopt;
  const health::InstanceStatus& status = grounds.status->instances[instance.target];
  if (!covers(scope, status)) return std::nullopt;
  return ExplainedHealth{std::string(health::to_text(status.standing)), status.share, status.evidence};
}

std::vector<ExplainedInstance> explain_pool(const answer::SteeredStep& steered, steering::RegionIndex region,
                                            const Grounds& grounds) {
  const auto& settings = steered.service->settings();
  const auto picked = std::span(steered.pick.instances).first(steered.pick.count);
  const bool is_picked_region = steered.pick.count > 0 && steered.pick.region == region;
  std::vector<ExplainedInstance> result;
  std::uint8_t number = 0;
  for (const steering::Instance& instance : steered.service->pool(steered.family, region)) {
    const bool is_picked = is_picked_region && std::ranges::find(picked, number) != picked.end();
    const std::string address =
        steered.service->has_names() ? steered.service->name(region, number).to_text() : instance.address.to_string();
    const health::Scope scope{settings.regions[region], settings.name, address};
    result.push_back(
        {address, state_of(instance, grounds), instance.weight, is_picked, health_of(instance, scope, grounds)});
    ++number;
  }
  return result;
}

// What ordered the regions: the rule's own word, or the service's.
const steering::Preference& preference_of(const answer::SteeredStep& steered) {
  const steering::Steering& steering = *steered.service->settings().steering;
  return steered.ranked.rule == steering::kNoRule ? steering.preference
                                                  : steering.rules[steered.ranked.rule].preference;
}

std::optional<ExplainedLatency> explain_latency(IpAddress client, steering::RegionIndex region,
                                                const Grounds& grounds) {
  const IpAddress address = geo::unembed(client);
  const geo::Location location = grounds.database.locations.get(grounds.database.find(address));
  const auto latency = grounds.latencies.find(grounds.latencies.networks().find(address), location, region);
  ExplainedLatency result{latency.rtt_ms, {}, latency.samples, latency.measured_at};
  switch (latency.source) {
    case steering::LatencySource::none:
      return std::nullopt;
    case steering::LatencySource::network:
      result.source = "network";
      break;
    case steering::LatencySource::asn:
      result.source = fmt::format("AS{}", location.asn);
      break;
    case steering::LatencySource::country:
      result.source = location.country;
      break;
  }
  return result;
}

std::vector<ExplainedRegion> explain_ranking(const answer::SteeredStep& steered, const ExplainedLocation& location,
                                             const Grounds& grounds) {
  const auto& settings = steered.service->settings();
  std::vector<ExplainedRegion> result;
  for (std::size_t at = 0; at < steered.ranked.regions.size(); ++at) {
    const steering::RegionIndex index = steered.ranked.regions[at];
    const auto region = std::ranges::find(grounds.snapshot.regions, settings.regions[index], &steering::Region::name);
    std::optional<double> distance;
    if (location.coordinates) distance = geo::distance_km(*location.coordinates, region->coordinates);
    std::optional<ExplainedLatency> latency;
    if (preference_of(steered).order == steering::Order::latency) {
      const auto number = static_cast<steering::RegionIndex>(region - grounds.snapshot.regions.begin());
      latency = explain_latency(steered.client, number, grounds);
    }
    const bool is_picked = steered.pick.count > 0 && steered.pick.region == index;
    result.push_back({region->name, steered.ranked.tiers[at] + 1, distance, latency,
                      explain_pool(steered, index, grounds), is_picked});
  }
  return result;
}

std::string_view to_text(Family family) {
  return family == Family::v4 ? "IPv4" : "IPv6";
}

std::string rule_of(const answer::SteeredStep& steered) {
  const steering::RuleIndex rule = steered.ranked.rule;
  if (rule == steering::kNoRule) return {};
  return fmt::format("\"{}\"", steered.service->settings().steering->rules[rule].name);
}

// What makes a region the best of its preference, and several: "is the nearest region".
struct Superlative {
  std::string_view one;
  std::string_view several;
};

Superlative superlative_of(const answer::SteeredStep& steered, const ExplainedSteering& explained) {
  const steering::Order order = preference_of(steered).order;
  const bool asks_where = order == steering::Order::nearest || order == steering::Order::latency;
  const auto is_measured = [](const ExplainedRegion& region) { return region.latency.has_value(); };
  if (std::ranges::any_of(explained.ranking, is_measured)) {
    return {"is the fastest region", "is one of the fastest regions"};
  }
  if (asks_where && explained.location.coordinates) return {"is the nearest region", "is one of the nearest regions"};
  return {"comes first in the configuration", "is one of equal regions"};
}

// Why the picked region's tier was the first that would do.
std::string_view reason_of_tier(const answer::SteeredStep& steered, const ExplainedSteering& explained) {
  const auto& ranked = steered.ranked;
  const auto at =
      static_cast<std::size_t>(std::ranges::find(ranked.regions, steered.pick.region) - ranked.regions.begin());
  const Superlative superlative = superlative_of(steered, explained);
  return std::ranges::count(ranked.tiers, ranked.tiers[at]) > 1 ? superlative.several : superlative.one;
}

std::string reason_of(const answer::SteeredStep& steered, const ExplainedSteering& explained) {
  const auto& settings = steered.service->settings();
  const std::string_view family = to_text(steered.family);
  switch (steered.pick.outcome) {
    case Outcome::no_instances:
      return fmt::format("the service has no {} instance in any region", family);
    case Outcome::fallback:
      return "no instance is healthy: the zone's own records (when_all_down: fallback)";
    case Outcome::last_resort:
      return fmt::format("no instance is healthy: the addresses of when_all_down{}",
                         steered.service->has_names() || steered.service->last_resort(steered.family).count > 0
                             ? std::string()
                             : fmt::format(", of which none is {}", family));
    case Outcome::nodata:
      return "no instance is healthy: no records (when_all_down: nodata)";
    case Outcome::all_down:
      return "no instance is healthy: answered as if all were up (when_all_down: nearest)";
    case Outcome::kept_out:
      return "the rule gives no addresses";
    case Outcome::refused:
      return "the rule refuses this client";
    case Outcome::healthy:
      break;
  }
  const auto& ranked = steered.ranked;
  const auto place = std::ranges::find(ranked.regions, steered.pick.region) - ranked.regions.begin();
  const bool is_best = ranked.tiers[static_cast<std::size_t>(place)] == 0;
  return fmt::format("{} {}{}", settings.regions[steered.pick.region], reason_of_tier(steered, explained),
                     is_best ? "" : " of those that have a healthy instance");
}

ExplainedSteering explain_steering(const answer::SteeredStep& steered, const Grounds& grounds) {
  const auto& settings = steered.service->settings();
  ExplainedSteering result{};
  result.service = settings.name;
  if (!steered.service->has_names()) result.family = to_text(steered.family);
  result.client = steered.client.to_string();
  result.location = explain_location(grounds.database, steered.client);
  result.order = to_text(preference_of(steered).order);
  result.policy = to_text(settings.policy);
  result.rule = rule_of(steered);
  result.ranking = explain_ranking(steered, result.location, grounds);
  result.outcome = steered.pick.outcome;
  result.reason = reason_of(steered, result);
  result.ttl_s = steered.ttl_s;
  result.scope_bits = steered.scope_bits;
  result.scope = fmt::format("{}/{}", network_of(steered.client, result.scope_bits).to_string(), result.scope_bits);
  return result;
}

// The records of a section in master-file form.
std::vector<std::string> records_of(const ldns_rr_list* section) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    const std::unique_ptr<char, decltype(&std::free)> text(ldns_rr2str(ldns_rr_list_rr(section, i)), &std::free);
    std::string record = text.get();
    std::ranges::replace(record, '\t', ' ');
    while (!record.empty() && record.back() == '\n')
      record.pop_back();
    result.push_back(record);
  }
  return result;
}

// The zone of the question; empty when it is in none of ours.
std::string zone_of(const answer::Decision& decision, const zone::Zones& zones) {
  if (decision.zone != nullptr) return decision.zone->apex().to_text();
  if (decision.steps.empty()) return {};
  // Not loaded: of the apexes above the name, the longest.
  std::optional<dns::Name> longest;
  for (const dns::Name& apex : zones.not_loaded()) {
    const bool is_longer = !longest || apex.label_count() > longest->label_count();
    if (is_longer && decision.steps.front().name.is_at_or_below(apex)) longest = apex;
  }
  return longest ? longest->to_text() : std::string();
}

}  // namespace

Grounds grounds_of(const Loaded& loaded, const health::Board& board) {
  Grounds grounds{*loaded.snapshot, &board, loaded.databases.get(), *loaded.latencies, {}};
  for (const auto& instance : loaded.plan.instances)
    grounds.checked.push_back(instance.condition.has_value());
  return grounds;
}

Explanation explain(const Question& question, const Reply& reply, const Grounds& grounds) {
  const answer::Decision& decision = reply.decision;
  Explanation result;
  result.name = question.name.to_text();
  result.type = dns::type_to_text(question.type);
  if (question.resolver) result.resolver = question.resolver->to_string();
  result.zone = zone_of(decision, grounds.snapshot.zones);
  for (const answer::Step& step : decision.steps) {
    result.steps.push_back(fmt::format("{} {}", step.name.to_text(), to_text(step.found)));
  }
  for (const answer::SteeredStep& steered : decision.steered)
    result.steering.push_back(explain_steering(steered, grounds));
  result.rcode = dns::rcode_to_text(decision.rcode);

  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, reply.message.data(), reply.message.size()) == LDNS_STATUS_OK) {
    const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(parsed, &ldns_pkt_free);
    result.answer = records_of(ldns_pkt_answer(parsed));
    result.authority = records_of(ldns_pkt_authority(parsed));
  }
  return result;
}

}  // namespace rhumb::daemon

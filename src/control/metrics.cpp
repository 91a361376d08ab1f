#include "control/metrics.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "steering/words.hpp"

namespace rhumb::control {
namespace {

using answer::Counts;
using answer::Transport;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
namespace counter = answer::counter;

using Labels = std::vector<ClientMetric::Label>;

constexpr std::array kTransports{std::pair{Transport::udp, "udp"}, std::pair{Transport::tcp, "tcp"}};
constexpr std::array kFamilies{std::pair{Family::v4, "ipv4"}, std::pair{Family::v6, "ipv6"}};
// Of all that share one.
constexpr std::string_view kOther = "other";

// Scopes that are told apart: what networks are usually given, and routed.
constexpr std::array<std::size_t, 7> kScopeEndsV4{0, 8, 12, 16, 20, 24, 32};
constexpr std::array<std::size_t, 9> kScopeEndsV6{0, 16, 24, 32, 40, 48, 56, 64, 128};

MetricFamily family(std::string name, MetricType type, std::string help) {
  return {std::move(name), std::move(help), type, {}};
}

void add(MetricFamily& to, Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (to.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  to.metric.push_back(std::move(metric));
}

void add(MetricFamily& to, Labels labels, std::uint64_t value) {
  add(to, std::move(labels), static_cast<double>(value));
}

// ------------------------------------------------------------------------------------------------------- answers

std::string_view type_text(dns::Type type, std::string& storage) {
  if (type == 0) return kOther;
  storage = dns::type_to_text(type);
  return storage;
}

// Only what there was: most types never have most rcodes.
MetricFamily queries(const Counts& counts) {
  auto metric = family("rhumb_queries_total", MetricType::Counter, "Queries that were answered");
  for (const auto& [transport, transport_name] : kTransports) {
    for (const auto& [address_family, family_name] : kFamilies) {
      for (const dns::Type type : answer::kCountedTypes) {
        std::string storage;
        const std::string type_name(type_text(type, storage));
        for (const dns::Rcode rcode : answer::kCountedRcodes) {
          const std::uint64_t count = counts[counter::queries(transport, address_family) + counter::query(type, rcode)];
          if (count == 0) continue;
          const std::string rcode_name(dns::rcode_to_text(rcode));
          add(metric,
              {{"transport", transport_name}, {"family", family_name}, {"type", type_name}, {"rcode", rcode_name}},
              count);
        }
      }
    }
  }
  return metric;
}

MetricFamily dropped(const Counts& counts) {
  auto metric = family("rhumb_dropped_queries_total", MetricType::Counter, "Messages that got no answer");
  for (const auto& [transport, name] : kTransports) {
    add(metric, {{"transport", name}, {"reason", "malformed"}},
        counts[counter::fate(transport, answer::Fate::malformed)]);
    if (transport == Transport::tcp) continue;  // it has no rate limit
    add(metric, {{"transport", name}, {"reason", "rate_limit"}},
        counts[counter::fate(transport, answer::Fate::limited)]);
  }
  return metric;
}

MetricFamily truncated(const Counts& counts) {
  auto metric = family("rhumb_truncated_answers_total", MetricType::Counter, "Answers that did not fit, or slipped");
  for (const auto& [transport, name] : kTransports)
    add(metric, {{"transport", name}}, counts[counter::truncated(transport)]);
  return metric;
}

MetricFamily zone_queries(const Counts& counts, std::span<const std::string> names) {
  auto metric = family("rhumb_zone_queries_total", MetricType::Counter, "Queries that were answered, by zone");
  for (std::size_t place = answer::CountedPlaces::kOtherZones; place < names.size(); ++place) {
    const bool is_other = place == answer::CountedPlaces::kOtherZones;
    add(metric, {{"zone", is_other ? std::string(kOther) : names[place]}}, counts[counter::kZones + place]);
  }
  return metric;
}

// By name: one may have several places.
MetricFamily steered(const Counts& counts, std::span<const answer::CountedNames::Steered> names) {
  auto metric = family("rhumb_steered_answers_total", MetricType::Counter,
                       "Answers that a service made, by the region that was picked; none: \"\"");
  std::map<std::pair<std::string, std::string>, std::uint64_t> sums;
  for (std::size_t place = 0; place < names.size(); ++place) {
    const auto& [service, region] = names[place];
    sums[{service.empty() ? std::string(kOther) : service, region}] += counts[counter::kSteered + place];
  }
  for (const auto& [name, sum] : sums)
    add(metric, {{"service", name.first}, {"region", name.second}}, sum);
  return metric;
}

// By Outcome; the first, `healthy`, is not counted.
MetricFamily outcomes(const Counts& counts) {
  auto metric = family("rhumb_steered_outcomes_total", MetricType::Counter,
                       "Answers that a service made with nobody healthy, by outcome");
  for (std::size_t outcome = 1; outcome < answer::kOutcomes; ++outcome)
    add(metric, {{"outcome", std::string(to_text(static_cast<steering::Outcome>(outcome)))}},
        counts[counter::kOutcome + outcome]);
  return metric;
}

// `ends` are the largest scopes of each bucket, ascending, the last one the family's.
ClientMetric scopes(const Counts& counts, Family address_family, std::span<const std::size_t> ends) {
  ClientMetric metric;
  std::size_t bits = 0;
  for (const std::size_t end : ends) {
    for (; bits <= end; ++bits) {
      const std::uint64_t count = counts[counter::scope(address_family, bits)];
      metric.histogram.sample_count += count;
      metric.histogram.sample_sum += static_cast<double>(count * bits);
    }
    metric.histogram.bucket.push_back({metric.histogram.sample_count, static_cast<double>(end)});
  }
  metric.histogram.bucket.push_back({metric.histogram.sample_count, std::numeric_limits<double>::infinity()});
  return metric;
}

MetricFamily scopes(const Counts& counts) {
  auto metric = family("rhumb_ecs_scope_prefix_length", MetricType::Histogram,
                       "Scope prefix lengths of the answers to queries with EDNS Client Subnet");
  metric.metric.push_back(scopes(counts, Family::v4, kScopeEndsV4));
  metric.metric.back().label = {{"family", "ipv4"}};
  metric.metric.push_back(scopes(counts, Family::v6, kScopeEndsV6));
  metric.metric.back().label = {{"family", "ipv6"}};
  return metric;
}

MetricFamily times(const Counts& counts) {
  auto metric = family("rhumb_answer_seconds", MetricType::Histogram,
                       "Time from a query in memory to its answer in memory, of a sample of the answers");
  auto& histogram = metric.metric.emplace_back().histogram;
  for (std::size_t bucket = 0; bucket < answer::kTimeBuckets; ++bucket) {
    histogram.sample_count += counts[counter::kTimes + bucket];
    const bool is_last = bucket + 1 == answer::kTimeBuckets;
    histogram.bucket.push_back(
        {histogram.sample_count, is_last ? std::numeric_limits<double>::infinity()
                                         : static_cast<double>(answer::time_bucket_end_ns(bucket)) / 1e9});
  }
  histogram.sample_sum = static_cast<double>(counts[counter::kTimeSum]) / 1e9;
  return metric;
}

// -------------------------------------------------------------------------------------------------------- health

MetricFamily instances(const health::Status& status) {
  auto metric = family("rhumb_instances", MetricType::Gauge, "Instances, by state");
  for (const health::State state : {health::State::unknown, health::State::up, health::State::down}) {
    const auto count = std::ranges::count(status.instances, state, &health::InstanceStatus::state);
    add(metric, {{"state", std::string(to_text(state))}}, static_cast<double>(count));
  }
  return metric;
}

template <typename Value>
MetricFamily of_instances(const health::Status& status, const char* name, const char* help, const Value& value) {
  auto metric = family(name, MetricType::Gauge, help);
  const std::span shown(status.instances);
  for (const health::InstanceStatus& instance : shown.first(std::min(shown.size(), kInstanceSeriesMax))) {
    add(metric, {{"service", instance.service}, {"region", instance.region}, {"target", instance.instance}},
        static_cast<double>(value(instance)));
  }
  return metric;
}

MetricFamily probes(const health::Status& status) {
  auto metric = family("rhumb_probes", MetricType::Gauge, "What is probed, by state");
  for (const health::State state : {health::State::unknown, health::State::up, health::State::down}) {
    const auto count = std::ranges::count(status.probes, state, &health::ProbeStatus::state);
    add(metric, {{"state", std::string(to_text(state))}}, static_cast<double>(count));
  }
  return metric;
}

MetricFamily events(const EventCounts& counts) {
  auto metric = family("rhumb_events_total", MetricType::Counter, "Events, by what became of them");
  for (std::size_t i = 0; i < kEventKinds; ++i) {
    const auto kind = static_cast<health::Event::Kind>(i);
    std::string name(to_text(kind));
    std::ranges::replace(name, ' ', '_');
    const EventCounts::OfKind& of_kind = counts.of(kind);
    add(metric, {{"kind", name}, {"fate", "told"}}, of_kind.told);
    add(metric, {{"kind", name}, {"fate", "suppressed"}}, of_kind.suppressed);
    add(metric, {{"kind", name}, {"fate", "delivered"}}, of_kind.delivered);
    add(metric, {{"kind", name}, {"fate", "failed"}}, of_kind.failed);
    add(metric, {{"kind", name}, {"fate", "dropped"}}, of_kind.dropped);
  }
  return metric;
}

MetricFamily query_log_drops(const QueryLogCounts& counts) {
  auto metric =
      family("rhumb_query_log_dropped_total", MetricType::Counter, "Records of queries that were not written");
  add(metric, {{"reason", "ring_full"}}, counts.dropped_full);
  add(metric, {{"reason", "unwritten"}}, counts.dropped_unwritten);
  return metric;
}

// ------------------------------------------------------------------------------------------------- what is served

MetricFamily reloads(const Readings::Reloads& of) {
  auto metric = family("rhumb_reloads_total", MetricType::Counter, "Reloads of everything that is served");
  add(metric, {{"outcome", "accepted"}}, of.accepted);
  add(metric, {{"outcome", "refused"}}, of.refused);
  return metric;
}

MetricFamily zones(const Readings& readings) {
  auto metric = family("rhumb_zones", MetricType::Gauge, "Zones, by whether they are served");
  add(metric, {{"state", "loaded"}}, readings.zones_loaded);
  add(metric, {{"state", "not_loaded"}}, readings.zones_not_loaded);
  return metric;
}

MetricFamily databases(std::span<const Readings::Database> sources) {
  auto metric = family("rhumb_geoip_build_timestamp_seconds", MetricType::Gauge, "When a geo database was built");
  for (const Readings::Database& source : sources)
    add(metric, {{"database", source.path}, {"type", source.type}}, source.built_at_s);
  return metric;
}

MetricFamily build_info(const std::string& version) {
  auto metric = family("rhumb_build_info", MetricType::Gauge, "1, with the version");
  add(metric, {{"version", version}}, 1.0);
  return metric;
}

MetricFamily single(const char* name, MetricType type, const char* help, double value) {
  auto metric = family(name, type, help);
  add(metric, {}, value);
  return metric;
}

MetricFamily single(const char* name, MetricType type, const char* help, std::uint64_t value) {
  return single(name, type, help, static_cast<double>(value));
}

}  // namespace

std::string to_prometheus(const Readings& readings) {
  using enum MetricType;
  const Counts& counts = readings.answers;
  const health::Status& status = readings.health;
  std::vector<MetricFamily> families{
      queries(counts),
      dropped(counts),
      single("rhumb_rate_limited_queries_total", Counter, "Queries of networks that were over the rate limit",
             readings.over_rate_limit),
      single("rhumb_slipped_answers_total", Counter, "Answers over the rate limit that say: come back over TCP",
             counts[counter::fate(Transport::udp, answer::Fate::slipped)]),
      truncated(counts),
      zone_queries(counts, readings.zone_names),
      steered(counts, readings.steered_names),
      outcomes(counts),
      scopes(counts),
      times(counts),
      single("rhumb_tcp_connections", Gauge, "TCP connections that are open", readings.connections.open),
      single("rhumb_tcp_connections_accepted_total", Counter, "TCP connections that were accepted",
             readings.connections.accepted),
      single("rhumb_tcp_connections_refused_total", Counter, "TCP connections of networks that had their share",
             readings.connections.refused),
      instances(status),
      of_instances(status, "rhumb_instance_up", "Whether an instance is up; unknown counts as up",
                   [](const health::InstanceStatus& instance) { return instance.state != health::State::down; }),
      of_instances(status, "rhumb_instance_share", "What an instance gets of its clients, 0 to 1",
                   [](const health::InstanceStatus& instance) { return instance.share; }),
      probes(status),
      single("rhumb_overrides", Gauge, "Overrides that hold", status.overrides.size()),
      single("rhumb_guard_active", Gauge, "1 while verdicts are held back everywhere",
             std::uint64_t{status.guard.empty() ? 0U : 1U}),
      events(readings.events),
      single("rhumb_query_log_records_total", Counter, "Records of queries that were written to the query log",
             readings.query_log.written),
      query_log_drops(readings.query_log),
      reloads(readings.reloads),
      single("rhumb_reload_seconds", Gauge, "How long the last reload that was accepted took; 0: there was none",
             readings.reloads.last_took_s),
      single("rhumb_snapshot_timestamp_seconds", Gauge, "When what is served was loaded", readings.snapshot_at_s),
      zones(readings),
      single("rhumb_services", Gauge, "Services", readings.services),
      databases(readings.databases),
      single("rhumb_geoip_held_back", Gauge, "1 while new geo databases would move too many clients",
             std::uint64_t{readings.has_held_back_databases ? 1U : 0U}),
      build_info(readings.version),
      single("process_start_time_seconds", Gauge, "When the process started", readings.process.started_at_s),
      single("process_cpu_seconds_total", Counter, "User and system time of the process", readings.process.cpu_s),
      single("process_resident_memory_bytes", Gauge, "Memory of the process", readings.process.resident_octets),
  };
  std::erase_if(families, [](const MetricFamily& of) { return of.metric.empty(); });
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

}  // namespace rhumb::control

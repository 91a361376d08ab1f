#include "cli/status_text.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "cli/table.hpp"
#include "cli/time_text.hpp"

namespace rhumb::cli {
namespace {

using health::InstanceStatus;
using health::Override;
using health::ProbeStatus;
using health::Standing;
using health::State;
using health::Time;

constexpr std::string_view kStale = " (from before the restart)";

std::string ago(Time now, const std::optional<Time>& then) {
  return then ? roughly(now - *then) + " ago" : "";
}

std::string milliseconds(const std::optional<double>& time_ms) {
  return time_ms ? fmt::format("{:.1f}", *time_ms) : "";
}

// How bad it is that an instance stands so.
Emphasis emphasis_of(Standing standing) {
  switch (standing) {
    case Standing::down:
    case Standing::panic:
    case Standing::kept:
    case Standing::forced_down:
      return Emphasis::alarm;
    case Standing::held_down:
    case Standing::damped:
    case Standing::awaits_word:
    case Standing::ramping:
    case Standing::shedding:
    case Standing::draining:
    case Standing::drained:
    case Standing::forced_up:
      return Emphasis::warning;
    case Standing::serving:
      break;
  }
  return Emphasis::none;
}

Emphasis emphasis_of(State state) {
  return state == State::down ? Emphasis::alarm : Emphasis::none;
}

// "ramping 20 %, 40s left"
std::string standing_text(const InstanceStatus& instance, Time now) {
  std::string text(to_text(instance.standing));
  const bool is_partial = instance.share > 0 && instance.share < 1;
  // A share that is nearly nothing or nearly all must not look like it.
  if (is_partial) text += fmt::format(" {:.0f} %", std::clamp(instance.share * 100, 1.0, 99.0));
  if (instance.until) text += fmt::format(", {} left", roughly(*instance.until - now));
  return text;
}

std::string instances_text(const health::Status& status, bool has_colour) {
  Table table({"service", "region", "instance", "state", "standing", "since", "evidence"});
  for (const InstanceStatus& instance : status.instances) {
    const std::string_view state = instance.is_checked ? to_text(instance.state) : "unchecked";
    table.add({{instance.service},
               {instance.region},
               {instance.instance},
               {std::string(state), emphasis_of(instance.state)},
               {standing_text(instance, status.now), emphasis_of(instance.standing)},
               {ago(status.now, instance.since)},
               {fmt::format("{}{}", instance.evidence, instance.is_stale ? kStale : "")}});
  }
  return table.is_empty() ? "no service has an instance\n" : table.to_text(has_colour);
}

std::string action_text(const Override& word) {
  std::string text(to_text(word.action));
  if (word.over.count() > 0) text += " over " + roughly(word.over);
  return text;
}

std::string overrides_text(const health::Status& status, bool has_colour) {
  Table table({"override", "action", "owner", "given", "ends", "reason"});
  for (const Override& word : status.overrides) {
    table.add({{to_text(word.scope)},
               {action_text(word), Emphasis::warning},
               {word.owner},
               {ago(status.now, word.since)},
               {word.until ? "in " + roughly(*word.until - status.now) : "never"},
               {word.reason}});
  }
  return table.to_text(has_colour);
}

std::string probe_evidence(const ProbeStatus& probe) {
  std::string text = probe.evidence;
  if (!probe.warning.empty()) text += fmt::format("{}{}", text.empty() ? "" : "; ", probe.warning);
  if (probe.is_held) text += " (held back by the guard)";
  if (probe.is_stale) text += kStale;
  return text;
}

std::string probes_text(const health::Status& status, bool has_colour) {
  Table table({"check", "target", "state", "since", "probed", "good", "bad", "to change", "average ms", "median ms",
               "95 % ms", "load", "evidence"});
  for (const ProbeStatus& probe : status.probes) {
    table.add({{probe.check},
               {probe.target},
               {std::string(to_text(probe.state)), emphasis_of(probe.state)},
               {ago(status.now, probe.since)},
               {ago(status.now, probe.last_at)},
               {fmt::format("{}", probe.successes)},
               {fmt::format("{}", probe.failures)},
               {fmt::format("{}", probe.results_needed)},
               {milliseconds(probe.average_ms)},
               {milliseconds(probe.median_ms)},
               {milliseconds(probe.p95_ms)},
               {probe.load ? fmt::format("{:.2f}", *probe.load) : ""},
               {probe_evidence(probe)}});
  }
  return table.to_text(has_colour);
}

// What everybody has to know first.
std::string alarms_text(const health::Status& status, bool has_colour) {
  std::string text;
  const auto add = [&](std::string_view label, const std::string& alarm) {
    text += emphasized(fmt::format("{:<7}{}", label, printable(alarm)), Emphasis::alarm, has_colour) + "\n";
  };
  if (!status.guard.empty()) add("guard", status.guard);
  for (const std::string& note : status.notes)
    add("note", note);
  return text;
}

}  // namespace

std::string to_text(const health::Status& status, const StatusView& view) {
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : "\n") + part;
  };
  add(alarms_text(status, view.has_colour));
  add(instances_text(status, view.has_colour));
  add(overrides_text(status, view.has_colour));
  if (view.has_probes) add(probes_text(status, view.has_colour));
  return text;
}

health::Status only(const health::Status& status, std::string_view service, std::string_view region) {
  health::Status part{status.now, status.guard, {}, {}, {}, {}};
  // A note begins with the service that it is of.
  std::ranges::copy_if(status.notes, std::back_inserter(part.notes), [&](const std::string& note) {
    return service.empty() || note.starts_with(fmt::format("{}:", service));
  });
  std::map<std::size_t, std::size_t> numbers;  // of probes, by those that they had
  for (const InstanceStatus& instance : status.instances) {
    if (!service.empty() && instance.service != service) continue;
    if (!region.empty() && instance.region != region) continue;
    part.instances.push_back(instance);
    for (std::size_t& probe : part.instances.back().probes) {
      const auto [place, is_new] = numbers.try_emplace(probe, part.probes.size());
      if (is_new) part.probes.push_back(status.probes[probe]);
      probe = place->second;
    }
  }
  std::ranges::copy_if(status.overrides, std::back_inserter(part.overrides), [&](const Override& word) {
    const bool is_of_service = service.empty() || word.scope.service.empty() || word.scope.service == service;
    return is_of_service && (region.empty() || word.scope.region == region);
  });
  return part;
}

bool is_well(const health::Status& status) {
  const auto is_good = [](const InstanceStatus& instance) {
    switch (instance.standing) {
      case Standing::down:
      case Standing::held_down:
      case Standing::damped:
      case Standing::awaits_word:
      case Standing::panic:
      case Standing::kept:
        return false;
      case Standing::forced_down:
      case Standing::forced_up:
      case Standing::draining:
      case Standing::drained:
        return true;  // somebody knows
      case Standing::serving:
      case Standing::ramping:
      case Standing::shedding:
        break;
    }
    return instance.state != State::down;
  };
  return status.guard.empty() && std::ranges::all_of(status.instances, is_good);
}

}  // namespace rhumb::cli

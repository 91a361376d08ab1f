#include "daemon/change_report.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "config/json_changes.hpp"
#include "daemon/database_guard.hpp"
#include "zone/zone_changes.hpp"

namespace rhumb::daemon {
namespace {

// The first lines of one kind, and how many more there are.
class Lines {
 public:
  explicit Lines(std::string what) : what_(std::move(what)) {}

  // Whether there is room for more; one that there is none for is counted.
  [[nodiscard]] bool has_room() {
    if (lines_.size() < kReportedMax) return true;
    ++left_out_;
    return false;
  }
  void add(std::string line) { lines_.push_back(std::move(line)); }

  void move_to(std::vector<std::string>& all) {
    std::ranges::move(lines_, std::back_inserter(all));
    if (left_out_ > 0) all.push_back(fmt::format("and {} more {}", left_out_, what_));
  }

 private:
  std::string what_;
  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
};

void describe_config(const config::Config& before, const config::Config& after, std::vector<std::string>& lines) {
  if (before.text == after.text) return;
  Problems ignored;  // both have been read without an error
  const auto then = config::parse_json(before.text, before.file, ignored);
  const auto now = config::parse_json(after.text, after.file, ignored);
  if (!then || !now) return;
  const config::JsonChanges changes = config::find_changes(*then, *now, kReportedMax);
  for (const std::string& line : changes.lines)
    lines.push_back(fmt::format("{}: {}", after.file.string(), line));
  if (changes.left_out > 0) lines.push_back(fmt::format("{}: and {} more", after.file.string(), changes.left_out));
}

// "2 RRsets added, 1 removed"
std::string describe(const zone::ZoneChanges& changes) {
  std::string text;
  for (const auto& [count, what] :
       {std::pair{changes.changed, "changed"}, {changes.added, "added"}, {changes.removed, "removed"}}) {
    if (count == 0) continue;
    text += text.empty() ? fmt::format("{} RRset{} ", count, count == 1 ? "" : "s") : fmt::format(", {} ", count);
    text += what;
  }
  return text.empty() ? "no RRset changed" : text;
}

std::string describe_change(const zone::Zone& before, const zone::Zone& after) {
  const std::string serial = before.serial() == after.serial()
                                 ? fmt::format("serial {}, as before", after.serial())
                                 : fmt::format("serial {} → {}", before.serial(), after.serial());
  return fmt::format("zone {}: {}, {}", after.apex().to_text(), serial, describe(zone::find_changes(before, after)));
}

std::string describe_new(const zone::Zone& zone) {
  return fmt::format("zone {}: new, serial {}, {} records", zone.apex().to_text(), zone.serial(), zone.record_count());
}

// A zone that was read anew and came out the same is not worth a word.
bool is_same(const zone::Zone& before, const zone::Zone& after) {
  return before.serial() == after.serial() && zone::find_changes(before, after).total() == 0;
}

void describe_zones(const zone::Zones& before, const zone::Zones& after, std::vector<std::string>& lines) {
  std::map<dns::Name, const zone::Zone*> gone;
  for (const auto& zone : before.zones())
    gone.emplace(zone->apex(), zone.get());
  Lines of_zones("zones");
  for (const auto& zone : after.zones()) {
    const auto known = gone.find(zone->apex());
    if (known == gone.end()) {
      if (of_zones.has_room()) of_zones.add(describe_new(*zone));
      continue;
    }
    if (known->second != zone.get() && !is_same(*known->second, *zone) && of_zones.has_room())
      of_zones.add(describe_change(*known->second, *zone));
    gone.erase(known);
  }
  for (const auto& [apex, zone] : gone) {
    if (of_zones.has_room()) of_zones.add(fmt::format("zone {}: no longer served", apex.to_text()));
  }
  of_zones.move_to(lines);
}

std::string day_of(std::int64_t unix_s) {
  return fmt::format("{:%F}", fmt::gmtime(static_cast<std::time_t>(unix_s)));
}

void describe_databases(const GeoDatabases& before, const GeoDatabases& after, std::vector<std::string>& lines) {
  for (const geo::Source& source : after.sources()) {
    const auto known = std::ranges::find(before.sources(), source.path, &geo::Source::path);
    if (known == before.sources().end() || known->built_at_s == source.built_at_s) continue;
    lines.push_back(
        fmt::format("{}: built {} → {}", source.path, day_of(known->built_at_s), day_of(source.built_at_s)));
  }
}

using RuleSets = std::map<std::string, std::shared_ptr<const steering::RuleSet>>;

RuleSets sets_used(const std::vector<RankingMaps::Shared>& rankings) {
  RuleSets sets;
  for (const RankingMaps::Shared& shared : rankings) {
    for (const steering::RuleSetUse& use : shared.configured->rule_sets)
      sets.emplace(use.set->name, use.set);
  }
  return sets;
}

// Of those from files; what stands in the configuration is described with that.
void describe_rule_files(const Loaded& before, const Loaded& after, std::vector<std::string>& lines) {
  const RuleSets then = sets_used(before.rankings);
  for (const auto& [name, set] : sets_used(after.rankings)) {
    const auto known = then.find(name);
    if (known == then.end() || set->networks == nullptr || known->second->networks == nullptr) continue;
    const bool is_same = set->rules == known->second->rules && *set->networks == *known->second->networks;
    if (!is_same) lines.push_back(fmt::format("rule set {}: its file says something else", name));
  }
}

// How many it moves. What is held back has been told with the reason.
void describe_moves(const Loaded& after, std::vector<std::string>& lines) {
  if (!after.database_change || after.databases.have_held_back()) return;
  const DatabaseChange& change = *after.database_change;
  if (change.moved() == 0 && change.countries.empty()) return;
  for (const std::string& line : describe(change))
    lines.push_back("databases: " + line);
}

}  // namespace

std::vector<std::string> describe_changes(const Served& before, const Loaded& after) {
  std::vector<std::string> lines;
  describe_config(before.loaded.config, after.config, lines);
  describe_rule_files(before.loaded, after, lines);
  describe_databases(before.loaded.databases, after.databases, lines);
  describe_moves(after, lines);
  describe_zones(before.snapshot.zones, after.snapshot->zones, lines);
  return lines;
}

std::vector<std::string> describe_changes(const zone::Zone* before, const zone::Zone& after) {
  if (before == nullptr) return {describe_new(after)};
  if (is_same(*before, after)) return {};
  return {describe_change(*before, after)};
}

std::vector<std::string> describe_changes(const zone::Zones& before, const zone::Zones& after) {
  std::vector<std::string> lines;
  describe_zones(before, after, lines);
  return lines;
}

}  // namespace rhumb::daemon

#include "config/rule_sets.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/suggestion.hpp"

namespace rhumb::config {

void RuleSets::add(steering::RuleSet set, const JsonPlace& place) {
  entries_.push_back({std::make_shared<const steering::RuleSet>(std::move(set)), place});
}

std::shared_ptr<const steering::RuleSet> RuleSets::use(const JsonPlace& place) {
  const auto name = place.text();
  if (!name) return nullptr;
  const auto has_name = [&](const Entry& entry) { return entry.set->name == *name; };
  if (const auto found = std::ranges::find_if(entries_, has_name); found != entries_.end()) {
    found->is_used = true;
    return found->set;
  }
  std::vector<std::string_view> names;
  for (const Entry& entry : entries_)
    names.push_back(entry.set->name);
  place.error(fmt::format("\"{}\" is not one of \"rule_sets\"{}", *name, suggestion(*name, names)));
  return nullptr;
}

void RuleSets::warn_of_unused() const {
  for (const Entry& entry : entries_) {
    if (!entry.is_used) entry.place.warning("no service uses this set of rules");
  }
}

}  // namespace rhumb::config

#include "steering/rule_set.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace rhumb::steering {
namespace {

class Localizer {
 public:
  explicit Localizer(std::span<const std::size_t> regions) : regions_(regions) {}

  Steering localize(const Steering& configured, std::span<const RuleSetUse> sets) {
    result_.preference = localize(configured.preference);
    for (std::size_t rule = 0; rule <= configured.rules.size(); ++rule) {
      for (; !sets.empty() && sets.front().at == rule; sets = sets.subspan(1))
        add(*sets.front().set);
      if (rule < configured.rules.size()) (void)add(configured.rules[rule]);
    }
    return std::move(result_);
  }

 private:
  void add(const RuleSet& set) {
    RuleTable table{set.networks, {}};
    for (const Rule& rule : set.rules)
      table.rules.push_back(add(rule));
    if (set.networks != nullptr) result_.tables.push_back(std::move(table));
  }

  // Its place among the service's; kNoRule if it does not apply.
  RuleIndex add(const Rule& rule) {
    Preference preference = localize(rule.preference);
    if (rule.action == Action::steer && preference.regions.empty()) return kNoRule;
    result_.rules.push_back(rule);
    result_.rules.back().preference = std::move(preference);
    return static_cast<RuleIndex>(result_.rules.size() - 1);
  }

  [[nodiscard]] Preference localize(const Preference& configured) const {
    Preference result = configured;
    result.regions.clear();
    result.biases.clear();
    for (std::size_t i = 0; i < configured.regions.size(); ++i) {
      const auto region = std::ranges::lower_bound(regions_, std::size_t{configured.regions[i]});
      if (region == regions_.end() || *region != configured.regions[i]) continue;
      result.regions.push_back(static_cast<RegionIndex>(region - regions_.begin()));
      if (!configured.biases.empty()) result.biases.push_back(configured.biases[i]);
    }
    return result;
  }

  std::span<const std::size_t> regions_;
  Steering result_;
};

}  // namespace

Steering localize(const Steering& configured, std::span<const RuleSetUse> sets, std::span<const std::size_t> regions) {
  return Localizer(regions).localize(configured, sets);
}

}  // namespace rhumb::steering

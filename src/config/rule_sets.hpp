// The sets of rules of a configuration, by their names.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/json_place.hpp"
#include "steering/rule_set.hpp"

namespace rhumb::config {

class RuleSets {
 public:
  // `place` is where it is defined.
  void add(steering::RuleSet set, const JsonPlace& place);
  // The set that the text at `place` names, which then counts as used; reports any other, and gives null.
  [[nodiscard]] std::shared_ptr<const steering::RuleSet> use(const JsonPlace& place);
  // Of those that were not.
  void warn_of_unused() const;

 private:
  struct Entry {
    std::shared_ptr<const steering::RuleSet> set;
    JsonPlace place;
    bool is_used = false;
  };

  std::vector<Entry> entries_;
};

}  // namespace rhumb::config

#include "config/rule_file.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/csv_file.hpp"
#include "base/network.hpp"
#include "config/region_name.hpp"
#include "geo/numbered_networks.hpp"

namespace rhumb::config {
namespace {

using RuleNumber = std::uint16_t;  // one more than a place in the set

class RuleFileReader {
 public:
  RuleFileReader(const std::filesystem::path& path, std::span<const steering::Region> regions, Problems& problems)
      : file_(path, "network", kRuleFileLinesMax, problems), title_(path.filename().string()), regions_(regions) {}

  steering::RuleSet read(std::string name) {
    while (file_.next())
      read_line();
    auto networks = std::make_shared<const steering::RuleMap>(map_of_networks());
    return {std::move(name), std::move(rules_), std::move(networks)};
  }

 private:
  void read_line() {
    const auto fields = file_.fields();
    if (fields.size() < 2) return file_.error("needs a network and its regions, as in 192.0.2.0/24,eu-west,us-east");
    const auto network = Network::parse(fields.front());
    if (const auto wrong = refuse_network(fields.front(), network)) return file_.error(*wrong);
    const auto rule = find_rule(fields.subspan(1));
    if (!rule) return;
    networks_.add(*network);
    lines_.push_back({static_cast<std::uint32_t>(file_.line_number()), *rule});
  }

  // That of the regions. Looked up by the text of the line as it is: so it is read only where it is new.
  std::optional<RuleNumber> find_rule(std::span<const std::string_view> names) {
    const char* const end = names.back().data() + names.back().size();
    const std::string_view text(names.front().data(), static_cast<std::size_t>(end - names.front().data()));
    if (const auto known = by_text_.find(text); known != by_text_.end()) return known->second;
    const auto regions = read_regions(names);
    const auto rule = regions ? add_rule(*regions, fmt::format("{}", fmt::join(names, ", "))) : std::nullopt;
    if (rule) by_text_.emplace(text, *rule);
    return rule;
  }

  std::optional<std::vector<steering::RegionIndex>> read_regions(std::span<const std::string_view> names) {
    std::vector<steering::RegionIndex> result;
    for (const std::string_view name : names) {
      const auto region = find_region(name, regions_);
      if (!region) {
        file_.error(not_a_region(name, regions_));
        return std::nullopt;
      }
      if (std::ranges::find(result, *region) != result.end()) {
        file_.error(fmt::format("\"{}\" stands twice in this line", name));
        return std::nullopt;
      }
      result.push_back(static_cast<steering::RegionIndex>(*region));
    }
    return result;
  }

  // `names` are theirs. Other lines may have the same with other spaces.
  std::optional<RuleNumber> add_rule(const std::vector<steering::RegionIndex>& regions, const std::string& names) {
    const auto known = by_text_.find(names);
    if (known != by_text_.end()) return known->second;
    if (rules_.size() == steering::kRulesMax) {
      file_.error(fmt::format("more than {} different lists of regions", steering::kRulesMax));
      return std::nullopt;
    }
    steering::Rule rule;
    rule.name = fmt::format("{}: {}", title_, names);
    rule.preference.order = steering::Order::listed;
    rule.preference.regions = regions;
    rules_.push_back(std::move(rule));
    const auto number = static_cast<RuleNumber>(rules_.size());
    by_text_.emplace(names, number);
    return number;
  }

  steering::RuleMap map_of_networks() {
    const auto lines = networks_.map([&](std::size_t line, std::size_t later) { compare(line, later); });
    return lines.transform([&](std::uint32_t line) { return line == 0 ? RuleNumber{0} : lines_[line - 1].rule; });
  }
  void compare(std::size_t line, std::size_t later) {
    if (lines_[line].rule == lines_[later].rule) return;
    file_.error_at(lines_[later].number,
                   fmt::format("{} has other regions in line {}", networks_[later].to_string(), lines_[line].number));
  }

  struct Line {
    std::uint32_t number;
    RuleNumber rule;
  };
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  CsvFile file_;
  std::string title_;
  std::span<const steering::Region> regions_;
  std::vector<steering::Rule> rules_;
  std::unordered_map<std::string, RuleNumber, TextHash, std::equal_to<>> by_text_;
  geo::NumberedNetworks networks_;
  std::vector<Line> lines_;  // of each network
};

}  // namespace

steering::RuleSet read_rule_file(std::string name, const std::filesystem::path& path,
                                 std::span<const steering::Region> regions, Problems& problems) {
  return RuleFileReader(path, regions, problems).read(std::move(name));
}

}  // namespace rhumb::config

#include "config/steering_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/region_name.hpp"

namespace rhumb::config {
namespace {

using steering::Action;
using steering::Order;
using steering::Policy;
using steering::Preference;
using steering::RegionIndex;
using steering::Rule;
using steering::Spread;
using steering::WhenAllDown;

constexpr double kToleranceMaxKm = 20'038;  // half the Earth's circumference: nothing is farther
constexpr double kToleranceMaxMs = 10'000;

constexpr std::array<std::string_view, 7> kContinents{"AF", "AN", "AS", "EU", "NA", "OC", "SA"};

bool is_upper(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_country(std::string_view text) {
  return text.size() == 2 && is_upper(text);
}

// ISO 3166-2: the country, a hyphen, and one to three letters or digits.
bool is_subdivision(std::string_view text) {
  if (text.size() < 4 || text.size() > 6 || !is_country(text.substr(0, 2)) || text[2] != '-') return false;
  return std::ranges::all_of(text.substr(3), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

// "2026-12-31"
std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t size) -> int {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + size, value);
    return error == std::errc() && end == text.data() + at + size && value >= 0 ? value : -1;
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day = number(8, 2);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

template <typename T>
T choice_or(const JsonPlace& parent, std::string_view key, T otherwise,
            std::initializer_list<std::pair<std::string_view, T>> choices) {
  const auto place = parent.member(key);
  return place ? place->choice<T>(choices).value_or(otherwise) : otherwise;
}

std::uint8_t octet_or(const JsonPlace& parent, std::string_view key, std::uint8_t otherwise, std::int64_t least,
                      std::int64_t most) {
  const auto place = parent.member(key);
  return place ? static_cast<std::uint8_t>(place->integer(least, most).value_or(otherwise)) : otherwise;
}

class SteeringReader {
 public:
  SteeringReader(std::span<const steering::Region> regions, const std::set<std::size_t>& used,
                 std::chrono::sys_days today)
      : regions_(regions), used_(used), today_(today) {}

  ServiceSteering read(const std::optional<JsonPlace>& place, RuleSets& rule_sets) {
    ServiceSteering result;
    result.steering.preference = all_regions();
    if (!place ||
        !place->has_only({"order", "regions", "tolerance_km", "tolerance_ms", "hysteresis", "bias", "max_regions",
                          "rules", "pick", "answers", "sticky", "spread", "families", "when_all_down"})) {
      return result;
    }
    result.steering.preference = read_preference(*place, Order::nearest);
    if (const auto rules = place->member("rules")) read_rules(*rules, rule_sets, result);
    read_picking(*place, result);
    result.families_together = choice_or<bool>(*place, "families", true, {{"together", true}, {"independent", false}});
    if (const auto when_all_down = place->member("when_all_down")) read_when_all_down(*when_all_down, result);
    return result;
  }

  // All rules of a set.
  [[nodiscard]] std::vector<Rule> read_set(const std::string& name, const JsonPlace& place) const {
    std::vector<Rule> rules;
    std::size_t number = 0;
    for (const JsonPlace& element : place.elements()) {
      ++number;
      if (const auto other = element.member("rule_set")) {
        other->error("a set has rules, not other sets");
      } else if (auto rule = read_rule(element)) {
        rule->name = fmt::format("{}: {}", name, rule->name.empty() ? fmt::format("number {}", number) : rule->name);
        rules.push_back(std::move(*rule));
      }
    }
    refuse_too_many(place, rules.size(), rules);
    return rules;
  }

 private:
  // How regions and instances are picked among equals.
  void read_picking(const JsonPlace& place, ServiceSteering& result) const {
    result.policy =
        choice_or<Policy>(place, "pick", Policy::rotate,
                          {{"rotate", Policy::rotate}, {"weighted", Policy::weighted}, {"sticky", Policy::sticky}});
    // A share, or a client's own instance, means little where resolvers get all the records and choose for themselves.
    const std::uint8_t usual = result.policy == Policy::rotate ? 0 : 1;
    result.answers = octet_or(place, "answers", usual, 0, steering::kPoolMax);
    result.spread = choice_or<Spread>(place, "spread", Spread::weights,
                                      {{"weights", Spread::weights}, {"capacity", Spread::capacity}});
    if (result.spread == Spread::capacity) require_capacities(*place.member("spread"));
    const auto sticky = place.member("sticky");
    if (!sticky || !sticky->has_only({"ipv4_prefix_length", "ipv6_prefix_length"})) return;
    if (result.policy != Policy::sticky) sticky->error("is only for \"pick\": \"sticky\"");
    steering::StickyPrefix& prefix = result.sticky_prefix;
    prefix.v4_bits = octet_or(*sticky, "ipv4_prefix_length", prefix.v4_bits, 0, kBitsV4);
    prefix.v6_bits = octet_or(*sticky, "ipv6_prefix_length", prefix.v6_bits, 0, kBitsV6);
  }

  static void read_when_all_down(const JsonPlace& place, ServiceSteering& result) {
    if (place.is_array()) {
      result.when_all_down = WhenAllDown::last_resort;
      result.last_resort = read_last_resort(place);
      return;
    }
    const auto text = place.text();
    if (text && IpAddress::parse(*text)) return place.error(fmt::format("addresses are a list: [\"{}\"]", *text));
    if (!text) return;
    result.when_all_down = place
                               .choice<WhenAllDown>({{"nearest", WhenAllDown::nearest},
                                                     {"fallback", WhenAllDown::fallback},
                                                     {"nodata", WhenAllDown::nodata}})
                               .value_or(WhenAllDown::nearest);
  }

  static std::vector<IpAddress> read_last_resort(const JsonPlace& place) {
    std::vector<IpAddress> result;
    std::array<std::size_t, 2> counts{};  // by Family
    const auto elements = place.elements();
    for (const JsonPlace& element : elements) {
      const auto address = element.address();
      if (!address) continue;
      if (std::ranges::find(result, *address) != result.end()) {
        element.error("stands twice in this list");
        continue;
      }
      if (++counts[static_cast<std::size_t>(address->family)] == steering::kPoolMax + 1) {
        element.error(fmt::format("more than {} addresses of one family", steering::kPoolMax));
      }
      result.push_back(*address);
    }
    if (elements.empty()) place.error("needs at least one address; \"nodata\" answers with none");
    return result;
  }

  void require_capacities(const JsonPlace& place) const {
    for (const std::size_t region : used_) {
      if (regions_[region].capacity == 0) {
        place.error(fmt::format("region \"{}\" has no \"capacity\"", regions_[region].name));
      }
    }
  }

  [[nodiscard]] Preference all_regions() const {
    Preference preference;
    for (const std::size_t region : used_)
      preference.regions.push_back(static_cast<RegionIndex>(region));
    return preference;
  }

  // The members that a service and a rule's own steering have in common.
  [[nodiscard]] Preference read_preference(const JsonPlace& place, Order usual) const {
    Preference preference = all_regions();
    if (const auto regions = place.member("regions")) preference.regions = read_regions(*regions);
    preference.order = choice_or<Order>(
        place, "order", usual,
        {{"nearest", Order::nearest}, {"latency", Order::latency}, {"listed", Order::listed}, {"equal", Order::equal}});
    preference.regions_max = octet_or(place, "max_regions", preference.regions_max, 1, steering::kRegionsMax);
    read_distances(place, preference);
    read_times(place, preference);
    return preference;
  }

  // Those of `latency` count where nothing is measured.
  void read_distances(const JsonPlace& place, Preference& preference) const {
    const bool asks_where = preference.order == Order::nearest || preference.order == Order::latency;
    constexpr auto kOnly = "is only for \"order\": \"nearest\" and \"latency\"";
    if (const auto tolerance = place.member("tolerance_km")) {
      preference.tolerance_km = tolerance->number(0, kToleranceMaxKm).value_or(0);
      if (!asks_where) tolerance->error(kOnly);
    }
    if (const auto bias = place.member("bias")) {
      preference.biases = read_biases(*bias, preference.regions);
      if (!asks_where) bias->error(kOnly);
    }
  }

  static void read_times(const JsonPlace& place, Preference& preference) {
    const bool asks_time = preference.order == Order::latency;
    constexpr auto kOnly = "is only for \"order\": \"latency\"";
    if (const auto tolerance = place.member("tolerance_ms")) {
      preference.tolerance_ms = tolerance->number(0, kToleranceMaxMs).value_or(0);
      if (!asks_time) tolerance->error(kOnly);
    }
    const auto hysteresis = place.member("hysteresis");
    if (!hysteresis) return;
    if (!asks_time) hysteresis->error(kOnly);
    if (!hysteresis->has_only({"ms", "percent"})) return;
    steering::Hysteresis& gain = preference.hysteresis;
    if (const auto ms = hysteresis->member("ms")) gain.gain_ms = ms->number(0, kToleranceMaxMs).value_or(0);
    if (const auto percent = hysteresis->member("percent")) gain.gain_percent = percent->number(0, 100).value_or(0);
  }

  [[nodiscard]] std::vector<RegionIndex> read_regions(const JsonPlace& place) const {
    std::vector<RegionIndex> result;
    const auto elements = place.elements();
    for (const JsonPlace& element : elements) {
      const auto region = read_used_region(element);
      if (!region) continue;
      if (std::ranges::find(result, *region) != result.end()) {
        element.error("stands twice in this list");
      } else {
        result.push_back(*region);
      }
    }
    if (elements.empty()) place.error("needs at least one region");
    return result;
  }

  [[nodiscard]] std::optional<RegionIndex> read_used_region(const JsonPlace& place) const {
    const auto region = read_region_name(place, regions_);
    if (!region) return std::nullopt;
    if (used_.contains(*region)) return static_cast<RegionIndex>(*region);
    place.error(fmt::format("the service has no instance in region \"{}\"", regions_[*region].name));
    return std::nullopt;
  }

  [[nodiscard]] std::vector<steering::Bias> read_biases(const JsonPlace& place,
                                                        const std::vector<RegionIndex>& regions) const {
    std::vector<steering::Bias> biases(regions.size(), 0);
    for (const auto& [name, value] : place.members()) {
      const auto region = std::ranges::find(
          regions, name, [&](RegionIndex index) -> const std::string& { return regions_[index].name; });
      const auto bias = value.integer(-steering::kBiasMax, steering::kBiasMax);
      if (region == regions.end()) {
        value.error(fmt::format("\"{}\" is not a region that this order is about", name));
      } else if (bias) {
        biases[static_cast<std::size_t>(region - regions.begin())] = static_cast<steering::Bias>(*bias);
      }
    }
    return biases;
  }

  void read_rules(const JsonPlace& place, RuleSets& rule_sets, ServiceSteering& result) const {
    std::vector<Rule>& rules = result.steering.rules;
    std::size_t of_sets = 0;
    std::size_t number = 0;
    for (const JsonPlace& element : place.elements()) {
      ++number;
      if (const auto name = element.member("rule_set")) {
        const auto set = read_rule_set(element, *name, rule_sets);
        if (set == nullptr) continue;
        of_sets += set->rules.size();
        result.rule_sets.push_back({rules.size(), set});
      } else if (auto rule = read_rule(element)) {
        if (rule->name.empty()) rule->name = fmt::format("number {}", number);
        rules.push_back(std::move(*rule));
      }
    }
    refuse_too_many(place, rules.size() + of_sets, rules);
  }

  // `count` is that of all rules in the list at `place`, `own` are those that stand there themselves.
  static void refuse_too_many(const JsonPlace& place, std::size_t count, const std::vector<Rule>& own) {
    if (count > steering::kRulesMax) place.error(fmt::format("more than {} rules", steering::kRulesMax));
    const auto of_resolvers = std::ranges::count_if(own, &Rule::asks_for_resolver);
    if (static_cast<std::size_t>(of_resolvers) > steering::kResolverRulesMax) {
      place.error(fmt::format("more than {} rules with conditions on the resolver", steering::kResolverRulesMax));
    }
  }

  // {"rule_set": "offices"}
  static std::shared_ptr<const steering::RuleSet> read_rule_set(const JsonPlace& element, const JsonPlace& name,
                                                                RuleSets& rule_sets) {
    if (!element.has_only({"rule_set", "comment"})) return nullptr;
    if (const auto comment = element.member("comment")) (void)comment->text();
    return rule_sets.use(name);
  }

  // Nothing for a rule that is not to be used.
  [[nodiscard]] std::optional<Rule> read_rule(const JsonPlace& place) const {
    if (!place.has_only({"name", "comment", "expires", "networks", "asns", "countries", "subdivisions", "continents",
                         "resolver_networks", "resolver_asns", "regions", "steering", "action"})) {
      return std::nullopt;
    }
    Rule rule;
    if (const auto name = place.member("name")) rule.name = name->text().value_or("");
    if (const auto comment = place.member("comment")) (void)comment->text();
    read_conditions(place, rule);
    read_consequence(place, rule);
    const auto expires = place.member("expires");
    return expires && has_expired(*expires) ? std::nullopt : std::optional(rule);
  }

  [[nodiscard]] bool has_expired(const JsonPlace& place) const {
    const auto text = place.text();
    const auto date = text ? parse_date(*text) : std::nullopt;
    if (text && !date) place.error(fmt::format("\"{}\" is not a date such as 2026-12-31", *text));
    if (!date || *date >= today_) return false;
    place.warning(fmt::format("the rule expired on {} and is ignored", *text));
    return true;
  }

  static void read_conditions(const JsonPlace& place, Rule& rule) {
    rule.networks = read_networks(place, "networks");
    rule.asns = read_asns(place, "asns");
    rule.resolver_networks = read_networks(place, "resolver_networks");
    rule.resolver_asns = read_asns(place, "resolver_asns");
    rule.countries = read_codes(place, "countries", is_country, "a country's ISO 3166-1 code such as \"FR\"");
    rule.subdivisions = read_codes(place, "subdivisions", is_subdivision, "an ISO 3166-2 code such as \"US-CA\"");
    const auto is_continent = [](std::string_view code) {
      return std::ranges::find(kContinents, code) != kContinents.end();
    };
    rule.continents = read_codes(place, "continents", is_continent, "one of AF, AN, AS, EU, NA, OC and SA");
    constexpr std::array<std::string_view, 7> kConditions{
        "networks", "asns", "countries", "subdivisions", "continents", "resolver_networks", "resolver_asns"};
    if (std::ranges::none_of(kConditions, [&](std::string_view key) { return place.member(key).has_value(); })) {
      place.error(fmt::format("matches nobody: needs one of \"{}\"", fmt::join(kConditions, "\", \"")));
    }
  }

  static std::vector<Network> read_networks(const JsonPlace& parent, std::string_view key) {
    std::vector<Network> networks;
    const auto place = parent.member(key);
    if (!place) return networks;
    for (const JsonPlace& element : place->elements()) {
      const auto text = element.text();
      if (!text) continue;
      const auto network = Network::parse(*text);
      if (const auto wrong = refuse_network(*text, network)) element.error(*wrong);
      if (network) networks.push_back(*network);
    }
    return networks;
  }

  static std::vector<std::uint32_t> read_asns(const JsonPlace& parent, std::string_view key) {
    std::vector<std::uint32_t> asns;
    const auto place = parent.member(key);
    if (!place) return asns;
    for (const JsonPlace& element : place->elements()) {
      const auto asn = element.integer(1, std::numeric_limits<std::uint32_t>::max());
      if (asn) asns.push_back(static_cast<std::uint32_t>(*asn));
    }
    return asns;
  }

  template <typename IsCode>
  static std::vector<std::string> read_codes(const JsonPlace& parent, std::string_view key, const IsCode& is_code,
                                             std::string_view expected) {
    std::vector<std::string> codes;
    const auto place = parent.member(key);
    if (!place) return codes;
    for (const JsonPlace& element : place->elements()) {
      const auto text = element.text();
      if (!text) continue;
      if (!is_code(*text)) element.error(fmt::format("\"{}\" is not {}", *text, expected));
      codes.push_back(*text);
    }
    return codes;
  }

  void read_consequence(const JsonPlace& place, Rule& rule) const {
    const auto regions = place.member("regions");
    const auto own = place.member("steering");
    const auto action = place.member("action");
    if (regions.has_value() + own.has_value() + action.has_value() != 1) {
      return place.error("needs one of \"regions\", \"steering\" and \"action\"");
    }
    if (action) {
      rule.action =
          action->choice<Action>({{"nodata", Action::nodata}, {"refuse", Action::refuse}}).value_or(Action::nodata);
    } else if (regions) {
      rule.preference.order = Order::listed;
      rule.preference.regions = read_regions(*regions);
    } else if (own->has_only(
                   {"order", "regions", "tolerance_km", "tolerance_ms", "hysteresis", "bias", "max_regions"})) {
      rule.preference = read_preference(*own, Order::nearest);
    }
  }

  std::span<const steering::Region> regions_;
  const std::set<std::size_t>& used_;
  std::chrono::sys_days today_;
};

}  // namespace

ServiceSteering read_steering(const std::optional<JsonPlace>& place, std::span<const steering::Region> regions,
                              const std::set<std::size_t>& used, std::chrono::sys_days today, RuleSets& rule_sets) {
  return SteeringReader(regions, used, today).read(place, rule_sets);
}

steering::RuleSet read_rule_set(std::string name, const JsonPlace& place, std::span<const steering::Region> regions,
                                std::chrono::sys_days today) {
  std::set<std::size_t> all;
  for (std::size_t region = 0; region < regions.size(); ++region)
    all.insert(region);
  auto rules = SteeringReader(regions, all, today).read_set(name, place);
  return {std::move(name), std::move(rules)};
}

std::optional<std::size_t> read_region_name(const JsonPlace& place, std::span<const steering::Region> regions) {
  const auto name = place.text();
  if (!name) return std::nullopt;
  const auto region = find_region(*name, regions);
  if (!region) place.error(not_a_region(*name, regions));
  return region;
}

}  // namespace rhumb::config

#include "import/geo_rule.hpp"

#include <algorithm>
#include <charconv>

#include "import/places.hpp"

namespace rhumb::importing {
namespace {

using Kind = GeoTarget::Kind;

constexpr std::string_view kWest = "AKAZCACOHIIDMTNMNVORUTWAWY";
constexpr std::string_view kCentral = "ARIAILINKSLAMNMONDNEOKSDTXWI";
constexpr std::string_view kEast = "ALCTDCDEFLGAKYMAMDMEMIMSNCNHNJNYOHPARISCTNVAVTWV";

// Whether all clients of `inner` are also those of `outer`.
bool lies_in(const GeoTarget& inner, const GeoTarget& outer) {
  if (outer.kind <= inner.kind) return false;
  if (outer.kind == Kind::everybody) return true;
  if (inner.kind == Kind::network || inner.kind == Kind::asn) return false;
  const std::string country = inner.kind == Kind::group ? "US" : inner.code.substr(0, 2);
  if (outer.kind == Kind::country) return outer.code == country;
  if (outer.kind == Kind::continent) return outer.code == continent_of(country);
  const auto states = states_of_group(outer.code);
  return std::ranges::find(states, inner.code) != states.end();
}

}  // namespace

std::vector<std::string> states_of_group(std::string_view group) {
  const std::string_view states = group == "us-west"      ? kWest
                                  : group == "us-central" ? kCentral
                                  : group == "us-east"    ? kEast
                                                          : "";
  std::vector<std::string> result;
  for (std::size_t i = 0; i + 2 <= states.size(); i += 2)
    result.push_back("US-" + std::string(states.substr(i, 2)));
  return result;
}

std::vector<std::string> regions_around(const GeoTarget& target, const std::vector<GeoTarget>& all) {
  std::vector<const GeoTarget*> around;
  for (const GeoTarget& other : all) {
    if (lies_in(target, other)) around.push_back(&other);
  }
  std::ranges::stable_sort(around, {}, &GeoTarget::kind);
  std::vector<std::string> regions{target.region};
  for (const GeoTarget* other : around)
    regions.push_back(other->region);
  return regions;
}

std::vector<DraftRule> to_rules(std::vector<GeoTarget> targets) {
  std::ranges::stable_sort(targets, {}, &GeoTarget::kind);
  std::vector<DraftRule> rules;
  for (const GeoTarget& target : targets) {
    DraftRule rule{.name = target.code};
    switch (target.kind) {
      case Kind::network:
        rule.networks = {target.code};
        break;
      case Kind::asn: {
        std::uint32_t asn = 0;
        std::from_chars(target.code.data(), target.code.data() + target.code.size(), asn);
        rule.asns = {asn};
        rule.name = "AS" + target.code;
        break;
      }
      case Kind::subdivision:
        rule.subdivisions = {target.code};
        break;
      case Kind::group:
        rule.subdivisions = states_of_group(target.code);
        break;
      case Kind::country:
        rule.countries = {target.code};
        break;
      case Kind::continent:
        rule.continents = {target.code};
        break;
      case Kind::everybody:
        continue;
    }
    rule.preference = DraftPreference{steering::Order::listed, regions_around(target, targets)};
    rules.push_back(std::move(rule));
  }
  return rules;
}

DraftRule rule_for_everybody_else() {
  return {.name = "everybody else", .networks = {"0.0.0.0/0", "::/0"}};
}

}  // namespace rhumb::importing

#include "import/draft_writer.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "steering/words.hpp"

namespace rhumb::importing {
namespace {

constexpr std::size_t kWidth = 110;
constexpr std::size_t kIndent = 2;

std::string to_line(const Json& value) {
  if (!value.is_structured()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (value.empty()) return value.is_object() ? "{}" : "[]";
  std::string line = value.is_object() ? "{" : "[";
  for (const auto& [key, member] : value.items()) {
    if (line.size() > 1) line += ", ";
    if (value.is_object()) line += to_line(Json(key)) + ": ";
    line += to_line(member);
  }
  return line + (value.is_object() ? "}" : "]");
}

// As many to a line as fit.
void print_scalars(const Json& list, std::size_t indent, std::string& text) {
  const std::string margin(indent + kIndent, ' ');
  text += "[";
  std::size_t width = kWidth;
  for (const Json& value : list) {
    const std::string word = to_line(value) + (&value == &list.back() ? "" : ",");
    if (width + 1 + word.size() > kWidth) {
      text.append("\n").append(margin).append(word);
      width = margin.size() + word.size();
    } else {
      text += " " + word;
      width += 1 + word.size();
    }
  }
  text += "\n" + std::string(indent, ' ') + "]";
}

// `before` is what stands on the line already. Levels are those of a draft: few.
void print(const Json& value, std::size_t indent, std::size_t before, std::string& text) {
  const std::string line = to_line(value);
  const bool is_top = indent == 0 && value.is_object();
  if (!value.is_structured() || (before + line.size() <= kWidth && !is_top)) {
    text += line;
    return;
  }
  const auto is_scalar = [](const Json& element) { return !element.is_structured(); };
  if (value.is_array() && std::ranges::all_of(value, is_scalar)) return print_scalars(value, indent, text);
  text += value.is_object() ? "{" : "[";
  const char* separator = "\n";
  for (const auto& [key, member] : value.items()) {
    const std::string head = std::string(indent + kIndent, ' ') + (value.is_object() ? to_line(Json(key)) + ": " : "");
    text += separator + head;
    print(member, indent + kIndent, head.size() + 1, text);
    separator = ",\n";
  }
  text += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
}

Json to_json(const DraftPreference& preference) {
  Json json = {{"order", to_text(preference.order)}, {"regions", preference.regions}};
  if (preference.regions_max > 0 && preference.regions_max < preference.regions.size()) {
    json["max_regions"] = preference.regions_max;
  }
  if (!preference.biases.empty()) json["bias"] = preference.biases;
  return json;
}

Json to_json(const DraftRule& rule) {
  Json json = Json::object();
  if (!rule.name.empty()) json["name"] = rule.name;
  if (!rule.networks.empty()) json["networks"] = rule.networks;
  if (!rule.asns.empty()) json["asns"] = rule.asns;
  if (!rule.countries.empty()) json["countries"] = rule.countries;
  if (!rule.subdivisions.empty()) json["subdivisions"] = rule.subdivisions;
  if (!rule.continents.empty()) json["continents"] = rule.continents;
  if (!rule.preference) {
    json["action"] = "nodata";
  } else if (rule.preference->order == steering::Order::listed && rule.preference->regions_max == 0) {
    json["regions"] = rule.preference->regions;
  } else {
    json["steering"] = to_json(*rule.preference);
  }
  return json;
}

Json rules_of(const DraftService& service) {
  Json rules = Json::array();
  for (const DraftRule& rule : service.rules)
    rules.push_back(to_json(rule));
  return rules;
}

Json to_json(const DraftInstance& instance) {
  Json json = {{"region", instance.region}};
  if (instance.target.empty()) {
    json["address"] = instance.address;
  } else {
    json["target"] = instance.target;
    if (!instance.check_address.empty()) json["check_address"] = instance.check_address;
  }
  if (instance.weight != 1) json["weight"] = instance.weight;
  return json;
}

// Lists of rules that several services have, as rule sets: by their text.
class SharedRules {
 public:
  explicit SharedRules(const Draft& draft) {
    std::map<std::string, std::size_t> counts;
    for (const DraftService& service : draft.services)
      ++counts[rules_of(service).dump()];
    std::set<std::string> taken;
    for (const DraftService& service : draft.services) {
      const Json rules = rules_of(service);
      if (rules.empty() || counts[rules.dump()] < 2 || names_.contains(rules.dump())) continue;
      const std::string base = service.rules_name.empty() ? "rules" : service.rules_name;
      std::string name = base;
      for (std::size_t number = 2; !taken.insert(name).second; ++number)
        name = fmt::format("{}-{}", base, number);
      names_.emplace(rules.dump(), name);
      sets_[name] = rules;
    }
  }

  [[nodiscard]] const Json& sets() const noexcept { return sets_; }
  // What stands in a service that has these rules.
  [[nodiscard]] Json place(const Json& rules) const {
    const auto name = names_.find(rules.dump());
    return name == names_.end() ? rules : Json::array({{{"rule_set", name->second}}});
  }

 private:
  std::map<std::string, std::string> names_;
  Json sets_ = Json::object();
};

Json to_json(const DraftService& service, const SharedRules& shared) {
  Json json = {{"ttl", service.ttl_s}, {"ttl_min", service.ttl_min_s}};
  if (service.checks.size() == 1) json["check"] = service.checks.front();
  if (service.checks.size() > 1) json["checks"] = service.checks;
  if (service.panic_percent > 0) json["health"] = {{"panic_threshold", service.panic_percent}};
  Json steering = to_json(service.preference);
  const Json rules = rules_of(service);
  if (!rules.empty()) steering["rules"] = shared.place(rules);
  steering["pick"] = to_text(service.policy);
  const bool has_targets = !service.instances.empty() && !service.instances.front().target.empty();
  if (!has_targets) steering["answers"] = service.answers;
  if (!service.families_together) steering["families"] = "independent";
  json["steering"] = std::move(steering);
  Json instances = Json::array();
  for (const DraftInstance& instance : service.instances)
    instances.push_back(to_json(instance));
  json["instances"] = std::move(instances);
  return json;
}

// Only those that are used: the others would be warned of.
Json regions_of(const Draft& draft) {
  std::set<std::string> used;
  for (const DraftService& service : draft.services) {
    for (const DraftInstance& instance : service.instances)
      used.insert(instance.region);
  }
  Json regions = Json::object();
  for (const DraftRegion& region : draft.regions) {
    if (!used.contains(region.name)) continue;
    const geo::Coordinates place = region.coordinates.value_or(geo::Coordinates{0, 0});
    regions[region.name] = {{"coordinates", {place.latitude, place.longitude}}};
  }
  return regions;
}

Json checks_of(const Draft& draft) {
  Json checks = Json::object();
  for (const auto& [name, check] : draft.checks)
    checks[name] = check;
  return checks;
}

}  // namespace

std::string to_readable_text(const Json& value) {
  std::string text;
  print(value, 0, 0, text);
  return text + "\n";
}

SourceFiles to_files(const Draft& draft, const std::string& comment) {
  Json top = draft.options;
  top["zones"] = "zones";
  if (!draft.geoip.empty()) top["geoip"] = draft.geoip;
  top["regions"] = regions_of(draft);
  if (!draft.checks.empty()) top["checks"] = checks_of(draft);
  const SharedRules shared(draft);
  if (!shared.sets().empty()) top["rule_sets"] = shared.sets();
  // Not by [], which looks through all that are there.
  Json::object_t services;
  services.reserve(draft.services.size());
  for (const DraftService& service : draft.services)
    services.emplace_back(service.name, to_json(service, shared));
  top["services"] = std::move(services);

  SourceFiles files;
  files["rhumb.json"] = "// " + comment + "\n" + to_readable_text(top);
  for (const auto& [name, text] : draft.zones)
    files["zones/" + name + ".zone"] = text;
  return files;
}

}  // namespace rhumb::importing

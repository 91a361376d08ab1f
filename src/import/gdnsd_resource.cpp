#include "import/gdnsd_resource.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/ip_address.hpp"

namespace rhumb::importing {
namespace {

// Resources that name each other in a circle are a mistake that gdnsd does not find.
constexpr std::size_t kDepthMax = 8;
// Of resources that one is made of: more would be no service.
constexpr std::size_t kVisitsMax = 10'000;

// Keys that say how, where others are labels of addresses.
bool is_setting(std::string_view key) {
  constexpr std::string_view kSettings[] = {"service_types", "up_thresh", "ignore_health", "multi",
                                            "plugin",        "addrs_v4",  "addrs_v6"};
  return std::ranges::find(kSettings, key) != std::end(kSettings);
}

const VscfValue* setting(const std::vector<const VscfValue*>& levels, std::string_view key) {
  for (const VscfValue* level : levels) {
    const VscfValue* value = level == nullptr ? nullptr : level->find(key);
    if (value != nullptr) return value;
  }
  return nullptr;
}

// The parts of a resource: those of each family, or itself.
std::vector<const VscfValue*> stanzas(const VscfValue& value) {
  std::vector<const VscfValue*> parts;
  for (const std::string_view key : {"addrs_v4", "addrs_v6"}) {
    if (const VscfValue* part = value.find(key)) parts.push_back(part);
  }
  return parts.empty() ? std::vector<const VscfValue*>{&value} : parts;
}

std::vector<const VscfValue*> with(const VscfValue* level, std::vector<const VscfValue*> levels) {
  levels.insert(levels.begin(), level);
  return levels;
}

}  // namespace

GdnsdResources::GdnsdResources(const VscfValue* plugins, const SourceFiles& files, const GdnsdChecks& checks,
                               Report& report)
    : plugins_(plugins), checks_(checks), report_(report) {
  const VscfValue* geoip = plugin("geoip");
  const VscfValue* maps = geoip == nullptr ? nullptr : geoip->find("maps");
  if (maps == nullptr) return;
  for (const auto& [name, value] : maps->members) {
    if (auto map = read_gdnsd_map(name, value, files, report_)) maps_.emplace(name, std::move(*map));
  }
}

const VscfValue* GdnsdResources::plugin(const std::string& name) const {
  return plugins_ == nullptr ? nullptr : plugins_->find(name);
}

std::string GdnsdResources::find_static(const std::string& resource) const {
  const VscfValue* all = plugin("static");
  const VscfValue* value = all == nullptr ? nullptr : all->find(resource);
  return value == nullptr ? "" : value->text;
}

std::optional<GdnsdResource> GdnsdResources::find(const std::string& plugin, const std::string& resource,
                                                  const std::string& place) {
  visits_ = 0;
  return find_nested(plugin, resource, place, 0);
}

std::optional<GdnsdResource> GdnsdResources::find_nested(const std::string& plugin_name, const std::string& resource,
                                                         const std::string& place, std::size_t depth) {
  if (depth > kDepthMax || ++visits_ > kVisitsMax) {
    report_.error(place, fmt::format("{}!{} names itself, by way of others", plugin_name, resource));
    return std::nullopt;
  }
  const std::size_t slash = resource.find('/');
  const std::string name = resource.substr(0, slash);
  const bool is_meta = plugin_name == "geoip" || plugin_name == "metafo";
  const VscfValue* all = plugin(plugin_name);
  if (all != nullptr && is_meta) all = all->find("resources");
  const VscfValue* value = all == nullptr ? nullptr : all->find(is_meta ? name : resource);
  if (value == nullptr) {
    report_.missing(place, fmt::format("{}!{} is not in the configuration, or of a plugin that nothing here is like",
                                       plugin_name, resource));
    return std::nullopt;
  }
  if (is_meta) {
    return read_meta(plugin_name, name, *value, slash == std::string::npos ? "" : resource.substr(slash + 1), depth);
  }
  return read_addresses(plugin_name, "all", *value, {plugin(plugin_name)});
}

std::optional<GdnsdResource> GdnsdResources::read_meta(const std::string& plugin_name, const std::string& name,
                                                       const VscfValue& resource, const std::string& only,
                                                       std::size_t depth) {
  const Levels levels{&resource, plugin(plugin_name)};
  GdnsdResource result;
  result.skips_first = is_true(setting(levels, "skip_first"));
  std::vector<std::string> datacenters;
  if (plugin_name == "geoip") {
    const VscfValue* map = setting(levels, "map");
    const auto found = map == nullptr ? maps_.end() : maps_.find(map->text);
    if (found == maps_.end()) {
      report_.error(resource.place, fmt::format("{} names no map that there is", name));
      return std::nullopt;
    }
    result.map = &found->second;
    datacenters = found->second.datacenters;
  } else if (const VscfValue* list = setting(levels, "datacenters")) {
    datacenters = list->texts();
  }
  const VscfValue* dcmap = setting(levels, "dcmap");
  for (const std::string& datacenter : datacenters) {
    const VscfValue* value = dcmap == nullptr ? nullptr : dcmap->find(datacenter);
    if (value == nullptr || (!only.empty() && datacenter != only)) continue;
    auto nested = read_datacenter(datacenter, *value, levels, depth);
    if (!nested) continue;
    if (!only.empty()) {
      GdnsdResource alone;
      append(alone, datacenter, std::move(*nested), false);
      return alone;
    }
    append(result, datacenter, std::move(*nested), plugin_name == "geoip");
  }
  if (!only.empty()) report_.error(resource.place, fmt::format("{} has no datacenter {}", name, only));
  return only.empty() ? std::optional(std::move(result)) : std::nullopt;
}

// Puts what a datacenter answers into the resource: its pools get its name.
void GdnsdResources::append(GdnsdResource& resource, const std::string& datacenter, GdnsdResource nested,
                            bool is_of_map) {
  if (nested.map != nullptr && resource.map != nullptr) {
    return report_.missing(nested.map->place,
                           fmt::format("datacenter {} is left out: a service has one map, and {} is the second",
                                       datacenter, nested.map->name));
  }
  if (nested.is_equal && nested.pools.size() > 1) {
    report_.changed(nested.pools.front().place,
                    fmt::format("datacenter {}: the groups of addresses count as one", datacenter));
    GdnsdPool& first = nested.pools.front();
    for (std::size_t i = 1; i < nested.pools.size(); ++i)
      first.instances.insert(first.instances.end(), nested.pools[i].instances.begin(), nested.pools[i].instances.end());
    nested.pools.resize(1);
    nested.before.resize(1);
  }
  // Regions at one place are equals: a spare one is an instance that is used last.
  if (is_of_map && resource.map->uses_auto() && nested.pools.size() > 1) {
    report_.changed(
        nested.pools.front().place,
        fmt::format("datacenter {}: what is second there is used when no datacenter has anything else", datacenter));
    GdnsdPool& first = nested.pools.front();
    for (std::size_t i = 1; i < nested.pools.size(); ++i) {
      for (DraftInstance instance : nested.pools[i].instances) {
        instance.weight = 0;
        first.instances.push_back(std::move(instance));
      }
    }
    nested.pools.resize(1);
    nested.before.resize(1);
  }
  const bool keeps_names = nested.map != nullptr;
  const bool is_single = nested.pools.size() == 1;
  const auto renamed = [&](const std::string& name) {
    return keeps_names ? name : is_single ? datacenter : fmt::format("{}-{}", datacenter, name);
  };
  const auto put = [&](const std::vector<std::string>& names, std::vector<std::string>& list) {
    for (const std::string& name : names)
      list.push_back(renamed(name));
  };
  for (const GdnsdPool& pool : nested.pools) {
    if (std::ranges::find(resource.pools, renamed(pool.name), &GdnsdPool::name) == resource.pools.end()) continue;
    return report_.missing(pool.place, fmt::format("datacenter {} is left out: another one is called {} too",
                                                   datacenter, renamed(pool.name)));
  }
  for (GdnsdPool& pool : nested.pools) {
    pool.name = renamed(pool.name);
    resource.pools.push_back(std::move(pool));
  }
  resource.are_families_apart = resource.are_families_apart || nested.are_families_apart;
  if (is_of_map) {
    put(nested.before, resource.datacenters[datacenter]);
  } else {
    put(nested.before, resource.map == nullptr ? resource.before : resource.after);
  }
  if (nested.map == nullptr) return;
  resource.map = nested.map;
  resource.skips_first = nested.skips_first;
  resource.datacenters = std::move(nested.datacenters);
  put(nested.after, resource.after);
}

std::optional<GdnsdResource> GdnsdResources::read_datacenter(const std::string& name, const VscfValue& value,
                                                             const Levels& above, std::size_t depth) {
  const VscfValue* usual = setting(above, "plugin");
  std::string plugin_name = usual == nullptr ? "multifo" : usual->text;
  if (value.is_text() && (value.text.starts_with('%') || value.text.starts_with('!'))) {
    const std::size_t mark = value.text.find('!');
    if (value.text.starts_with('%') && mark != std::string::npos) plugin_name = value.text.substr(1, mark - 1);
    return find_nested(plugin_name, mark == std::string::npos ? "" : value.text.substr(mark + 1), value.place,
                       depth + 1);
  }
  if (value.is_table()) {
    if (const VscfValue* own = value.find("plugin")) plugin_name = own->text;
    if (plugin_name == "metafo") return read_meta("metafo", name, value, "", depth + 1);
    return read_addresses(plugin_name, name, value, above);
  }
  return read_addresses("multifo", name, value, above);  // an address, a list of them, or a name
}

std::optional<GdnsdResource> GdnsdResources::read_addresses(const std::string& plugin_name, const std::string& name,
                                                            const VscfValue& value, const Levels& above) {
  const Levels levels = with(&value, above);
  GdnsdResource resource;
  if (plugin_name == "multifo" || plugin_name == "static") {
    GdnsdPool pool{.name = name, .place = value.place};
    read_multifo(value, plugin_name == "static" ? Levels{} : levels, pool);
    resource.pools.push_back(std::move(pool));
  } else if (plugin_name == "simplefo") {
    read_simplefo(value, levels, resource);
  } else if (plugin_name == "weighted") {
    read_weighted(value, levels, resource);
  } else {
    report_.missing(value.place, fmt::format("{} is left out: nothing here is like the plugin {}", name, plugin_name));
    return std::nullopt;
  }
  for (const GdnsdPool& pool : resource.pools)
    resource.before.push_back(pool.name);
  return resource;
}

// The settings of a pool whose instances are all there.
void GdnsdResources::settle_pool(const Levels& levels, GdnsdPool& pool) const {
  if (const VscfValue* types = setting(levels, "service_types")) pool.service_types = types->texts();
  if (const VscfValue* threshold = setting(levels, "up_thresh"))
    pool.up_threshold = std::strtod(threshold->text.c_str(), nullptr);
  if (is_true(setting(levels, "ignore_health"))) {
    report_.changed(pool.place, "ignore_health: addresses that are down are left out of answers");
  }
  if (!checks_.is_always_down(pool.service_types)) return;
  for (DraftInstance& instance : pool.instances)
    instance.weight = 0;
  report_.changed(pool.place, "what is always down has weight 0: it is used when nothing else is healthy");
}

DraftInstance GdnsdResources::instance_of(const std::string& text, const std::string& place) {
  if (const auto address = IpAddress::parse(text)) return {.region = {}, .address = address->to_string()};
  if (!text.ends_with('.'))
    report_.error(place, fmt::format("\"{}\" is neither an address nor a name that ends with a dot", text));
  return {.region = {}, .address = {}, .target = text};
}

void GdnsdResources::read_multifo(const VscfValue& value, const Levels& levels, GdnsdPool& pool) {
  const auto add = [&](const std::string& text, const std::string& place) {
    pool.instances.push_back(instance_of(text, place));
  };
  std::vector<std::string> types_of_first;
  bool is_first = true;
  for (const VscfValue* part : stanzas(value)) {
    for (const std::string& text : part->texts())
      add(text, part->place);
    for (const auto& [label, address] : part->members) {
      if (!is_setting(label) && address.is_text()) add(address.text, address.place);
    }
    GdnsdPool own{.name = pool.name, .place = part->place};
    if (const VscfValue* types = setting(with(part, levels), "service_types")) own.service_types = types->texts();
    if (!is_first && own.service_types != types_of_first) {
      report_.changed(part->place, "both families have the service types of addrs_v4");
    }
    if (is_first) types_of_first = own.service_types;
    is_first = false;
  }
  settle_pool(with(stanzas(value).front(), levels), pool);
}

void GdnsdResources::read_simplefo(const VscfValue& value, const Levels& levels, GdnsdResource& resource) {
  resource.are_families_apart = true;
  for (const std::string name : {"primary", "secondary"}) {
    GdnsdPool pool{.name = name, .place = value.place};
    for (const VscfValue* part : stanzas(value)) {
      if (const VscfValue* address = part->find(name))
        pool.instances.push_back(instance_of(address->text, address->place));
    }
    settle_pool(with(stanzas(value).front(), levels), pool);
    resource.pools.push_back(std::move(pool));
  }
}

void GdnsdResources::read_weighted(const VscfValue& value, const Levels& levels, GdnsdResource& resource) {
  const auto parts = stanzas(value);
  for (const VscfValue* part : parts)
    read_weighted_stanza(*part, with(part, levels), resource);
  resource.are_families_apart = parts.size() > 1;
}

// "lb01 = [ 192.0.2.1, 99 ]", or groups of such.
void GdnsdResources::read_weighted_stanza(const VscfValue& value, const Levels& levels, GdnsdResource& resource) {
  const bool is_multi = is_true(setting(levels, "multi"));
  const auto add = [&](GdnsdPool& pool, const VscfValue& item) {
    const auto texts = item.texts();
    if (texts.size() != 2) return report_.error(item.place, "needs an address or a name, and a weight");
    DraftInstance instance = instance_of(texts[0], item.place);
    instance.weight = number_of(VscfValue{VscfValue::Kind::text, item.place, texts[1]}, 1, report_);
    pool.instances.push_back(std::move(instance));
  };
  const auto has_equal_weights = [](const GdnsdPool& pool) {
    return std::ranges::all_of(pool.instances,
                               [&](const auto& other) { return other.weight == pool.instances.front().weight; });
  };
  const auto pool_named = [&](const std::string& name) -> GdnsdPool& {
    const auto same = std::ranges::find(resource.pools, name, &GdnsdPool::name);
    if (same != resource.pools.end()) return *same;
    return resource.pools.emplace_back(GdnsdPool{.name = name, .place = value.place});
  };
  std::size_t groups = 0;
  for (const auto& [label, item] : value.members) {
    if (is_setting(label)) continue;
    if (!item.is_table()) {
      add(pool_named("all"), item);
      continue;
    }
    ++groups;
    GdnsdPool& pool = pool_named(is_multi ? "all" : label);
    for (const auto& [name, address] : item.members)
      add(pool, address);
  }
  for (GdnsdPool& pool : resource.pools) {
    settle_pool(levels, pool);
    pool.is_weighted = groups == 0 && !is_multi;
    pool.answers = pool.is_weighted ? 1 : 0;
    if (groups > 0 && is_multi) {
      pool.is_weighted = true;
      pool.answers = groups;
      report_.changed(pool.place, fmt::format("{} addresses are drawn by weight, which may be of one group", groups));
    } else if (!pool.is_weighted && !has_equal_weights(pool)) {
      report_.changed(pool.place, "all addresses that are up are answered, also those of less weight");
    }
  }
  resource.is_equal = groups > 0 && !is_multi;
}

}  // namespace rhumb::importing

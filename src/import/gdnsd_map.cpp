#include "import/gdnsd_map.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

#include "base/network.hpp"
#include "import/gdnsd_check.hpp"

namespace rhumb::importing {
namespace {

// Rules of one service, as the configuration has it.
constexpr std::size_t kNetworksMax = 1'000'000;

bool is_upper_or_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_letters(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::optional<double> parse_degrees(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' ? std::optional(value) : std::nullopt;
}

class MapReader {
 public:
  MapReader(const SourceFiles& files, Report& report) : files_(files), report_(report) {}

  std::optional<GdnsdMap> read(const std::string& name, const VscfValue& value) {
    map_ = {.name = name, .place = value.place};
    const VscfValue* datacenters = value.find("datacenters");
    if (datacenters == nullptr) {
      report_.error(value.place, fmt::format("map {} has no datacenters", name));
      return std::nullopt;
    }
    map_.datacenters = datacenters->texts();
    if (const VscfValue* coordinates = value.find("auto_dc_coords")) read_coordinates(*coordinates);
    map_.auto_limit = number_of(value.find("auto_dc_limit"), 3, report_);
    if (const VscfValue* database = value.find("geoip2_db")) map_.database = database->text;
    map_.otherwise = {!map_.coordinates.empty(), map_.datacenters};
    if (is_true(value.find("ignore_ecs"))) {
      report_.missing(value.place,
                      fmt::format("map {}: ignore_ecs: the client's network counts, if the resolver tells it", name));
    }
    if (const VscfValue* nets = value.find("nets")) read_networks(*nets);
    if (const VscfValue* places = value.find("map")) read_places(*places);
    return std::move(map_);
  }

 private:
  void read_coordinates(const VscfValue& value) {
    for (const auto& [name, pair] : value.members) {
      const auto texts = pair.texts();
      const auto latitude = texts.size() == 2 ? parse_degrees(texts[0]) : std::nullopt;
      const auto longitude = texts.size() == 2 ? parse_degrees(texts[1]) : std::nullopt;
      if (!latitude || !longitude) {
        report_.error(pair.place, fmt::format("\"{}\" needs a latitude and a longitude", name));
      } else {
        map_.coordinates[name] = {*latitude, *longitude};
      }
    }
  }

  // The datacenters that are listed; one that there is not is told.
  DatacenterList read_list(const VscfValue& value) {
    if (value.is_text() && value.text == "auto") return {true, map_.datacenters};
    DatacenterList list{false, value.texts()};
    std::erase_if(list.datacenters, [&](const std::string& name) {
      const bool is_known = std::ranges::find(map_.datacenters, name) != map_.datacenters.end();
      if (!is_known) report_.error(value.place, fmt::format("\"{}\" is not a datacenter of map {}", name, map_.name));
      return !is_known;
    });
    return list;
  }

  // Puts the codes to those of a rule that leads there too, from the rule number `from` on.
  void add(std::size_t from, DraftRule rule, std::vector<std::string> DraftRule::*condition, DatacenterList list) {
    for (std::size_t i = from; i < map_.rules.size(); ++i) {
      if (map_.rules[i].second != list) continue;
      auto& codes = map_.rules[i].first.*condition;
      codes.insert(codes.end(), (rule.*condition).begin(), (rule.*condition).end());
      return;
    }
    map_.rules.emplace_back(std::move(rule), std::move(list));
  }

  // The most specific network wins, whatever the order of the lines.
  void read_networks(const VscfValue& value) {
    std::optional<VscfValue> of_file;
    if (value.is_text()) {
      const auto path = path_beside("geoip/", value.text);
      if (!path || !files_.contains(*path)) {
        return report_.missing(value.place,
                               fmt::format("map {}: the networks of \"{}\" are left out: it is not in the directory",
                                           map_.name, value.text));
      }
      of_file = parse_vscf(files_, *path, report_);
      if (!of_file) return;
    }
    struct Entry {
      Network network;
      DatacenterList list;
    };
    std::vector<Entry> entries;
    for (const auto& [text, datacenters] : (of_file ? *of_file : value).members) {
      const auto network = as_network(text);
      if (!network || entries.size() == kNetworksMax) {
        report_.error(datacenters.place, network ? fmt::format("more than {} networks", kNetworksMax)
                                                 : fmt::format("\"{}\" is not a network", text));
        break;
      }
      entries.push_back({*network, read_list(datacenters)});
    }
    std::ranges::stable_sort(entries, std::ranges::greater(), [](const Entry& entry) {
      return static_cast<int>(entry.network.prefix_bits) +
             (entry.network.address.family == Family::v4 ? kBitsV6 - kBitsV4 : 0);
    });
    // Networks of one length do not overlap: their order means nothing.
    std::size_t from = 0;
    int length = -1;
    for (Entry& entry : entries) {
      if (length != entry.network.prefix_bits) from = map_.rules.size();
      length = entry.network.prefix_bits;
      add(from, {.name = map_.name + ": networks", .networks = {entry.network.to_string()}}, &DraftRule::networks,
          std::move(entry.list));
    }
  }

  // gdnsd keeps IPv4 in ::/96, and takes such networks for IPv4.
  static std::optional<Network> as_network(const std::string& text) {
    const auto network = Network::parse(text);
    if (!network) return std::nullopt;
    constexpr int kCompatBits = kBitsV6 - kBitsV4;
    if (network->address.family == Family::v4 || network->prefix_bits < kCompatBits ||
        network->address.bits >> kBitsV4 != 0) {
      return network->masked();
    }
    const auto address = IpAddress::v4(static_cast<std::uint32_t>(network->address.bits));
    return Network{address, static_cast<std::uint8_t>(network->prefix_bits - kCompatBits)}.masked();
  }

  void read_places(const VscfValue& places) {
    for (const auto& [continent, value] : places.members) {
      if (continent == "default") {
        map_.otherwise = read_list(value);
      } else {
        read_continent(continent, value);
      }
    }
    for (auto* of_kind : {&of_subdivisions_, &of_countries_, &of_continents_}) {
      const std::size_t from = map_.rules.size();
      for (Place& place : *of_kind)
        add(from, std::move(place.rule), place.condition, std::move(place.list));
    }
  }

  void read_continent(const std::string& continent, const VscfValue& value) {
    if (continent.size() != 2 || !is_letters(continent)) {
      return report_.missing(value.place,
                             fmt::format("map {}: \"{}\" is not a continent, and is left out", map_.name, continent));
    }
    if (!value.is_table()) return add_place(of_continents_, &DraftRule::continents, continent, value);
    for (const auto& [country, own] : value.members) {
      if (country == "default") {
        add_place(of_continents_, &DraftRule::continents, continent, own);
      } else if (country.size() == 2 && is_letters(country)) {
        read_country(country, own);
      } else {
        report_.missing(own.place, fmt::format("map {}: \"{}\" is not a country, and is left out", map_.name, country));
      }
    }
  }

  void read_country(const std::string& country, const VscfValue& value) {
    if (!value.is_table()) return add_place(of_countries_, &DraftRule::countries, country, value);
    for (const auto& [code, own] : value.members) {
      if (code == "default") {
        add_place(of_countries_, &DraftRule::countries, country, own);
      } else if (code.size() <= 3 && std::ranges::all_of(code, is_upper_or_digit)) {
        read_subdivision(country, code, own);
      } else {
        report_.missing(own.place,
                        fmt::format("map {}: {}: \"{}\" is left out: rules know no cities", map_.name, country, code));
      }
    }
  }

  void read_subdivision(const std::string& country, const std::string& code, const VscfValue& value) {
    const std::string name = country + "-" + code;
    if (!value.is_table()) return add_place(of_subdivisions_, &DraftRule::subdivisions, name, value);
    for (const auto& [part, own] : value.members) {
      if (part == "default") {
        add_place(of_subdivisions_, &DraftRule::subdivisions, name, own);
      } else {
        report_.missing(own.place, fmt::format("map {}: {}: \"{}\" is left out: rules know nothing smaller", map_.name,
                                               name, part));
      }
    }
  }

  struct Place {
    DraftRule rule;
    DatacenterList list;
    std::vector<std::string> DraftRule::*condition;
  };

  void add_place(std::vector<Place>& places, std::vector<std::string> DraftRule::*condition, const std::string& code,
                 const VscfValue& value) {
    const char* kind = condition == &DraftRule::continents  ? "continents"
                       : condition == &DraftRule::countries ? "countries"
                                                            : "subdivisions";
    Place place{{.name = fmt::format("{}: {}", map_.name, kind)}, read_list(value), condition};
    place.rule.*condition = {code};
    places.push_back(std::move(place));
  }

  const SourceFiles& files_;
  Report& report_;
  GdnsdMap map_;
  std::vector<Place> of_subdivisions_;
  std::vector<Place> of_countries_;
  std::vector<Place> of_continents_;
};

}  // namespace

bool GdnsdMap::uses_auto() const {
  return otherwise.is_auto || std::ranges::any_of(rules, [](const auto& rule) { return rule.second.is_auto; });
}

std::optional<GdnsdMap> read_gdnsd_map(const std::string& name, const VscfValue& value, const SourceFiles& files,
                                       Report& report) {
  return MapReader(files, report).read(name, value);
}

}  // namespace rhumb::importing

#include "import/geodns.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/ip_address.hpp"
#include "base/network.hpp"
#include "import/geo_rule.hpp"
#include "import/geodns_zone.hpp"
#include "import/places.hpp"

namespace rhumb::importing {
namespace {

using Kind = GeoTarget::Kind;

constexpr std::size_t kAliasDepthMax = 8;
// Of the SOA record and the NS records that GeoDNS makes up.
constexpr std::uint32_t kSoaTtlMax = 3'600;
constexpr std::uint32_t kNsTtl = 86'400;
constexpr std::string_view kSoaTimes = "5400 5400 1209600 3600";

constexpr std::pair<std::string_view, std::string_view> kContinentLabels[] = {
    {"africa", "AF"},  {"antarctica", "AN"},    {"asia", "AS"},         {"europe", "EU"},
    {"oceania", "OC"}, {"north-america", "NA"}, {"south-america", "SA"}};

bool is_lower_case(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}
bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string to_upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; });
  return text;
}

// "[192.0.2.0]": GeoDNS looks for the address itself, and then for its /24 or /48.
std::optional<std::string> network_of_target(std::string_view text) {
  if (text.size() < 3 || !text.starts_with('[') || !text.ends_with(']')) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(1, text.size() - 2));
  if (!address) return std::nullopt;
  constexpr std::uint8_t kNetworkV4 = 24;
  constexpr std::uint8_t kNetworkV6 = 48;
  const std::uint8_t bits = address->family == Family::v4 ? kNetworkV4 : kNetworkV6;
  const bool is_network = network_of(*address, bits) == *address;
  return Network{*address, is_network ? bits : static_cast<std::uint8_t>(bits_of(address->family))}.to_string();
}

// What a last label such as "europe", "us", "us-ca" or "as64500" targets; nothing when it is none.
std::optional<GeoTarget> target_of(const std::string& text) {
  for (const auto& [name, code] : kContinentLabels) {
    if (text == name) return GeoTarget{Kind::continent, std::string(code), {}};
  }
  if (!states_of_group(text).empty()) return GeoTarget{Kind::group, text, {}};
  if (!continent_of(to_upper(text)).empty()) return GeoTarget{Kind::country, to_upper(text), {}};
  if (text.size() > 2 && text.starts_with("as") && is_digits(text.substr(2)))
    return GeoTarget{Kind::asn, text.substr(2), {}};
  if (text.size() >= 4 && text.size() <= 6 && text[2] == '-' && is_lower_case(text.substr(0, 2))) {
    return GeoTarget{Kind::subdivision, to_upper(text), {}};
  }
  if (const auto network = network_of_target(text)) return GeoTarget{Kind::network, *network, {}};
  return std::nullopt;
}

std::string_view option_of(Kind kind) {
  switch (kind) {
    case Kind::network:
      return "ip";
    case Kind::asn:
      return "asn";
    case Kind::subdivision:
      return "region";
    case Kind::group:
      return "regiongroup";
    case Kind::country:
      return "country";
    case Kind::continent:
      return "continent";
    case Kind::everybody:
      break;
  }
  return "@";
}

// A text as one or more character-strings of a master file.
std::string to_strings(std::string_view text) {
  constexpr std::size_t kTxtStringMax = 255;
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % kTxtStringMax == 0) result += i == 0 ? "\"" : "\" \"";
    const auto octet = static_cast<unsigned char>(text[i]);
    if (octet == '"' || octet == '\\') result += '\\';
    result += octet < ' ' || octet > '~' ? fmt::format("\\{:03}", octet) : std::string(1, text[i]);
  }
  return result + "\"";
}

class GeodnsImporter {
 public:
  GeodnsImporter(Draft& draft, Report& report, GeodnsZone zone)
      : draft_(draft), report_(report), zone_(std::move(zone)) {}

  void read() {
    for (const std::string& option : zone_.targeting) {
      constexpr std::string_view kOptions[] = {"@", "country", "continent", "regiongroup", "region", "asn", "ip"};
      if (std::ranges::find(kOptions, option) == std::end(kOptions)) {
        report_.error(zone_.place, fmt::format("\"{}\" is not a way of targeting", option));
      }
    }
    add_implied_labels();
    add_soa();
    for (const auto& [label, own] : zone_.labels)
      add_label(label, own);
    draft_.zones[zone_.name] = text_;
    report_.carried(zone_.place, fmt::format("zone {}", zone_.name));
  }

 private:
  // A label that GeoDNS answers from for a name: that of a target, or, the last of them, its own.
  struct Variant {
    GeoTarget target;
    const GeodnsLabel* label;  // after aliases
  };

  [[nodiscard]] std::string name_of(const std::string& label) const {
    return label.empty() ? zone_.name : label + "." + zone_.name;
  }
  // Names in cname and srv are of this zone without a final dot; others are absolute.
  [[nodiscard]] std::string in_zone(const std::string& name) const {
    return name.ends_with('.') ? name : name + "." + zone_.name + ".";
  }
  static std::string absolute(const std::string& name) { return name.ends_with('.') ? name : name + "."; }

  [[nodiscard]] bool has_option(std::string_view option) const {
    return std::ranges::find(zone_.targeting, option) != zone_.targeting.end();
  }

  // "www.europe" answers for "www", if there is one or not.
  void add_implied_labels() {
    std::map<std::string, GeodnsLabel> implied;
    for (const auto& [label, own] : zone_.labels) {
      const std::size_t cut = label.ends_with(']') ? label.find('[') : label.rfind('.') + 1;  // npos + 1 = 0
      if (cut == std::string::npos || (cut > 0 && label[cut - 1] != '.')) continue;
      const auto target = target_of(label.substr(cut));
      if (!target || !has_option(option_of(target->kind))) continue;
      implied.try_emplace(label.substr(0, cut == 0 ? 0 : cut - 1), GeodnsLabel{.place = own.place});
    }
    zone_.labels.merge(implied);
  }

  void add_soa() {
    const auto apex = zone_.labels.find("");
    const std::vector<GeodnsRecord>* servers = nullptr;
    if (apex != zone_.labels.end() && apex->second.records.contains("ns")) servers = &apex->second.records.at("ns");
    if (servers == nullptr) {
      report_.changed(zone_.place, fmt::format("{}: has no name servers; ns.{}. is made up, which needs an address",
                                               zone_.name, zone_.name));
      text_ += fmt::format("{}. {} NS ns.{}.\n", zone_.name, kNsTtl, zone_.name);
    }
    if (!zone_.serial) report_.changed(zone_.place, "the serial number is 1; GeoDNS takes the time of the file");
    const std::string server = servers == nullptr ? fmt::format("ns.{}.", zone_.name) : absolute(servers->front().data);
    const std::string contact = zone_.contact.empty() ? "hostmaster." + zone_.name : zone_.contact;
    const std::uint32_t ttl =
        zone_.ttl_s == 0
            ? 600
            : static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{zone_.ttl_s} * 10, kSoaTtlMax));
    text_.insert(0, fmt::format("{}. {} SOA {} {} {} {}\n", zone_.name, ttl, server, absolute(contact),
                                zone_.serial.value_or(1), kSoaTimes));
  }

  // A label without its aliases; null when they lead nowhere.
  [[nodiscard]] const GeodnsLabel* resolve(const GeodnsLabel* label, const std::string& suffix) {
    for (std::size_t depth = 0; label != nullptr && label->records.contains("alias"); ++depth) {
      const std::string& name = label->records.at("alias").front().data;
      auto next = suffix.empty() ? zone_.labels.end()
                                 : zone_.labels.find(name.empty() ? suffix : fmt::format("{}.{}", name, suffix));
      if (next == zone_.labels.end()) next = zone_.labels.find(name);
      if (next == zone_.labels.end() || depth == kAliasDepthMax) {
        report_.missing(label->place, fmt::format("the alias leads to \"{}\", which is no label", name));
        return nullptr;
      }
      label = &next->second;
    }
    return label;
  }

  // The name that a label's variants stand under: that of its alias.
  [[nodiscard]] std::string base_of(std::string label) const {
    for (std::size_t depth = 0; depth < kAliasDepthMax; ++depth) {
      const auto found = zone_.labels.find(label);
      if (found == zone_.labels.end() || !found->second.records.contains("alias")) break;
      label = found->second.records.at("alias").front().data;
    }
    return label;
  }

  [[nodiscard]] std::vector<Variant> variants_of(const std::string& label, const GeodnsLabel& own) {
    std::vector<Variant> variants;
    const auto* own_data = resolve(&own, "");
    if (own_data == nullptr) return variants;
    const std::string base = base_of(label);
    const std::string prefix = base.empty() ? "" : base + ".";
    for (auto at = zone_.labels.lower_bound(prefix); at != zone_.labels.end() && at->first.starts_with(prefix); ++at) {
      const std::string suffix = at->first.substr(prefix.size());
      auto target = target_of(suffix);
      if (!target || !has_option(option_of(target->kind))) continue;
      target->region = suffix;
      if (const auto* found = resolve(&at->second, suffix)) variants.push_back({*target, found});
    }
    variants.push_back({{Kind::everybody, "", "default"}, own_data});
    return variants;
  }

  void add_label(const std::string& label, const GeodnsLabel& own) {
    if (label.ends_with(']')) return;  // "www.[192.0.2.0]": nobody asks for that
    const auto variants = variants_of(label, own);
    if (variants.empty()) return;
    bool is_steered = false;
    for (const Variant& variant : variants) {
      const bool has_names = variant.label->records.contains("cname");
      is_steered = is_steered || variant.label->records.contains("a") || variant.label->records.contains("aaaa") ||
                   (has_names && (variants.size() > 1 || variant.label->records.at("cname").size() > 1));
    }
    add_records(label, *variants.back().label, is_steered);
    for (const Variant& variant : variants) {
      if (variant.target.kind != Kind::everybody) tell_lost_types(label, variant);
    }
    if (is_steered) add_steered(label, own, variants);
  }

  // Types that are not steered have the records of everybody.
  void tell_lost_types(const std::string& label, const Variant& variant) {
    for (const auto& [type, records] : variant.label->records) {
      if (type == "a" || type == "aaaa" || type == "cname") continue;
      report_.missing(variant.label->place,
                      fmt::format("{} {} is not steered: clients of \"{}\" get what all others do", name_of(label),
                                  to_upper(type), variant.target.region));
    }
  }

  void add_records(const std::string& label, const GeodnsLabel& data, bool is_steered) {
    const std::uint32_t ttl = data.ttl_s.value_or(zone_.ttl_s);
    for (const auto& [type, records] : data.records) {
      if (type == "a" || type == "aaaa" || (type == "cname" && is_steered)) continue;
      const bool is_weighted =
          std::ranges::any_of(records, [](const GeodnsRecord& record) { return record.weight > 0; });
      if (is_weighted && records.size() > data.max_hosts.value_or(zone_.max_hosts)) {
        report_.changed(data.place, fmt::format("{} {}: all records are answered, whatever their weights",
                                                name_of(label), to_upper(type)));
      }
      for (const GeodnsRecord& record : records)
        text_ += fmt::format("{}. {} {} {}\n", name_of(label), type == "ns" ? data.ttl_s.value_or(kNsTtl) : ttl,
                             to_upper(type), data_of(type, record));
    }
  }

  [[nodiscard]] std::string data_of(const std::string& type, const GeodnsRecord& record) const {
    if (type == "mx") return fmt::format("{} {}", record.preference, absolute(record.data));
    if (type == "srv")
      return fmt::format("{} {} {} {}", record.preference, record.srv_weight, record.port, in_zone(record.data));
    if (type == "txt" || type == "spf") return to_strings(record.data);
    return type == "cname" ? in_zone(record.data) : absolute(record.data);
  }

  void add_steered(const std::string& label, const GeodnsLabel& own, const std::vector<Variant>& variants) {
    DraftService service;
    service.name = name_of(label);
    service.place = own.place;
    service.families_together = false;
    service.policy = steering::Policy::weighted;
    service.ttl_s = zone_.ttl_s;
    service.rules_name = zone_.name;
    std::vector<GeoTarget> targets;
    bool is_first = true;
    for (const Variant& variant : variants) {
      GeoTarget target = variant.target;
      target.region = draft_.add_region(target.region, std::nullopt);
      const std::size_t before = service.instances.size();
      add_instances(target.region, *variant.label, service);
      if (service.instances.size() == before) continue;
      settle_numbers(variant, is_first, service);
      is_first = false;
      service.preference.regions.push_back(target.region);
      targets.push_back(std::move(target));
    }
    if (targets.empty()) return;
    service.ttl_min_s = service.ttl_s;
    service.rules = to_rules(targets);
    const bool has_default = targets.back().kind == Kind::everybody;
    if (has_default) {
      service.preference.regions = {targets.back().region};
    } else {
      service.rules.push_back(rule_for_everybody_else());
    }
    const std::string carried = fmt::format("{}: service for {} targets", service.name, targets.size());
    const std::size_t before = draft_.services.size();
    add_service(draft_, std::move(service), report_);
    if (draft_.services.size() > before) report_.carried(own.place, carried);
  }

  // TTL and number of answers are a service's: those of everybody, else of the first.
  void settle_numbers(const Variant& variant, bool is_first, DraftService& service) {
    const GeodnsLabel& label = *variant.label;
    const std::uint32_t ttl = label.ttl_s.value_or(zone_.ttl_s);
    const std::uint32_t hosts = std::clamp(label.max_hosts.value_or(zone_.max_hosts), 1U, 255U);
    if (!is_first && (ttl != service.ttl_s || hosts != service.answers)) {
      report_.changed(label.place, fmt::format("{}: all targets have one TTL and one max_hosts", service.name));
    }
    const bool is_everybody = variant.target.kind == Kind::everybody;
    if (is_first || is_everybody) {
      service.ttl_s = ttl;
      service.answers = hosts;
    }
    if (label.is_closest) {
      report_.missing(label.place,
                      fmt::format("{}: closest: give each address a region with its place, and \"order\": \"nearest\"",
                                  service.name));
    }
    if (label.has_health) {
      report_.missing(label.place,
                      fmt::format("{}: health: everything counts as healthy; give the service a check", service.name));
    }
  }

  void add_instances(const std::string& region, const GeodnsLabel& label, DraftService& service) {
    for (const std::string type : {"a", "aaaa", "cname"}) {
      const auto found = label.records.find(type);
      if (found == label.records.end()) continue;
      const bool has_weights =
          std::ranges::any_of(found->second, [](const GeodnsRecord& record) { return record.weight > 0; });
      for (const GeodnsRecord& record : found->second) {
        DraftInstance instance{.region = region};
        instance.weight = has_weights ? record.weight : 1;
        if (type == "cname") {
          instance.target = in_zone(record.data);
        } else if (const auto address = IpAddress::parse(record.data)) {
          instance.address = address->to_string();
        } else {
          report_.error(label.place, fmt::format("\"{}\" is not an address", record.data));
          continue;
        }
        service.instances.push_back(std::move(instance));
      }
    }
  }

  Draft& draft_;
  Report& report_;
  GeodnsZone zone_;
  std::string text_;
};

}  // namespace

Draft import_geodns(const SourceFiles& files, Report& report) {
  Draft draft;
  draft.options["listen"] = {"0.0.0.0:53", "[::]:53"};
  for (const auto& [file, text] : files) {
    if (auto zone = read_geodns_zone(file, text, report)) GeodnsImporter(draft, report, std::move(*zone)).read();
  }
  return draft;
}

}  // namespace rhumb::importing

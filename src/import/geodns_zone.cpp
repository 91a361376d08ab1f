#include "import/geodns_zone.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "config/json_place.hpp"
#include "import/text.hpp"

namespace rhumb::importing {
namespace {

using config::Json;
using config::JsonPlace;

constexpr std::string_view kTypes[] = {"a", "aaaa", "alias", "cname", "mx", "ns", "txt", "spf", "srv", "ptr"};

// GeoDNS takes numbers that stand as texts.
std::optional<std::uint32_t> number(const JsonPlace& place) {
  constexpr std::int64_t kMost = 2'147'483'647;
  if (!place.is_text()) {
    const auto value = place.integer(0, kMost);
    return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
  }
  const std::string text = place.text().value_or("");
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value <= kMost) return value;
  place.error(fmt::format("\"{}\" is not a number", text));
  return std::nullopt;
}
std::uint32_t number_or(const JsonPlace& parent, std::string_view key, std::uint32_t otherwise) {
  const auto place = parent.member(key);
  return place ? number(*place).value_or(otherwise) : otherwise;
}
std::uint16_t small_number_or(const JsonPlace& parent, std::string_view key) {
  return static_cast<std::uint16_t>(std::min(number_or(parent, key, 0), 65'535U));
}

class ZoneReader {
 public:
  explicit ZoneReader(Report& report) : report_(report) {}

  GeodnsZone read(const JsonPlace& top, const std::string& file) {
    GeodnsZone zone{.name = to_lower(std::filesystem::path(file).stem().string()), .place = file};
    for (const auto& [key, place] : top.members()) {
      if (key == "serial") {
        zone.serial = number(place);
      } else if (key == "ttl") {
        zone.ttl_s = number(place).value_or(zone.ttl_s);
      } else if (key == "max_hosts") {
        zone.max_hosts = number(place).value_or(zone.max_hosts);
      } else if (key == "contact") {
        zone.contact = place.text().value_or("");
      } else if (key == "closest") {
        is_closest_ = place.boolean().value_or(false);
      } else if (key == "targeting") {
        read_targeting(place, zone);
      } else if (key != "data" && key != "logging") {
        report_.missing(place.place(), "GeoDNS has no such option");
      }
    }
    const auto data = top.required("data");
    if (!data) return zone;
    for (const auto& [label, place] : data->members()) {
      if (const auto read = read_label(place)) zone.labels[to_lower(label)] = *read;
    }
    return zone;
  }

 private:
  static void read_targeting(const JsonPlace& place, GeodnsZone& zone) {
    const std::string text = place.text().value_or("");
    zone.targeting.clear();
    for (std::size_t at = text.find_first_not_of(' '); at != std::string::npos; at = text.find_first_not_of(' ', at)) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      zone.targeting.push_back(text.substr(at, end - at));
      at = end;
    }
  }

  std::optional<GeodnsLabel> read_label(const JsonPlace& place) {
    GeodnsLabel label{.place = place.place()};
    label.is_closest = is_closest_;
    for (const auto& [key, value] : place.members()) {
      if (key == "ttl") {
        label.ttl_s = number(value);
      } else if (key == "max_hosts") {
        label.max_hosts = number(value);
      } else if (key == "closest") {
        label.is_closest = value.boolean().value_or(false);
      } else if (key == "health") {
        label.has_health = true;
      } else if (std::ranges::find(kTypes, key) != std::end(kTypes)) {
        read_records(key, value, label);
      } else {
        report_.missing(value.place(), fmt::format("GeoDNS has no type {}", key));
      }
    }
    return label;
  }

  // A text, a list, or an object: {"ns1.example.net.": null} or {"mx": …}.
  static void read_records(const std::string& type, const JsonPlace& place, GeodnsLabel& label) {
    auto& records = label.records[type];
    if (place.is_text()) {
      records.push_back({place.text().value_or("")});
    } else if (place.is_array()) {
      for (const JsonPlace& element : place.elements())
        records.push_back(read_record(type, element, label));
    } else if (place.is_object() && type == "ns") {
      for (const auto& [name, nothing] : place.members())
        records.push_back({name});
    } else if (place.is_object()) {
      records.push_back(read_record(type, place, label));
    }
    std::erase_if(records, [](const GeodnsRecord& record) { return record.data.empty(); });
    if (records.empty()) label.records.erase(type);
  }

  static GeodnsRecord read_record(const std::string& type, const JsonPlace& place, GeodnsLabel& label) {
    GeodnsRecord record;
    if (place.is_text()) {
      record.data = place.text().value_or("");
    } else if (place.is_array()) {  // ["192.0.2.1", 10]
      const auto parts = place.elements();
      if (!parts.empty()) record.data = parts[0].text().value_or("");
      if (parts.size() > 1) record.weight = number(parts[1]).value_or(0);
    } else if (place.is_object()) {
      auto data = place.member(type == "srv" ? "target" : type);
      if (!data) data = place.member("ip");
      if (data) record.data = data->text().value_or("");
      record.weight = number_or(place, "weight", 0);
      record.preference = small_number_or(place, type == "srv" ? "priority" : "preference");
      record.srv_weight = small_number_or(place, "srv_weight");
      record.port = small_number_or(place, "port");
      label.has_health = label.has_health || place.member("health").has_value();
    }
    if (record.data.empty()) place.error(fmt::format("is not a record of type {}", type));
    return record;
  }

  Report& report_;
  bool is_closest_ = false;
};

}  // namespace

std::optional<GeodnsZone> read_geodns_zone(const std::string& file, const std::string& text, Report& report) {
  Problems problems;
  std::optional<GeodnsZone> zone;
  if (const auto json = config::parse_json(text, file, problems)) {
    const JsonPlace top(*json, file, problems);
    if (top.is_object()) {
      zone = ZoneReader(report).read(top, file);
    } else {
      top.error("is not a zone of GeoDNS: an object with \"data\"");
    }
  }
  report.append(problems);
  return problems.has_errors() ? std::nullopt : zone;
}

}  // namespace rhumb::importing

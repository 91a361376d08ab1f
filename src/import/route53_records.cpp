#include "import/route53_records.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "config/json_place.hpp"
#include "import/text.hpp"

namespace rhumb::importing {
namespace {

using config::JsonPlace;
using Policy = Route53Records::Policy;

constexpr std::int64_t kRoute53TtlMax = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kRecordSetsMax = 1'000'000;

// Route 53 escapes octets as \ooo, in octal; master files as \DDD, in decimal.
std::string with_decimal_escapes(std::string_view text) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] <= '3' && is_octal(text[i + 1]) &&
                           is_octal(text[i + 2]) && is_octal(text[i + 3]);
    if (!is_escape) {
      result += text[i];
      if (text[i] == '\\' && i + 1 < text.size()) result += text[++i];
      continue;
    }
    const int octet = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
    result += octet == '*' ? "*" : fmt::format("\\{:03}", octet);
    i += 3;
  }
  return result;
}

std::string absolute(std::string name) {
  if (!name.ends_with('.')) name += '.';
  return name;
}

// Which field of the data is a name that Route 53 takes for absolute with or without a final dot: from 1; 0: none.
std::size_t name_field(std::string_view type) {
  if (type == "CNAME" || type == "NS" || type == "PTR") return 1;
  if (type == "MX" || type == "HTTPS" || type == "SVCB") return 2;
  return type == "SRV" ? 4 : type == "NAPTR" ? 6 : 0;
}

std::string converted_value(std::string_view type, std::string_view value) {
  std::string text = with_decimal_escapes(value);
  const std::size_t field = name_field(type);
  if (field == 0) return text;
  std::size_t begin = 0;
  for (std::size_t i = 1; i < field && begin != std::string::npos; ++i)
    begin = text.find_first_not_of(' ', std::min(text.find(' ', begin), text.size()));
  if (begin == std::string::npos) return text;
  const std::size_t end = std::min(text.find(' ', begin), text.size());
  return text.substr(0, begin) + absolute(text.substr(begin, end - begin)) + text.substr(end);
}

std::string text_or(const JsonPlace& parent, std::string_view key) {
  const auto place = parent.member(key);
  return place ? place->text().value_or("") : "";
}
bool is_set(const JsonPlace& parent, std::string_view key) {
  const auto place = parent.member(key);
  return place && place->boolean().value_or(false);
}
std::uint32_t number_or(const JsonPlace& parent, std::string_view key, std::uint32_t otherwise, std::int64_t most) {
  const auto place = parent.member(key);
  return place ? static_cast<std::uint32_t>(place->integer(0, most).value_or(otherwise)) : otherwise;
}

void read_geolocation(const JsonPlace& place, Route53Records& records) {
  records.policy = Policy::geolocation;
  const std::string continent = text_or(place, "ContinentCode");
  const std::string country = text_or(place, "CountryCode");
  const std::string subdivision = text_or(place, "SubdivisionCode");
  records.is_continent = !continent.empty();
  records.location = !continent.empty() ? continent : subdivision.empty() ? country : country + "-" + subdivision;
  if (records.location.empty()) place.error("needs a ContinentCode or a CountryCode");
}

void read_geoproximity(const JsonPlace& place, Route53Records& records) {
  records.policy = Policy::geoproximity;
  records.region = text_or(place, "AWSRegion");
  if (records.region.empty()) records.region = text_or(place, "LocalZoneGroup");
  if (const auto bias = place.member("Bias")) records.bias = static_cast<int>(bias->integer(-99, 99).value_or(0));
  const auto coordinates = place.member("Coordinates");
  if (!coordinates || !coordinates->is_object()) return;
  const auto degrees = [&](std::string_view key) { return std::strtod(text_or(*coordinates, key).c_str(), nullptr); };
  records.coordinates = geo::Coordinates{degrees("Latitude"), degrees("Longitude")};
}

void read_policy(const JsonPlace& place, Route53Records& records) {
  if (const auto geolocation = place.member("GeoLocation"); geolocation && geolocation->is_object()) {
    read_geolocation(*geolocation, records);
  } else if (const auto proximity = place.member("GeoProximityLocation"); proximity && proximity->is_object()) {
    read_geoproximity(*proximity, records);
  } else if (place.member("CidrRoutingConfig")) {
    records.policy = Policy::cidr;
  } else if (const auto failover = place.member("Failover")) {
    records.policy = Policy::failover;
    records.is_primary = failover->choice<bool>({{"PRIMARY", true}, {"SECONDARY", false}}).value_or(false);
  } else if (place.member("Region")) {
    records.policy = Policy::latency;
    records.region = text_or(place, "Region");
  } else if (is_set(place, "MultiValueAnswer")) {
    records.policy = Policy::multivalue;
  } else if (place.member("Weight")) {
    records.policy = Policy::weighted;
    records.weight = number_or(place, "Weight", 0, 255);
  }
}

std::optional<Route53Records> read_record_set(const JsonPlace& place) {
  if (!place.is_object()) {
    place.error("is not a record set");
    return std::nullopt;
  }
  const auto name = place.required("Name");
  const auto type = place.required("Type");
  const auto name_text = name ? name->text() : std::nullopt;
  const auto type_text = type ? type->text() : std::nullopt;
  if (!name_text || !type_text) return std::nullopt;
  Route53Records records{place.place(), absolute(to_lower(with_decimal_escapes(*name_text))), *type_text};
  records.ttl_s = number_or(place, "TTL", 0, kRoute53TtlMax);
  records.identifier = text_or(place, "SetIdentifier");
  records.health_check = text_or(place, "HealthCheckId");
  if (const auto values = place.member("ResourceRecords")) {
    for (const JsonPlace& value : values->elements()) {
      if (value.is_object()) records.values.push_back(converted_value(records.type, text_or(value, "Value")));
    }
  }
  if (const auto alias = place.member("AliasTarget"); alias && alias->is_object()) {
    records.alias = absolute(to_lower(with_decimal_escapes(text_or(*alias, "DNSName"))));
  }
  read_policy(place, records);
  if (records.values.empty() && records.alias.empty()) place.error("has neither ResourceRecords nor an AliasTarget");
  return records;
}

// The elements of the list `key` at the top of a document.
template <typename Use>
void for_each_of(const std::string& file, const std::string& text, std::string_view key, Report& report,
                 const Use& use) {
  Problems problems;
  if (const auto json = config::parse_json(text, file, problems)) {
    const JsonPlace top(*json, file, problems);
    const auto list = top.is_object() ? top.required(key) : std::nullopt;
    if (!top.is_object()) top.error(fmt::format("is not what the AWS CLI prints: an object with \"{}\"", key));
    if (list) {
      for (const JsonPlace& element : list->elements())
        use(element);
    }
  }
  report.append(problems);
}

}  // namespace

std::vector<Route53Records> read_route53_records(const SourceFiles& files, Report& report) {
  std::vector<Route53Records> all;
  for (const auto& [file, text] : files) {
    for_each_of(file, text, "ResourceRecordSets", report, [&](const JsonPlace& place) {
      auto records = read_record_set(place);
      if (records && all.size() < kRecordSetsMax) all.push_back(std::move(*records));
    });
  }
  if (all.size() == kRecordSetsMax)
    report.error(files.begin()->first, fmt::format("more than {} record sets", kRecordSetsMax));
  return all;
}

std::vector<Route53HealthCheck> read_route53_health_checks(const std::string& file, const std::string& text,
                                                           Report& report) {
  std::vector<Route53HealthCheck> checks;
  for_each_of(file, text, "HealthChecks", report, [&](const JsonPlace& place) {
    const auto config = place.is_object() ? place.required("HealthCheckConfig") : std::nullopt;
    if (!config || !config->is_object()) return;
    Route53HealthCheck check{.id = text_or(place, "Id"),
                             .place = place.place(),
                             .type = text_or(*config, "Type"),
                             .address = text_or(*config, "IPAddress"),
                             .host = text_or(*config, "FullyQualifiedDomainName"),
                             .port = 0,
                             .path = text_or(*config, "ResourcePath"),
                             .search_string = text_or(*config, "SearchString")};
    check.port = number_or(*config, "Port", check.type.starts_with("HTTPS") ? 443 : 80, 65'535);
    check.interval_s = number_or(*config, "RequestInterval", 30, 86'400);
    check.failures = number_or(*config, "FailureThreshold", 3, 64);
    check.is_inverted = is_set(*config, "Inverted");
    check.is_disabled = is_set(*config, "Disabled");
    checks.push_back(std::move(check));
  });
  return checks;
}

}  // namespace rhumb::importing

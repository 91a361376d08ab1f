#include <nlohmann/json.hpp>

#include "daemon/explanation.hpp"
#include "steering/words.hpp"

namespace rhumb::daemon {
namespace {

using Json = nlohmann::ordered_json;

Json location_json(const ExplainedLocation& location) {
  Json json = Json::object();
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  add("continent", location.continent);
  add("country", location.country);
  add("subdivision", location.subdivision);
  add("city", location.city);
  if (location.coordinates) json["coordinates"] = {location.coordinates->latitude, location.coordinates->longitude};
  if (location.asn != 0) json["asn"] = location.asn;
  add("source", location.place_source);
  add("coordinates_source", location.coordinates_source);
  return json;
}

Json instance_json(const ExplainedInstance& instance, const char* address_key) {
  Json json{{address_key, instance.address}, {"state", instance.state}};
  if (const auto& health = instance.health) {
    json["standing"] = health->standing;
    json["share"] = health->share;
    if (!health->evidence.empty()) json["evidence"] = health->evidence;
  }
  json["weight"] = instance.weight;
  json["picked"] = instance.picked;
  return json;
}

Json region_json(const ExplainedRegion& region, const char* address_key) {
  Json json{{"region", region.name}, {"tier", region.tier}};
  if (region.distance_km) json["distance_km"] = *region.distance_km;
  if (const auto& latency = region.latency) {
    json["latency"] = {{"rtt_ms", latency->rtt_ms},
                       {"source", latency->source},
                       {"samples", latency->samples},
                       {"measured_at", latency->measured_at}};
  }
  json["picked"] = region.picked;
  json["instances"] = Json::array();
  for (const ExplainedInstance& instance : region.instances) {
    json["instances"].push_back(instance_json(instance, address_key));
  }
  return json;
}

Json steering_json(const ExplainedSteering& steering) {
  Json json{{"service", steering.service}, {"family", steering.family.empty() ? Json(nullptr) : Json(steering.family)},
            {"client", steering.client},   {"location", location_json(steering.location)},
            {"order", steering.order},     {"pick", steering.policy}};
  if (!steering.rule.empty()) json["rule"] = steering.rule;
  json["ranking"] = Json::array();
  for (const ExplainedRegion& region : steering.ranking)
    json["ranking"].push_back(region_json(region, steering.family.empty() ? "target" : "address"));
  json["outcome"] = steering::to_text(steering.outcome);
  json["why"] = steering.reason;
  json["ttl"] = steering.ttl_s;
  json["scope_bits"] = steering.scope_bits;
  json["scope"] = steering.scope;
  return json;
}

}  // namespace

std::string to_json(const Explanation& explanation) {
  Json json{{"name", explanation.name}, {"type", explanation.type}};
  if (!explanation.resolver.empty()) json["resolver"] = explanation.resolver;
  json["zone"] = explanation.zone.empty() ? Json(nullptr) : Json(explanation.zone);
  json["steps"] = explanation.steps;
  if (!explanation.steering.empty()) json["steering"] = steering_json(explanation.steering.front());
  if (explanation.steering.size() > 1) {
    for (const ExplainedSteering& steering : explanation.steering)
      json["all_steering"].push_back(steering_json(steering));
  }
  json["rcode"] = explanation.rcode;
  json["answer"] = explanation.answer;
  json["authority"] = explanation.authority;
  if (!explanation.note.empty()) json["note"] = explanation.note;
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rhumb::daemon

#include "control/api.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/suggestion.hpp"
#include "control/http_status.hpp"
#include "control/operations_json.hpp"

namespace rhumb::control {
namespace {

// Keys in the order in which they are written: it is read by people.
using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

ApiAnswer json_answer(std::string json) {
  return {kOk, "application/json", std::move(json) + "\n"};
}
ApiAnswer json_answer(const Json& json) {
  return json_answer(dump(json));
}

ApiAnswer done() {
  return {kNoContent};
}

// What health has refused. What is not there is not found; all else is against a rule, as things are now.
ApiAnswer refused(const ApiCall& call, const health::Scope& scope, const std::string& why) {
  const bool is_there = !check_scope(scope, call.operations.status());
  return problem(is_there ? kConflict : kNotFound, why);
}

// Why the query has a key that the resource does not know.
std::optional<ApiAnswer> refuse_query(const ApiCall& call, std::initializer_list<std::string_view> keys) {
  for (const auto& [key, value] : call.target.query) {
    if (std::ranges::find(keys, key) != keys.end()) continue;
    return problem(kBadRequest, fmt::format("query: \"{}\" is not known here{}", key, suggestion(key, keys)));
  }
  return std::nullopt;
}

std::string value_of(const ApiCall& call, const std::string& key) {
  const auto found = call.target.query.find(key);
  return found == call.target.query.end() ? std::string() : found->second;
}

// By the rules of one that stands in a body.
Decoded<health::Scope> scope_of_query(const ApiCall& call) {
  Json json = Json::object();
  for (const auto& [key, value] : call.target.query)
    json[key] = value;
  return read_scope(dump(json));
}

// Health.

ApiAnswer get_status(const ApiCall& call) {
  if (auto refusal = refuse_query(call, {})) return *refusal;
  return json_answer(to_json(call.operations.status(), Layout::line));
}

ApiAnswer get_instances(const ApiCall& call) {
  if (auto refusal = refuse_query(call, {"service", "region"})) return *refusal;
  return json_answer(instances_to_json(call.operations.status(), value_of(call, "service"), value_of(call, "region")));
}

ApiAnswer get_overrides(const ApiCall& call) {
  if (auto refusal = refuse_query(call, {})) return *refusal;
  return json_answer(overrides_to_json(call.operations.status()));
}

ApiAnswer post_override(const ApiCall& call) {
  Decoded<GivenOverride> given = read_override(call.request.body);
  if (!given.value) return problem(kBadRequest, given.error);
  health::Override& word = given.value->word;
  if (word.owner.empty()) word.owner = call.request.caller.name;
  if (const auto why = call.operations.set_override(word, given.value->force)) return refused(call, word.scope, *why);
  return json_answer(to_json(*given.value));
}

ApiAnswer delete_override(const ApiCall& call) {
  const Decoded<health::Scope> scope = scope_of_query(call);
  if (!scope.value) return problem(kBadRequest, scope.error);
  if (const auto why = call.operations.clear_override(*scope.value)) return problem(kNotFound, *why);
  return done();
}

ApiAnswer post_resume(const ApiCall& call) {
  const Decoded<health::Scope> scope = read_scope(call.request.body);
  if (!scope.value) return problem(kBadRequest, scope.error);
  if (const auto why = call.operations.resume(*scope.value)) return refused(call, *scope.value, *why);
  return done();
}

ApiAnswer post_report(const ApiCall& call) {
  const Decoded<health::PushReport> report = read_report(call.request.body);
  if (!report.value) return problem(kBadRequest, report.error);
  if (const auto why = call.operations.report(*report.value)) return refused(call, report.value->scope, *why);
  return done();
}

// The server.

Json load_json(const LoadReport& load) {
  return {{"done", load.is_done}, {"databases_held_back", load.has_held_back}, {"report", load.lines}};
}

ApiAnswer get_server(const ApiCall& call) {
  const ServerInfo info = call.administration.server_info();
  Json json{{"version", info.version},
            {"pid", info.pid},
            {"started_at", to_rfc3339(info.started_at)},
            {"config_file", info.config_file},
            {"listen", info.listen},
            {"generation", info.generation},
            {"loaded_at", to_rfc3339(info.loaded_at)},
            {"last_load", load_json(info.reload)}};
  json["last_load"]["at"] = to_rfc3339(info.reload_at);
  return json_answer(json);
}

Json zone_json(const ZoneInfo& zone) {
  Json json{{"name", zone.name}, {"loaded", zone.is_loaded}};
  if (!zone.is_loaded) return json;
  json["serial"] = zone.serial;
  json["names"] = zone.names;
  json["records"] = zone.records;
  json["memory"] = zone.memory;
  return json;
}

ApiAnswer get_zones(const ApiCall& call) {
  Json zones = Json::array();
  for (const ZoneInfo& zone : call.administration.zones())
    zones.push_back(zone_json(zone));
  return json_answer(Json{{"zones", std::move(zones)}});
}

ApiAnswer get_zone(const ApiCall& call) {
  const std::string& name = call.target.path.back();
  const auto zone = call.administration.zone(name);
  return zone ? json_answer(zone_json(*zone)) : problem(kNotFound, fmt::format("there is no zone \"{}\"", name));
}

Json service_json(const ServiceInfo& service) {
  Json json{{"name", service.name},         {"ttl", service.ttl_s},
            {"ttl_min", service.ttl_min_s}, {"order", service.order},
            {"pick", service.pick},         {"answers", service.answers},
            {"spread", service.spread},     {"when_all_down", service.when_all_down},
            {"regions", service.regions},   {"instances", Json::array()}};
  for (const ServiceInfo::Instance& instance : service.instances) {
    json["instances"].push_back(
        {{"region", instance.region}, {"instance", instance.name}, {"weight", instance.weight}});
  }
  return json;
}

ApiAnswer get_services(const ApiCall& call) {
  Json services = Json::array();
  for (const ServiceInfo& service : call.administration.services())
    services.push_back(service_json(service));
  return json_answer(Json{{"services", std::move(services)}});
}

ApiAnswer get_regions(const ApiCall& call) {
  Json regions = Json::array();
  for (const RegionInfo& region : call.administration.regions()) {
    Json json{{"name", region.name}, {"coordinates", {region.latitude, region.longitude}}};
    if (region.capacity > 0) json["capacity"] = region.capacity;
    regions.push_back(std::move(json));
  }
  return json_answer(Json{{"regions", std::move(regions)}});
}

ApiAnswer get_config(const ApiCall& call) {
  return json_answer(call.administration.config());
}

ApiAnswer get_metrics(const ApiCall& call) {
  return {kOk, "text/plain; version=0.0.4; charset=utf-8", call.administration.metrics()};
}

ApiAnswer reload_answer(const LoadReport& report) {
  if (report.is_done) return json_answer(load_json(report));
  ApiAnswer answer = problem(kConflict, "the reload is refused: what was served before keeps being served");
  Json json = Json::parse(answer.body);
  json["report"] = report.lines;
  answer.body = dump(json) + "\n";
  return answer;
}

ApiAnswer get_decisions(const ApiCall& call) {
  if (auto refusal = refuse_query(call, {})) return *refusal;
  return json_answer(call.administration.decisions());
}

// Of all, or of the zone that is the third part of the path.
void start_reload(const ApiCall& call, ApiDone done) {
  constexpr std::size_t kZonePart = 2;  // of /v1/zones/{name}/reload; /v1/reload has none
  const auto& path = call.target.path;
  ReloadOrder order{.zone = path.size() > kZonePart ? path[kZonePart] : ""};
  for (const auto& [key, value] : call.target.query) {
    const bool is_known = order.zone.empty() && key == "accept" && value == "databases";
    if (!is_known) return done(problem(kBadRequest, fmt::format("query: \"{}={}\" is not known here", key, value)));
    order.accepts_databases = true;
  }
  call.administration.reload(std::move(order),
                             [done = std::move(done)](const LoadReport& report) { done(reload_answer(report)); });
}

int status_of(Result::Kind kind) {
  switch (kind) {
    case Result::Kind::done:
      return kOk;
    case Result::Kind::not_understood:
      return kBadRequest;
    case Result::Kind::not_found:
      return kNotFound;
    case Result::Kind::conflict:
      return kConflict;
    case Result::Kind::busy:
      break;
  }
  return kUnavailable;
}

ApiAnswer answer_of(Result result) {
  if (result.kind != Result::Kind::done) return problem(status_of(result.kind), result.text);
  return json_answer(std::move(result.text));
}

ApiAnswer post_latency(const ApiCall& call) {
  const auto latencies = read_latencies(call.request.body);
  if (!latencies.value) return problem(kBadRequest, latencies.error);
  const Result result = call.administration.add_latencies(*latencies.value);
  return result.kind == Result::Kind::done ? done() : problem(status_of(result.kind), result.text);
}

ApiAnswer get_latency(const ApiCall& call) {
  if (auto refusal = refuse_query(call, {"region"})) return *refusal;
  return answer_of(call.administration.latencies(value_of(call, "region")));
}

// "a,b"; regions with a comma in their names cannot be told so.
std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    parts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

void start_explain(const ApiCall& call, ApiDone done) {
  if (auto refusal = refuse_query(call, {"name", "client", "resolver", "type", "down", "format"})) {
    return done(std::move(*refusal));
  }
  ExplainRequest request{value_of(call, "name"), value_of(call, "client"), value_of(call, "resolver")};
  if (call.target.query.contains("type")) request.type = value_of(call, "type");
  request.down = split(value_of(call, "down"));
  const std::string format = value_of(call, "format");
  if (!format.empty() && format != "json" && format != "text") {
    return done(problem(kBadRequest, "query: \"format\" is \"json\" or \"text\""));
  }
  request.as_text = format == "text";
  const bool as_text = request.as_text;
  call.administration.explain(std::move(request), [as_text, done = std::move(done)](Result result) {
    const bool is_page = as_text && result.kind == Result::Kind::done;
    done(is_page ? ApiAnswer{kOk, "text/plain; charset=utf-8", std::move(result.text)} : answer_of(std::move(result)));
  });
}

void start_zone_check(const ApiCall& call, ApiDone done) {
  constexpr std::size_t kZonePart = 2;  // of /v1/zones/{name}/check
  call.administration.check_zone(call.target.path.at(kZonePart),
                                 [done = std::move(done)](Result result) { done(answer_of(std::move(result))); });
}

void start_tests(const ApiCall& call, ApiDone done) {
  if (auto refusal = refuse_query(call, {"states"})) return done(std::move(*refusal));
  const std::string states = value_of(call, "states");
  if (!states.empty() && states != "assumed" && states != "current") {
    return done(problem(kBadRequest, "query: \"states\" is \"assumed\" or \"current\""));
  }
  call.administration.run_tests(states == "current" ? TestStates::current : TestStates::assumed,
                                [done = std::move(done)](Result result) { done(answer_of(std::move(result))); });
}

constexpr bool kIsChange = true;

constexpr Route later(std::string_view method, std::string_view path, Role role, bool is_change,
                      void (*start)(const ApiCall&, ApiDone)) {
  return {method, path, role, Route::Kind::later, is_change, nullptr, start};
}

constexpr std::array kRoutes = {
    Route{"GET", "/v1/status", Role::read, Route::Kind::call, false, get_status},
    Route{"GET", "/v1/instances", Role::read, Route::Kind::call, false, get_instances},
    Route{"GET", "/v1/overrides", Role::read, Route::Kind::call, false, get_overrides},
    Route{"POST", "/v1/overrides", Role::operate, Route::Kind::call, kIsChange, post_override},
    Route{"DELETE", "/v1/overrides", Role::operate, Route::Kind::call, kIsChange, delete_override},
    Route{"POST", "/v1/resume", Role::operate, Route::Kind::call, kIsChange, post_resume},
    // Not a change to the audit log: reports are results of checks, as many as probes, and events tell what they do.
    Route{"POST", "/v1/reports", Role::operate, Route::Kind::call, false, post_report},
    // Nor this, for the same reason.
    Route{"POST", "/v1/latency", Role::operate, Route::Kind::call, false, post_latency},
    Route{"GET", "/v1/events", Role::read, Route::Kind::events},
    Route{"GET", "/v1/server", Role::read, Route::Kind::call, false, get_server},
    later("POST", "/v1/reload", Role::admin, kIsChange, start_reload),
    Route{"GET", "/v1/decisions", Role::read, Route::Kind::call, false, get_decisions},
    Route{"GET", "/v1/latency", Role::read, Route::Kind::call, false, get_latency},
    later("GET", "/v1/explain", Role::read, false, start_explain),
    later("POST", "/v1/tests/run", Role::operate, false, start_tests),
    Route{"GET", "/v1/zones", Role::read, Route::Kind::call, false, get_zones},
    Route{"GET", "/v1/zones/{name}", Role::read, Route::Kind::call, false, get_zone},
    later("POST", "/v1/zones/{name}/reload", Role::admin, kIsChange, start_reload),
    later("POST", "/v1/zones/{name}/check", Role::operate, false, start_zone_check),
    Route{"GET", "/v1/services", Role::read, Route::Kind::call, false, get_services},
    Route{"GET", "/v1/regions", Role::read, Route::Kind::call, false, get_regions},
    Route{"GET", "/v1/config", Role::admin, Route::Kind::call, false, get_config},
    Route{"GET", "/metrics", Role::read, Route::Kind::call, false, get_metrics},
    Route{"POST", "/v1/handover", Role::admin, Route::Kind::handover, kIsChange},
};

bool has_path(const Route& route, const std::vector<std::string>& path) {
  std::string_view rest = route.path;
  for (const std::string& part : path) {
    if (rest.empty()) return false;
    rest.remove_prefix(1);  // the slash
    const std::string_view wanted = rest.substr(0, rest.find('/'));
    rest.remove_prefix(wanted.size());
    if (wanted.starts_with('{') ? part.empty() : part != wanted) return false;
  }
  return rest.empty();
}

// Why `caller` may not; nothing when he may.
std::optional<ApiAnswer> refuse_caller(const Caller& caller, const Route& route) {
  if (caller.role >= route.role) return std::nullopt;
  if (caller.role == Role::nobody) {
    return problem(kUnauthorized, "a token is needed: \"Authorization: Bearer TOKEN\"");
  }
  return problem(kForbidden,
                 fmt::format("needs the role \"{}\"; yours is \"{}\"", to_text(route.role), to_text(caller.role)));
}

Routed find_route(const ApiRequest& request) {
  auto target = parse_target(request.target);
  if (!target) return {.refusal = problem(kBadRequest, "the target is not a path such as /v1/status")};
  std::string allow;
  // HEAD is GET without the body, which whoever sends the answer leaves out (RFC 9110 §9.3.2).
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  for (const Route& route : kRoutes) {
    if (!has_path(route, target->path)) continue;
    if (route.method == method) return {&route, std::move(*target)};
    allow += fmt::format("{}{}", allow.empty() ? "" : ", ", route.method == "GET" ? "GET, HEAD" : route.method);
  }
  if (allow.empty())
    return {.refusal = problem(kNotFound, "there is no such resource; docs/api.md has those there are")};
  ApiAnswer refusal = problem(kMethodNotAllowed, fmt::format("the methods here are {}", allow));
  refusal.allow = std::move(allow);
  return {.refusal = std::move(refusal)};
}

std::string detail_of(const ApiAnswer& answer) {
  if (answer.status < kBadRequest) return {};
  const Json json = Json::parse(answer.body, nullptr, false);
  const auto found = json.is_object() ? json.find("detail") : json.end();
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

ApiAnswer problem(int status, std::string_view detail) {
  const auto title = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {status, "application/problem+json",
          dump({{"status", status}, {"title", std::string(title)}, {"detail", detail}}) + "\n"};
}

std::span<const Route> routes() noexcept {
  return kRoutes;
}

Routed Api::route(const ApiRequest& request) const noexcept {
  try {
    Routed routed = find_route(request);
    if (routed.route == nullptr) return routed;
    auto refusal = refuse_caller(request.caller, *routed.route);
    if (!refusal) return routed;
    // Who is not known is not written down: anybody could fill the disk.
    if (request.caller.role != Role::nobody) record(*routed.route, request, *refusal);
    return {.refusal = std::move(*refusal)};
  } catch (const std::exception& error) {
    return {.refusal = problem(kServerError, error.what())};
  }
}

ApiAnswer Api::perform(const Routed& routed, const ApiRequest& request) const noexcept {
  ApiAnswer answer;
  try {
    answer = routed.route->answer({operations_, administration_, request, routed.target});
  } catch (const std::exception& error) {
    answer = problem(kServerError, fmt::format("the call failed: {}", error.what()));
  }
  record(*routed.route, request, answer);
  return answer;
}

void Api::start(const Routed& routed, const ApiRequest& request, const ApiDone& done) const noexcept {
  try {
    routed.route->start({operations_, administration_, request, routed.target}, done);
  } catch (const std::exception& error) {
    done(problem(kServerError, fmt::format("the call failed: {}", error.what())));
  }
}

void Api::record(const Route& route, const ApiRequest& request, const ApiAnswer& answer) const noexcept {
  if (audit_ == nullptr || !route.is_change) return;
  audit_->write({std::chrono::floor<Timestamp::duration>(std::chrono::system_clock::now()), request.caller,
                 request.method, request.target, request.body, answer.status, detail_of(answer)});
}

}  // namespace rhumb::control

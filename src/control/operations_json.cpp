#include "control/operations_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/suggestion.hpp"
#include "base/timestamp.hpp"

namespace rhumb::control {
namespace {

using health::Override;
using health::Standing;
using health::State;
// Keys in the order in which they are written: it is read by people.
using Json = nlohmann::ordered_json;

constexpr double kMillisecondsPerSecond = 1'000;
constexpr std::size_t kAnyLength = std::numeric_limits<std::size_t>::max();

constexpr std::array kStates = {State::unknown, State::up, State::down};
constexpr std::array kActions = {Override::Action::drain, Override::Action::force_up, Override::Action::force_down};
constexpr std::array kStandings = {Standing::serving,     Standing::down,     Standing::held_down, Standing::damped,
                                   Standing::awaits_word, Standing::ramping,  Standing::shedding,  Standing::panic,
                                   Standing::kept,        Standing::draining, Standing::drained,   Standing::forced_up,
                                   Standing::forced_down};

// As JSON writes it: "held_down".
template <typename T>
std::string word_of(T value) {
  std::string word(to_text(value));
  std::ranges::replace(word, ' ', '_');
  return word;
}

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// Writing.

template <typename T>
void write_optional(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

void write_optional(Json& json, const char* key, const std::optional<health::Time>& time) {
  if (time) json[key] = to_rfc3339(*time);
}

void write_text(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

Json scope_json(const health::Scope& scope) {
  Json json{{"region", scope.region}};
  write_text(json, "service", scope.service);
  write_text(json, "instance", scope.instance);
  return json;
}

Json override_json(const Override& word) {
  Json json = scope_json(word.scope);
  json["action"] = word_of(word.action);
  write_text(json, "reason", word.reason);
  write_text(json, "owner", word.owner);
  write_optional(json, "until", word.until);
  if (word.over.count() > 0) json["over"] = static_cast<double>(word.over.count()) / kMillisecondsPerSecond;
  return json;
}

Json report_json(const health::PushReport& report) {
  Json json = scope_json(report.scope);
  write_text(json, "check", report.check);
  json["state"] = word_of(report.state);
  write_text(json, "reason", report.reason);
  return json;
}

Json probe_json(const health::ProbeStatus& probe) {
  Json json{{"check", probe.check},
            {"target", probe.target},
            {"state", word_of(probe.state)},
            {"stale", probe.is_stale},
            {"held", probe.is_held}};
  write_optional(json, "since", probe.since);
  write_optional(json, "last_at", probe.last_at);
  json["last_success"] = probe.last_success;
  json["evidence"] = probe.evidence;
  json["warning"] = probe.warning;
  json["successes"] = probe.successes;
  json["failures"] = probe.failures;
  json["results_needed"] = probe.results_needed;
  write_optional(json, "next_at", probe.next_at);
  write_optional(json, "average_ms", probe.average_ms);
  write_optional(json, "median_ms", probe.median_ms);
  write_optional(json, "p95_ms", probe.p95_ms);
  write_optional(json, "load", probe.load);
  return json;
}

Json instance_json(const health::InstanceStatus& instance) {
  Json json{{"service", instance.service},
            {"region", instance.region},
            {"instance", instance.instance},
            {"state", word_of(instance.state)},
            {"checked", instance.is_checked},
            {"stale", instance.is_stale},
            {"standing", word_of(instance.standing)},
            {"share", instance.share}};
  write_optional(json, "since", instance.since);
  write_optional(json, "until", instance.until);
  json["flap_penalty"] = instance.flap_penalty;
  json["evidence"] = instance.evidence;
  json["probes"] = instance.probes;
  return json;
}

Json overrides_json(const health::Status& status) {
  Json json = Json::array();
  for (const Override& word : status.overrides) {
    Json one = override_json(word);
    one["since"] = to_rfc3339(word.since);
    json.push_back(std::move(one));
  }
  return json;
}

Json status_json(const health::Status& status) {
  Json json{{"now", to_rfc3339(status.now)}, {"guard", status.guard}, {"notes", status.notes}};
  json["probes"] = Json::array();
  for (const health::ProbeStatus& probe : status.probes)
    json["probes"].push_back(probe_json(probe));
  json["instances"] = Json::array();
  for (const health::InstanceStatus& instance : status.instances)
    json["instances"].push_back(instance_json(instance));
  json["overrides"] = overrides_json(status);
  return json;
}

// The status of those instances that are of `service` and in `region`, where these are not empty; each with its probes.
Json instances_json(const health::Status& status, std::string_view service, std::string_view region) {
  Json instances = Json::array();
  for (const health::InstanceStatus& instance : status.instances) {
    if (!service.empty() && instance.service != service) continue;
    if (!region.empty() && instance.region != region) continue;
    Json one = instance_json(instance);
    one["probes"] = Json::array();
    for (const std::size_t probe : instance.probes)
      one["probes"].push_back(probe_json(status.probes.at(probe)));
    instances.push_back(std::move(one));
  }
  return instances;
}

// Reading.

// DEL and what stands before the space, also as UTF-8 writes the C1 set: U+0080 to U+009F.
bool has_control_character(std::string_view text) {
  constexpr unsigned char kC1Lead = 0xC2;
  constexpr unsigned char kC1End = 0xA0;
  unsigned char before = 0;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < ' ' || octet == 0x7F || (before == kC1Lead && octet < kC1End)) return true;
    before = octet;
  }
  return false;
}

// An object whose members are taken one by one. The first that is wrong is remembered with its name; what is taken
// after that does not matter.
class Members {
 public:
  // `name` is of the object, for people; `error` takes what is wrong first.
  Members(const Json& json, std::string name, std::string& error)
      : json_(&json), name_(std::move(name)), error_(&error) {
    if (!json.is_object()) fail("must be an object");
  }

  [[nodiscard]] bool is_good() const { return error_->empty(); }
  void fail(std::string_view what) const {
    if (error_->empty()) *error_ = fmt::format("{}: {}", name_, what);
  }

  void allow_only(std::initializer_list<std::string_view> keys) const {
    if (!is_good()) return;
    for (const auto& [key, value] : json_->items()) {
      if (std::ranges::find(keys, key) != keys.end()) continue;
      return fail(fmt::format("\"{}\" is not known here{}", key, suggestion(key, keys)));
    }
  }

  [[nodiscard]] bool has(const char* key) const { return is_good() && json_->contains(key); }

  // An empty object, and an error, when there is none.
  [[nodiscard]] Members object(const char* key) const {
    static const Json kNone = Json::object();
    const Json* found = find(key);
    return {found == nullptr ? kNone : *found, key, *error_};
  }

  // Empty, and an error, when it is none or missing.
  [[nodiscard]] std::string text(const char* key, std::size_t most = kAnyLength) const {
    const Json* found = find(key);
    if (found == nullptr) return {};
    if (!found->is_string()) return fail_at(key, "must be a text"), std::string();
    const auto& text = found->get_ref<const std::string&>();
    if (text.size() > most) return fail_at(key, fmt::format("is longer than {} octets", most)), std::string();
    return text;
  }
  // The same of somebody else's words: no control characters; may be missing.
  [[nodiscard]] std::string plain_text(const char* key, std::size_t most) const {
    if (!has(key)) return {};
    std::string text = this->text(key, most);
    if (has_control_character(text)) fail_at(key, "has control characters, such as the end of a line");
    return text;
  }

  [[nodiscard]] bool boolean(const char* key) const {
    const Json* found = find(key);
    if (found == nullptr) return false;
    if (!found->is_boolean()) fail_at(key, "must be true or false");
    return found->is_boolean() && found->get<bool>();
  }
  [[nodiscard]] double number(const char* key, double least, double most) const {
    const Json* found = find(key);
    if (found == nullptr) return 0;
    const double value = found->is_number() ? found->get<double>() : std::nan("");
    if (value >= least && value <= most) return value;
    fail_at(key, fmt::format("must be a number from {} to {}", least, most));
    return 0;
  }
  [[nodiscard]] std::optional<double> optional_number(const char* key) const {
    return has(key)
               ? std::optional(number(key, std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()))
               : std::nullopt;
  }
  [[nodiscard]] std::uint64_t count(const char* key,
                                    std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const {
    const Json* found = find(key);
    if (found == nullptr) return 0;
    if (found->is_number_unsigned() && found->get<std::uint64_t>() <= most) return found->get<std::uint64_t>();
    fail_at(key, "must be a count");
    return 0;
  }
  [[nodiscard]] health::Time time(const char* key) const {
    const auto time = parse_rfc3339(text(key));
    if (!time) fail_at(key, "must be a time such as \"2026-11-25T18:00:00Z\"");
    return time.value_or(health::Time());
  }
  [[nodiscard]] std::optional<health::Time> optional_time(const char* key) const {
    return has(key) ? std::optional(time(key)) : std::nullopt;
  }
  // One of `choices`, by its word.
  template <typename Choices>
  [[nodiscard]] auto choice(const char* key, const Choices& choices) const {
    const std::string word = text(key);
    const auto found = std::ranges::find_if(choices, [&](auto one) { return word_of(one) == word; });
    if (found != choices.end()) return *found;
    std::string words;
    for (const auto one : choices)
      words += fmt::format("{}\"{}\"", words.empty() ? "" : ", ", word_of(one));
    fail_at(key, "must be one of " + words);
    return choices.front();
  }

  // Each element of an array that must be there.
  template <typename Take>
  void each(const char* key, Take take) const {
    const Json* found = find(key);
    if (found == nullptr) return;
    if (!found->is_array()) return fail_at(key, "must be an array");
    for (const Json& element : *found) {
      if (!is_good()) return;
      take(element);
    }
  }
  template <typename Take>
  void each_object(const char* key, Take take) const {
    each(key, [&](const Json& element) { take(Members(element, key, *error_)); });
  }

 private:
  void fail_at(const char* key, std::string_view what) const { fail(fmt::format("\"{}\" {}", key, what)); }

  // Null once something is wrong; that it is missing is.
  [[nodiscard]] const Json* find(const char* key) const {
    if (!is_good()) return nullptr;
    const auto found = json_->find(key);
    if (found != json_->end()) return &*found;
    fail_at(key, "is missing");
    return nullptr;
  }

  const Json* json_;
  std::string name_;
  std::string* error_;
};

health::Scope read_scope_of(const Members& members) {
  health::Scope scope{members.plain_text("region", kNameMax), members.plain_text("service", kNameMax),
                      members.plain_text("instance", kNameMax)};
  if (scope.region.empty()) members.fail("\"region\" is missing");
  if (scope.service.empty() && !scope.instance.empty()) members.fail("\"instance\" needs its \"service\"");
  return scope;
}

Override read_word(const Members& members) {
  Override word;
  word.scope = read_scope_of(members);
  word.action = members.choice("action", kActions);
  word.reason = members.plain_text("reason", health::kReasonMax);
  word.owner = members.plain_text("owner", health::kOwnerMax);
  word.until = members.optional_time("until");
  if (members.has("over")) {
    const double most_s = static_cast<double>(kOverMax.count()) / kMillisecondsPerSecond;
    word.over = health::Duration(std::llround(members.number("over", 0, most_s) * kMillisecondsPerSecond));
  }
  if (word.over.count() > 0 && word.action != Override::Action::drain) members.fail("\"over\" is only for a drain");
  return word;
}

GivenOverride read_given(const Members& members) {
  members.allow_only({"region", "service", "instance", "action", "reason", "owner", "until", "over", "force"});
  return {read_word(members), members.has("force") && members.boolean("force")};
}

health::Scope read_bare_scope(const Members& members) {
  members.allow_only({"region", "service", "instance"});
  return read_scope_of(members);
}

health::PushReport read_told(const Members& members) {
  members.allow_only({"region", "service", "instance", "check", "state", "reason"});
  health::PushReport report{read_scope_of(members), members.plain_text("check", kNameMax),
                            members.choice("state", kStates), members.plain_text("reason", health::kReasonMax)};
  if (report.scope.instance.empty()) members.fail("\"instance\" is missing");
  if (report.state == State::unknown) members.fail("\"state\" must be \"up\" or \"down\"");
  return report;
}

MeasuredLatency read_latency(const Members& members) {
  members.allow_only({"network", "region", "ms"});
  MeasuredLatency latency{};
  const std::string text = members.plain_text("network", kNameMax);
  const auto network = Network::parse(text);
  if (auto wrong = refuse_network(text, network)) members.fail("\"network\": " + *wrong);
  if (network) latency.network = *network;
  latency.region = members.plain_text("region", kNameMax);
  if (latency.region.empty()) members.fail("\"region\" is missing");
  latency.rtt_ms = static_cast<float>(members.number("ms", 0, kToldRttMaxMs));
  if (latency.rtt_ms <= 0) members.fail("\"ms\" must be above 0");
  return latency;
}

std::vector<MeasuredLatency> read_one_or_many(const Members& members) {
  if (!members.has("samples")) return {read_latency(members)};
  members.allow_only({"samples"});
  std::vector<MeasuredLatency> latencies;
  members.each_object("samples", [&](const Members& one) { latencies.push_back(read_latency(one)); });
  return latencies;
}

health::ProbeStatus read_probe(const Members& members) {
  health::ProbeStatus probe;
  probe.check = members.text("check");
  probe.target = members.text("target");
  probe.state = members.choice("state", kStates);
  probe.is_stale = members.boolean("stale");
  probe.is_held = members.boolean("held");
  probe.since = members.optional_time("since");
  probe.last_at = members.optional_time("last_at");
  probe.last_success = members.boolean("last_success");
  probe.evidence = members.text("evidence");
  probe.warning = members.text("warning");
  probe.successes = members.count("successes");
  probe.failures = members.count("failures");
  probe.results_needed = static_cast<int>(members.count("results_needed", std::numeric_limits<int>::max()));
  probe.next_at = members.optional_time("next_at");
  probe.average_ms = members.optional_number("average_ms");
  probe.median_ms = members.optional_number("median_ms");
  probe.p95_ms = members.optional_number("p95_ms");
  probe.load = members.optional_number("load");
  return probe;
}

health::InstanceStatus read_instance(const Members& members, std::size_t probe_count) {
  health::InstanceStatus instance;
  instance.service = members.text("service");
  instance.region = members.text("region");
  instance.instance = members.text("instance");
  instance.state = members.choice("state", kStates);
  instance.is_checked = members.boolean("checked");
  instance.is_stale = members.boolean("stale");
  instance.standing = members.choice("standing", kStandings);
  instance.share = members.number("share", 0, 1);
  instance.since = members.optional_time("since");
  instance.until = members.optional_time("until");
  instance.flap_penalty = members.number("flap_penalty", 0, std::numeric_limits<double>::max());
  instance.evidence = members.text("evidence");
  members.each("probes", [&](const Json& number) {
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() >= probe_count) {
      return members.fail("\"probes\" must be numbers of probes");
    }
    instance.probes.push_back(number.get<std::size_t>());
  });
  return instance;
}

health::Status read_whole_status(const Members& members) {
  health::Status status;
  status.now = members.time("now");
  status.guard = members.text("guard");
  members.each("notes", [&](const Json& note) {
    if (!note.is_string()) return members.fail("\"notes\" must be texts");
    status.notes.push_back(note.get<std::string>());
  });
  members.each_object("probes", [&](const Members& probe) { status.probes.push_back(read_probe(probe)); });
  members.each_object("instances", [&](const Members& instance) {
    status.instances.push_back(read_instance(instance, status.probes.size()));
  });
  members.each_object("overrides", [&](const Members& word) {
    status.overrides.push_back(read_word(word));
    status.overrides.back().since = word.time("since");
  });
  return status;
}

// `name` is of the whole, for people.
template <typename T>
Decoded<T> read_body(std::string_view body, std::size_t most, const char* name, T (*read)(const Members&)) {
  Decoded<T> decoded;
  if (body.size() > most) {
    decoded.error = fmt::format("{}: longer than {} octets", name, most);
    return decoded;
  }
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) {
    decoded.error = fmt::format("{}: not JSON", name);
    return decoded;
  }
  T value = read(Members(json, name, decoded.error));
  if (decoded.error.empty()) decoded.value = std::move(value);
  return decoded;
}

}  // namespace

std::string to_json(const health::Status& status, Layout layout) {
  return dump(status_json(status), layout == Layout::line ? -1 : 2);
}

std::string instances_to_json(const health::Status& status, std::string_view service, std::string_view region) {
  return dump({{"now", to_rfc3339(status.now)}, {"instances", instances_json(status, service, region)}}, -1);
}

std::string overrides_to_json(const health::Status& status) {
  return dump({{"now", to_rfc3339(status.now)}, {"overrides", overrides_json(status)}}, -1);
}

std::string to_json(const GivenOverride& given) {
  Json json = override_json(given.word);
  if (given.force) json["force"] = true;
  return dump(json, -1);
}

std::string to_json(const health::Scope& scope) {
  return dump(scope_json(scope), -1);
}

std::string to_json(const health::PushReport& report) {
  return dump(report_json(report), -1);
}

Decoded<GivenOverride> read_override(std::string_view body) {
  return read_body<GivenOverride>(body, kRequestMax, "override", read_given);
}

Decoded<health::Scope> read_scope(std::string_view body) {
  return read_body<health::Scope>(body, kRequestMax, "scope", read_bare_scope);
}

Decoded<health::PushReport> read_report(std::string_view body) {
  return read_body<health::PushReport>(body, kRequestMax, "report", read_told);
}

Decoded<std::vector<MeasuredLatency>> read_latencies(std::string_view body) {
  return read_body<std::vector<MeasuredLatency>>(body, kRequestMax, "latency", read_one_or_many);
}

Decoded<health::Status> read_status(std::string_view body) {
  return read_body<health::Status>(body, kResponseMax, "status", read_whole_status);
}

}  // namespace rhumb::control

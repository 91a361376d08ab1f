#include "import/gdnsd_check.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace rhumb::importing {
namespace {

constexpr std::uint32_t kResultsMax = 64;  // of rise, fall and window

std::string text_of(const VscfValue& table, std::string_view key, const std::string& otherwise = {}) {
  const VscfValue* value = table.find(key);
  return value != nullptr && value->is_text() ? value->text : otherwise;
}

// A word as sh(1) reads it, with gdnsd's %%ITEM%% as what Rhumb tells programs.
std::string shell_word(std::string_view word) {
  constexpr std::string_view kItem = "%%ITEM%%";
  std::string result = "'";
  while (!word.empty()) {
    if (word.starts_with(kItem)) {
      result += "'\"$RHUMB_ADDRESS\"'";
      word.remove_prefix(kItem.size());
    } else {
      result += word.front() == '\'' ? "'\\''" : std::string(1, word.front());
      word.remove_prefix(1);
    }
  }
  return result + "'";
}

Json exec_check(const VscfValue& type) {
  std::string line = "exec";
  const VscfValue* command = type.find("cmd");
  if (command != nullptr) {
    for (const std::string& word : command->texts())
      line += " " + shell_word(word);
  }
  return {{"type", "exec"}, {"command", {"/bin/sh", "-c", line}}};
}

Json http_check(const VscfValue& type, Report& report) {
  Json check = {{"type", "http"}, {"port", number_of(type.find("port"), 80, report)}};
  check["path"] = text_of(type, "url_path", "/");
  if (type.find("vhost") != nullptr) check["host"] = text_of(type, "vhost");
  Json codes = Json::array();
  if (const VscfValue* given = type.find("ok_codes")) {
    for (const std::string& code : given->texts())
      codes.push_back(number_of(VscfValue{VscfValue::Kind::text, given->place, code}, 200, report));
  }
  check["expected_status"] = codes.empty() ? Json::array({200}) : codes;
  return check;
}

}  // namespace

std::uint32_t number_of(const VscfValue& value, std::uint32_t otherwise, Report& report) {
  std::uint32_t number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [parsed, error] = std::from_chars(value.text.data(), end, number);
  if (value.is_text() && error == std::errc() && parsed == end) return number;
  report.error(value.place, fmt::format("\"{}\" is not a number", value.text));
  return otherwise;
}

std::uint32_t number_of(const VscfValue* value, std::uint32_t otherwise, Report& report) {
  return value == nullptr ? otherwise : number_of(*value, otherwise, report);
}

bool is_true(const VscfValue* value) {
  if (value == nullptr || !value->is_text() || value->text.size() != 4) return false;
  return std::ranges::equal(value->text, std::string_view("true"), {},
                            [](char c) { return static_cast<char>(c | 0x20); });
}

GdnsdChecks::GdnsdChecks(const VscfValue* service_types, Draft& draft, Report& report)
    : service_types_(service_types), draft_(draft), report_(report) {}

const VscfValue* GdnsdChecks::find(const std::string& name) const {
  return service_types_ == nullptr ? nullptr : service_types_->find(name);
}

bool GdnsdChecks::is_always_down(const std::vector<std::string>& service_types) const {
  return std::ranges::any_of(service_types, [&](const std::string& name) {
    const VscfValue* type = find(name);
    if (type == nullptr) return name == "down";
    const std::string plugin = text_of(*type, "plugin");
    return plugin == "null" || (plugin == "static" && text_of(*type, "state", "UP") != "UP");
  });
}

std::vector<std::string> GdnsdChecks::use(const std::vector<std::string>& service_types, const std::string& place) {
  std::vector<std::string> names;
  for (const std::string& name : service_types) {
    if (name == "up" || name == "down") continue;
    const VscfValue* type = find(name);
    if (type == nullptr) {
      report_.error(place, fmt::format("\"{}\" is not a service type", name));
      continue;
    }
    if (converted_.insert(name).second) {
      if (auto check = convert(name, *type)) draft_.checks.emplace_back(name, std::move(*check));
    }
    const auto is_there = std::ranges::any_of(draft_.checks, [&](const auto& check) { return check.first == name; });
    if (is_there && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

std::optional<Json> GdnsdChecks::convert(const std::string& name, const VscfValue& type) {
  const std::string plugin = text_of(type, "plugin");
  const std::string what = fmt::format("service type {}", name);
  Json check;
  if (plugin == "static" || plugin == "null") return std::nullopt;  // a fixed state, not a check
  if (plugin == "http_status") {
    check = http_check(type, report_);
    if (!check.contains("host")) {
      report_.changed(type.place, what + ": sends the service's name as Host, where gdnsd sends none");
    }
  } else if (plugin == "tcp_connect") {
    check = {{"type", "tcp"}, {"port", number_of(type.find("port"), 0, report_)}};
  } else if (plugin == "extmon") {
    check = exec_check(type);
    report_.changed(type.place, what +
                                    ": the program gets the address in $RHUMB_ADDRESS, and is run by /bin/sh; of "
                                    "an instance that is a name, the address that it leads to");
  } else if (plugin == "extfile") {
    const bool is_down = is_true(type.find("def_down"));
    check = {{"type", "push"}, {"file", fmt::format("states/{}/{{address}}", name)}, {"ttl", "1d"}};
    check["on_expiry"] = is_down ? "down" : "unknown";
    report_.missing(type.place, fmt::format("{}: the file \"{}\" is not read; write one file for each address, "
                                            "states/{}/ADDRESS beside rhumb.json, with \"up\" or \"down\" in it, at "
                                            "least once a day",
                                            what, text_of(type, "file"), name));
    return check;
  } else {
    report_.missing(type.place,
                    fmt::format("{}: no check is like the plugin \"{}\"; its addresses count as up", what, plugin));
    return std::nullopt;
  }
  add_thresholds(name, type, check);
  return check;
}

void GdnsdChecks::add_thresholds(const std::string& name, const VscfValue& type, Json& check) {
  const std::uint32_t interval = std::max(1U, number_of(type.find("interval"), 10, report_));
  const std::uint32_t timeout = std::max(1U, number_of(type.find("timeout"), interval / 2, report_));
  check["interval"] = fmt::format("{}s", interval);
  check["timeout"] = fmt::format("{}s", std::min(timeout, interval));
  if (is_true(type.find("direct"))) {
    check["rise"] = 1;
    check["fall"] = 1;
    return report_.carried(type.place, fmt::format("service type {}: check {}", name, name));
  }
  const std::uint32_t rise = std::max(1U, number_of(type.find("up_thresh"), 20, report_));
  const std::uint32_t fall = std::max(1U, number_of(type.find("down_thresh"), 10, report_));
  const std::uint32_t ok = std::max(1U, number_of(type.find("ok_thresh"), 10, report_));
  // gdnsd counts failures until `ok` successes come in a row, so that they may lie so far apart.
  const std::uint64_t window = std::uint64_t{fall - 1} * ok + 1;
  check["rise"] = std::min(rise, kResultsMax);
  check["fall"] = std::min(fall, kResultsMax);
  if (window > fall && fall < kResultsMax) check["window"] = std::min<std::uint64_t>(window, kResultsMax);
  if (rise > kResultsMax || fall > kResultsMax) {
    report_.changed(type.place, fmt::format("service type {}: rise and fall are at most {}", name, kResultsMax));
  }
  if (window > fall) {
    report_.changed(type.place,
                    fmt::format("service type {}: down after {} failures among the last {} results; gdnsd "
                                "counts them until {} successes come in a row",
                                name, std::min(fall, kResultsMax), std::min<std::uint64_t>(window, kResultsMax), ok));
  } else {
    report_.carried(type.place, fmt::format("service type {}: check {}", name, name));
  }
}

}  // namespace rhumb::importing

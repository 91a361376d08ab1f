#include "control/event_json.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace rhumb::control {

std::string kind_word(health::Event::Kind kind) {
  std::string word(health::to_text(kind));
  std::ranges::replace(word, ' ', '_');
  return word;
}

std::string to_json(const Notice& notice, std::string_view server) {
  const health::Event& event = notice.event;
  nlohmann::ordered_json object = {
      {"time", to_rfc3339(event.at)}, {"event", kind_word(event.kind)}, {"severity", health::to_text(event.severity)}};
  const auto add = [&object](const char* key, std::string_view value) {
    if (!value.empty()) object[key] = value;
  };
  add("service", event.service);
  add("region", event.region);
  add("instance", event.instance);
  add("from", event.from);
  add("to", event.to);
  add("evidence", event.evidence);
  if (notice.suppressed > 0) object["suppressed"] = notice.suppressed;
  add("server", server);
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace rhumb::control

// What an import makes, and what it tells.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "import/draft.hpp"
#include "import/draft_writer.hpp"
#include "import/report.hpp"

namespace rhumb::importing {

// The notes of a kind, "PLACE: MESSAGE".
inline std::vector<std::string> notes_of(const Report& report, Note::Kind kind) {
  std::vector<std::string> texts;
  for (const Note& note : report.notes()) {
    if (note.kind == kind) texts.push_back(note.to_string());
  }
  return texts;
}

// What rhumb.json would have of a service, as JSON; null when there is none.
inline Json service_of(const Draft& draft, const std::string& name) {
  const std::string text = to_files(draft, "test").at("rhumb.json");
  const Json json = Json::parse(text, nullptr, true, true);
  return json.at("services").value(name, Json());
}

// "REGION ADDRESS", and the weight if it is not 1.
inline std::vector<std::string> instances_of(const Draft& draft, const std::string& name) {
  std::vector<std::string> texts;
  const Json service = service_of(draft, name);
  if (service.is_null()) return texts;
  for (const Json& instance : service.at("instances")) {
    std::string text = instance.at("region").get<std::string>() + " " +
                       instance.value("address", instance.value("target", std::string()));
    if (instance.contains("weight")) text += " " + std::to_string(instance.at("weight").get<int>());
    texts.push_back(text);
  }
  return texts;
}

}  // namespace rhumb::importing

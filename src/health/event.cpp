#include "health/event.hpp"

namespace rhumb::health {
namespace {

// `part` behind what there is already.
void append(std::string& text, std::string_view separator, std::string_view part) {
  if (part.empty()) return;
  if (!text.empty()) text += separator;
  text += part;
}

// "up → down", or what there is of it.
std::string change_of(const Event& event) {
  std::string text = event.from;
  append(text, " → ", event.to);
  return text;
}

// Of the others the change alone does not say what it is about; unless it is the same word: "panic".
bool speaks_for_itself(const Event& event, std::string_view change) {
  return event.kind == Event::Kind::state || event.kind == Event::Kind::serving || change == to_text(event.kind);
}

}  // namespace

std::string_view to_text(Event::Kind kind) noexcept {
  switch (kind) {
    case Event::Kind::state:
      return "state";
    case Event::Kind::serving:
      return "serving";
    case Event::Kind::override_set:
      return "override set";
    case Event::Kind::override_cleared:
      return "override cleared";
    case Event::Kind::override_ended:
      return "override ended";
    case Event::Kind::panic:
      return "panic";
    case Event::Kind::min_regions:
      return "min regions";
    case Event::Kind::guard:
      return "guard";
    case Event::Kind::load:
      break;
  }
  return "load";
}

std::string_view to_text(Event::Severity severity) noexcept {
  switch (severity) {
    case Event::Severity::info:
      return "info";
    case Event::Severity::warning:
      return "warning";
    case Event::Severity::error:
      break;
  }
  return "error";
}

std::string subject(const Event& event) {
  std::string text = event.service;
  append(text, " ", event.region);
  append(text, " ", event.instance);
  return text;
}

std::string to_text(const Event& event) {
  const std::string change = change_of(event);
  std::string text = subject(event);
  if (!speaks_for_itself(event, change)) append(text, ": ", to_text(event.kind));
  append(text, ": ", change);
  append(text, ": ", event.evidence);
  return text;
}

}  // namespace rhumb::health

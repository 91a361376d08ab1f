#include "control/event_variables.hpp"

#include "control/event_json.hpp"

namespace rhumb::control {

std::vector<std::string> event_variables(const health::Event& event) {
  return {"RHUMB_EVENT=" + kind_word(event.kind), "RHUMB_SERVICE=" + event.service, "RHUMB_REGION=" + event.region,
          "RHUMB_INSTANCE=" + event.instance,     "RHUMB_FROM=" + event.from,       "RHUMB_TO=" + event.to,
          "RHUMB_EVIDENCE=" + event.evidence};
}

}  // namespace rhumb::control

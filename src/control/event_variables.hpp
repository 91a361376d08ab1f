// An event as variables, "NAME=VALUE": the environment of hooks, and the fields of the journal.
#pragma once

#include <string>
#include <vector>

#include "health/event.hpp"

namespace rhumb::control {

// All of RHUMB_EVENT, RHUMB_SERVICE, RHUMB_REGION, RHUMB_INSTANCE, RHUMB_FROM, RHUMB_TO and RHUMB_EVIDENCE; what has
// nothing to say is empty.
[[nodiscard]] std::vector<std::string> event_variables(const health::Event& event);

}  // namespace rhumb::control

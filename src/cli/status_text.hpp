// A status of health, for people.
#pragma once

#include <string>
#include <string_view>

#include "health/status.hpp"

namespace rhumb::cli {

struct StatusView {
  bool has_probes = false;  // each with its response times
  bool has_colour = false;
};

// What is wrong everywhere, the instances, the overrides and, on demand, the probes.
[[nodiscard]] std::string to_text(const health::Status& status, const StatusView& view);

// What is about the service and the region alone; an empty name is any. What is about all of them stays.
[[nodiscard]] health::Status only(const health::Status& status, std::string_view service, std::string_view region);

// Whether every instance serves, or is out by an operator's word, and no safety rule is at work.
[[nodiscard]] bool is_well(const health::Status& status);

}  // namespace rhumb::cli

// What an operator's word has changed, for people.
#pragma once

#include <string>

#include "health/status.hpp"

namespace rhumb::cli {

// "eu-west is draining: 4 instances of 2 services, gone in 10m; `rhumb undrain eu-west` takes it back". `status` is of
// the moment after.
[[nodiscard]] std::string describe_given(const health::Override& word, const health::Status& status);

// "eu-west is no longer drained (by ada, 5m ago: new disks): 4 instances of 2 services are again as their checks and
// other overrides say".
[[nodiscard]] std::string describe_taken_back(const health::Override& word, const health::Status& status);

// That there is no override on just this scope, with those that are on a part of it or on more.
[[nodiscard]] std::string describe_missing(const health::Scope& scope, const health::Status& status);

// "eu-west: 2 instances no longer held back"; `before` is of the moment before.
[[nodiscard]] std::string describe_resumed(const health::Scope& scope, const health::Status& before);

}  // namespace rhumb::cli

// A member of "checks".
#pragma once

#include "config/json_place.hpp"
#include "health/check.hpp"

namespace rhumb::config {

// Of what is refused the usual value stands in the result.
[[nodiscard]] health::Check read_check(const JsonPlace& place);

}  // namespace rhumb::config

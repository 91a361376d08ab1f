// What only checks of type dns have.
#pragma once

#include "config/json_place.hpp"
#include "health/check.hpp"

namespace rhumb::config {

// Of what is refused the usual value stands in `check`.
void read_dns_check(const JsonPlace& place, health::Check& check);

}  // namespace rhumb::config

// What only checks of type exec have.
#pragma once

#include "config/json_place.hpp"
#include "health/check.hpp"

namespace rhumb::config {

// The program must be there, and be executable for this process. Of what is refused the usual value stands in `check`.
void read_exec_check(const JsonPlace& place, health::Check& check);

}  // namespace rhumb::config

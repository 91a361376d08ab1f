// Checks of type "calculated": what the states of other checks of the same instance come to.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/json_place.hpp"
#include "health/plan.hpp"

namespace rhumb::config {

// Parts of a calculated check, those of the checks that it is calculated from included. More is a mistake, or an
// attack.
inline constexpr std::size_t kConditionPartsMax = 256;

[[nodiscard]] bool is_calculated(const JsonPlace& check);

// The conditions of all members of "checks": of one that probes, itself; of a calculated one, an expression over those
// that probe. Condition::probe is a place in `names`, which are those of `checks`, in order. Of what is refused (a name
// that is none, a check that is calculated from itself) nothing stands in the result.
[[nodiscard]] std::vector<std::optional<health::Condition>> read_conditions(std::span<const JsonPlace> checks,
                                                                            std::span<const std::string> names);

// The place of the check called so in `names`; reports a name that is none, with the one that was probably meant.
[[nodiscard]] std::optional<std::size_t> find_check(const JsonPlace& place, std::span<const std::string> names);

}  // namespace rhumb::config

// Small zones in which everything that makes a look-up hard lies close together.
//
// Four labels, "*" among them, at most three deep: in so small a space wildcards, delegations, aliases and DNAMEs meet
// in every combination within a few hundred zones. A record that one of the servers would refuse to load is not added,
// so every zone loads on all of them.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "zone_draft.hpp"

namespace rhumb::differential {

// The labels of owners and targets. kUnusedLabel is only asked for.
inline constexpr std::array<std::string_view, 4> kLabels{"a", "b", "c", "*"};
inline constexpr std::string_view kUnusedLabel = "u";

// One to three zones under `origin`; with `has_root` they will lie below a root zone.
[[nodiscard]] Family generate_family(Random& random, std::string origin, bool has_root);

// The root zone, above the families. It delegates some of them, and knows nothing of others.
[[nodiscard]] Family generate_root(Random& random, const std::vector<Family>& families);

}  // namespace rhumb::differential

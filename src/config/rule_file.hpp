// A set of rules in a file: lines `NETWORK,REGION[,REGION…]`, for example `192.0.2.0/24,eu-west,us-east`.
//
// Each sends the clients of its network to those regions, in that order. Of networks inside each other the most
// specific one counts. Many lines name the same regions: these are one rule, and the networks are one map to the rules,
// so that a million lines take 0.6 s to read, 0.3 s if they are sorted, and 0.1 s more for a service's ranking map
// (bench/config).
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "base/problems.hpp"
#include "steering/region.hpp"
#include "steering/rule_set.hpp"

namespace rhumb::config {

// Lines with a network. Four times what lists of all of a country's networks have.
inline constexpr std::size_t kRuleFileLinesMax = 4'000'000;

// A first line that begins with `network,` is a header. Everything that is wrong is told to `problems` with its place
// ("partners.csv:12"); the set is complete when nothing was.
[[nodiscard]] steering::RuleSet read_rule_file(std::string name, const std::filesystem::path& path,
                                               std::span<const steering::Region> regions, Problems& problems);

}  // namespace rhumb::config

// The first rule that matches an address, for every address.
#pragma once

#include <span>

#include "geo/database.hpp"
#include "steering/rule.hpp"

namespace rhumb::steering {

// Of a client, by the conditions on his network and the tables.
[[nodiscard]] RuleMap map_of_clients(const Steering& steering);
// Of a resolver, by all conditions on it.
[[nodiscard]] RuleMap map_of_resolvers(std::span<const Rule> rules, const geo::Database& database);

}  // namespace rhumb::steering

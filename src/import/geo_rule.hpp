// Places of clients by the codes that Rhumb's rules have, from the smallest to the largest: what importers that know
// "the records for Europe" make their rules of.
#pragma once

#include <string>
#include <vector>

#include "import/draft.hpp"

namespace rhumb::importing {

struct GeoTarget {
  enum class Kind : std::uint8_t { network, asn, subdivision, group, country, continent, everybody };  // first wins

  Kind kind = Kind::everybody;
  std::string code = {};  // "192.0.2.0/24", "64500", "US-CA", "us-west", "FR", "EU"; empty: everybody
  std::string region;     // where its clients are sent
};

// The regions of the clients of `target`: its own, then those of larger places around it, the nearest first.
[[nodiscard]] std::vector<std::string> regions_around(const GeoTarget& target, const std::vector<GeoTarget>& all);

// Rules for all but everybody, in the order in which they must be asked.
[[nodiscard]] std::vector<DraftRule> to_rules(std::vector<GeoTarget> targets);

// A rule that no client passes: for those who are in no other.
[[nodiscard]] DraftRule rule_for_everybody_else();

// The states that GeoDNS calls "us-west", "us-central" or "us-east", as "US-CA"; empty for others.
[[nodiscard]] std::vector<std::string> states_of_group(std::string_view group);

}  // namespace rhumb::importing

// An operator's own word: clients that are not steered as the others.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/network.hpp"
#include "geo/address_map.hpp"
#include "steering/preference.hpp"

namespace rhumb::steering {

// What becomes of a client.
enum class Action : std::uint8_t {
  steer,   // to the regions of the preference
  nodata,  // the name exists, and has no addresses for him
  refuse,
};

// Matches a client to whom any of the conditions applies. Those on the resolver are about the address that the query
// comes from, whatever EDNS Client Subnet says: a client who asks by himself is his own resolver.
struct Rule {
  std::string name;               // for those who explain
  std::vector<Network> networks;  // no bit set after the prefix
  std::vector<std::uint32_t> asns;
  std::vector<std::string> countries;     // ISO 3166-1 alpha-2: "FR"
  std::vector<std::string> subdivisions;  // with the country: "US-CA"
  std::vector<std::string> continents;    // "EU"
  std::vector<Network> resolver_networks;
  std::vector<std::uint32_t> resolver_asns;
  Action action = Action::steer;
  Preference preference;  // of steer

  [[nodiscard]] bool asks_for_resolver() const noexcept { return !resolver_networks.empty() || !resolver_asns.empty(); }

  friend bool operator==(const Rule&, const Rule&) = default;
};

// A rule's number among those of its service.
using RuleIndex = std::uint16_t;
inline constexpr RuleIndex kNoRule = std::numeric_limits<RuleIndex>::max();
inline constexpr std::size_t kRulesMax = kNoRule;
// Rules of one list with conditions on the resolver: each costs as much as another service's ranking map.
inline constexpr std::size_t kResolverRulesMax = 64;

// From client networks to rules: one more than a rule's place in some list; 0 where there is none.
using RuleMap = geo::AddressMap<std::uint16_t>;

// The networks of a file of rules: too many to be conditions.
struct RuleTable {
  std::shared_ptr<const RuleMap> networks;  // to places in `rules`
  std::vector<RuleIndex> rules;             // among those of the service; kNoRule where one does not apply to it

  // By what they say, not by which map says it: a file that is read again may have said the same.
  friend bool operator==(const RuleTable& a, const RuleTable& b) {
    return a.rules == b.rules && (a.networks == b.networks || *a.networks == *b.networks);
  }
};

// All that decides which regions a client is sent to: the first rule that matches him, or the preference.
struct Steering {
  Preference preference;
  std::vector<Rule> rules;
  std::vector<RuleTable> tables = {};  // more clients that rules match

  friend bool operator==(const Steering&, const Steering&) = default;
};

// Whether any client's regions are ordered by measured times.
[[nodiscard]] bool uses_latency(const Steering& steering) noexcept;

}  // namespace rhumb::steering

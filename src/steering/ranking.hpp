// Rankings: for each client network, the regions in order of preference. They never depend on health.
//
// A service's regions are few and the earth is round: 12 regions give some hundred different orders for 0.6 M
// locations. So an order is stored once, networks map to its number, and neighbouring networks with an equal number are
// one range: the answer's scope then is as wide as the answer allows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ip_address.hpp"
#include "geo/address_map.hpp"
#include "geo/address_table.hpp"
#include "steering/preference.hpp"
#include "steering/rule.hpp"

namespace rhumb::steering {

using RankingId = std::uint32_t;

// What a client's network leads to. Valid as long as the map it came from.
struct Ranked {
  std::span<const RegionIndex> regions;  // best first
  std::span<const std::uint8_t> tiers;   // of each region; those of one tier are equals
  Action action = Action::steer;
  RuleIndex rule = kNoRule;     // the one that matched
  std::uint8_t scope_bits = 0;  // of the client's family; 0 when no client's place matters
};

// Distinct rankings, numbered as they come. Built on one thread, then read by any.
class Rankings {
 public:
  // Number 0 is `of_unknown`: that of clients of whom nothing is known.
  explicit Rankings(const Ranking& of_unknown, Action action = Action::steer, RuleIndex rule = kNoRule);
  // The same, with the regions 0, 1, … region_count - 1, each in a tier of its own. `region_count` ≤ kRegionsMax.
  explicit Rankings(std::size_t region_count);

  // The number of what leads here: new, if it is.
  RankingId intern(const Ranking& ranking, Action action = Action::steer, RuleIndex rule = kNoRule);

  // With a scope of 0.
  [[nodiscard]] Ranked operator[](RankingId id) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::uint32_t first;  // in regions_ and tiers_
    std::uint8_t count;
    Action action;
    RuleIndex rule;
  };

  std::vector<Entry> entries_;
  std::vector<RegionIndex> regions_;
  std::vector<std::uint8_t> tiers_;
  std::unordered_map<std::string, RankingId> ids_;  // by all that makes two of them different
  std::string key_;                                 // of the one that is looked for; kept for its memory
};

// From client addresses to rankings. Shared by all services with equal regions and steering; immutable once it is
// complete.
//
// Where rules have conditions on the resolver, a rule that matches a resolver applies to every client behind it whom no
// earlier rule matches. So the first rule that matches a resolver says all about it, and there is one more map for each
// rule that is the first for some.
class RankingMap {
 public:
  // For services that rank the same for every client.
  explicit RankingMap(Rankings rankings) : rankings_(std::move(rankings)) {}
  // Throws std::length_error when `networks` has more ranges than a table can hold.
  RankingMap(Rankings rankings, const geo::AddressMap<RankingId>& networks)
      : rankings_(std::move(rankings)), table_(std::make_unique<geo::AddressTable>(networks)) {}

  // What clients behind some resolvers get instead: `resolvers` leads to one more than an index of `maps`, which have
  // none of their own. To be told before the map is shared. Throws std::length_error as the constructor does.
  void distinguish(const geo::AddressMap<std::uint32_t>& resolvers,
                   std::vector<std::shared_ptr<const RankingMap>> maps);

  // `resolver` is where the query came from. The scope is good for queries from there.
  [[nodiscard]] Ranked find(IpAddress client, IpAddress resolver) const noexcept {
    if (by_resolver_ == nullptr) [[likely]]
      return find_alike(client);
    const std::uint32_t number = by_resolver_->table.find(resolver).value;
    return number == 0 ? find_alike(client) : by_resolver_->maps[number - 1]->find_alike(client);
  }
  // Of a client who is his own resolver. All in the scope who are get the same.
  [[nodiscard]] Ranked find(IpAddress client) const noexcept {
    Ranked ranked = find(client, client);
    if (by_resolver_ != nullptr)
      ranked.scope_bits = std::max(ranked.scope_bits, by_resolver_->table.find(client).scope_bits);
    return ranked;
  }
  [[nodiscard]] const Rankings& rankings() const noexcept { return rankings_; }
  // Those of distinguish().
  [[nodiscard]] std::span<const std::shared_ptr<const RankingMap>> maps_of_resolvers() const noexcept;

  // What the next map of an equal steering starts from, if it holds on to what was best (Hysteresis).
  void remember(geo::AddressMap<RankingId> networks) {
    remembered_ = std::make_unique<geo::AddressMap<RankingId>>(std::move(networks));
  }
  // Null when nothing was.
  [[nodiscard]] const geo::AddressMap<RankingId>* remembered() const noexcept { return remembered_.get(); }

 private:
  struct ByResolver {
    geo::AddressTable table;
    std::vector<std::shared_ptr<const RankingMap>> maps;
  };

  // Whatever the resolver.
  [[nodiscard]] Ranked find_alike(IpAddress client) const noexcept {
    if (table_ == nullptr) return rankings_[0];
    const geo::Match match = table_->find(client);
    Ranked ranked = rankings_[match.value];
    ranked.scope_bits = match.scope_bits;
    return ranked;
  }

  Rankings rankings_;
  std::unique_ptr<const geo::AddressTable> table_;  // null when there is one ranking
  std::unique_ptr<const ByResolver> by_resolver_;   // null when no rule asks for the resolver
  std::unique_ptr<const geo::AddressMap<RankingId>> remembered_;
};

}  // namespace rhumb::steering

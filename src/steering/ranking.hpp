// Rankings: for each client network, the regions in order of preference. They never depend on health.
//
// A service's regions are few and the earth is round: 12 regions give some hundred different orders for 0.6 M
// locations. So an order is stored once, networks map to its number, and neighbouring networks with an equal number are
// one range: the answer's scope then is as wide as the answer allows.
#pragma once

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
  explicit Rankings(const Ranking& of_unknown);
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

// From client addresses to rankings. Immutable; shared by all services with equal regions and steering.
class RankingMap {
 public:
  // For services that rank the same for every client.
  explicit RankingMap(Rankings rankings) : rankings_(std::move(rankings)) {}
  // Throws std::length_error when `networks` has more ranges than a table can hold.
  RankingMap(Rankings rankings, const geo::AddressMap<RankingId>& networks)
      : rankings_(std::move(rankings)), table_(std::make_unique<geo::AddressTable>(networks)) {}

  [[nodiscard]] Ranked find(IpAddress client) const noexcept {
    if (table_ == nullptr) return rankings_[0];
    const geo::Match match = table_->find(client);
    Ranked ranked = rankings_[match.value];
    ranked.scope_bits = match.scope_bits;
    return ranked;
  }
  [[nodiscard]] const Rankings& rankings() const noexcept { return rankings_; }

  // What the next map of an equal steering starts from, if it holds on to what was best (Hysteresis).
  void remember(geo::AddressMap<RankingId> networks) {
    remembered_ = std::make_unique<geo::AddressMap<RankingId>>(std::move(networks));
  }
  // Null when nothing was.
  [[nodiscard]] const geo::AddressMap<RankingId>* remembered() const noexcept { return remembered_.get(); }

 private:
  Rankings rankings_;
  std::unique_ptr<const geo::AddressTable> table_;  // null when there is one ranking
  std::unique_ptr<const geo::AddressMap<RankingId>> remembered_;
};

}  // namespace rhumb::steering

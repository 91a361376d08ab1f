// Whom other geo databases send elsewhere, under one configuration and with everything up.
//
// Nothing is sampled: the ranking maps that two sets of databases lead to are gone through side by side, once for all
// services that have the same two. What is said of countries comes from maps of just these
// (geo/country_map.hpp), so that neither the old databases nor the new ones need be in memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "daemon/client_moves.hpp"
#include "daemon/counted_clients.hpp"
#include "geo/country_map.hpp"
#include "steering/ranking.hpp"
#include "steering/service.hpp"

namespace rhumb::daemon {

// A service, and the maps that it is compared over; its own is not looked at.
struct ComparedService {
  const steering::Service* service;
  const steering::RankingMap* before;
  const steering::RankingMap* after;
};

// Services that are alike have the same moves. Shares are parts of all clients, from 0 to 1.
struct MovedService {
  std::vector<std::string> names;
  double moved = 0;                    // to another region, or to none
  std::vector<Flow> flows;             // greatest first
  std::vector<CountryMove> countries;  // by the country before, or after where there was none
};

// Clients whose country is another one; empty: none is known.
struct CountryChange {
  std::string from;
  std::string to;
  double share = 0;
  std::size_t networks = 0;  // stretches of addresses
};

struct DatabaseChange {
  double weight = 0;                     // of all clients together
  std::vector<MovedService> services;    // that are compared, those that move most first
  std::vector<CountryChange> countries;  // greatest first

  // The most that any service moves.
  [[nodiscard]] double moved() const noexcept { return services.empty() ? 0 : services.front().moved; }
  // Whether that is more than `limit`, from 0 to 1; what is nothing but rounding is not.
  [[nodiscard]] bool exceeds(double limit) const noexcept { return moved() > limit + 1e-9; }
  [[nodiscard]] double changed_country() const noexcept;
};

// `before` and `after` are what the databases know of countries. One core; the clients may count 0 in all: then nobody
// moves.
[[nodiscard]] DatabaseChange compare_databases(std::span<const ComparedService> services, const geo::CountryMap& before,
                                               const geo::CountryMap& after, const CountedClients& counted);

}  // namespace rhumb::daemon

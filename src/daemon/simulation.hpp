// What share of the clients each region of a service gets, before and after a change, over all client networks.
//
// The networks are the ranges of the geo database, divided where the weight or the ranking changes. Nothing is sampled:
// where a region is chosen at random or by a hash, each gets its expected part (Service::expect). Who moves from where
// to where is then the least that must (Moves), as with `sticky` it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/client_moves.hpp"
#include "daemon/counted_clients.hpp"
#include "daemon/loader.hpp"
#include "dns/name.hpp"
#include "health/board.hpp"

namespace rhumb::daemon {

// The clients that are simulated: of each address where it is and what it counts.
struct Client {
  geo::LocationId location = geo::kUnknownLocation;
  double weight = 0;

  friend bool operator==(const Client&, const Client&) = default;
};
using Clients = geo::AddressMap<Client>;

[[nodiscard]] Clients locate_clients(const geo::Database& database, const CountedClients& counted);
[[nodiscard]] double weight_of(const Clients& clients);

// A configuration and the states in it, those of `loaded.plan`. Referred to while simulating only.
struct Scenario {
  const Loaded& loaded;
  const health::Board& board;
};

// Parts of all clients, from 0 to 1.
struct ShareChange {
  double before = 0;
  double after = 0;
};

// In whole km, over the clients whose coordinates are known.
struct Distances {
  int median_km;
  int p95_km;
};

struct SimulatedRegion {
  std::string name;
  ShareChange share;
  std::optional<Distances> distances_before;  // where it has clients with coordinates
  std::optional<Distances> distances_after;
  // Its part of the capacity of all regions of the service, those that are down too; in the configuration after, if it
  // tells the capacity of each.
  std::optional<double> capacity;
};

// Clients that get no region's address.
struct SimulatedOutcome {
  std::string name;
  ShareChange share;
};

// Services that share rankings and settings have the same shares.
struct SimulatedService {
  std::vector<std::string> names;
  std::optional<Family> family;            // of the addresses, IPv4 unless the service has only IPv6; names have none
  std::vector<SimulatedRegion> regions;    // in the order of the configuration before, then those only after
  std::vector<SimulatedOutcome> outcomes;  // those that happen
  ShareChange all_down;  // of the clients that get a region though no instance is healthy (`when_all_down`: nearest)
  double moved = 0;
  std::vector<CountryMove> countries;  // all that move, those that move most first
};

struct Simulation {
  std::vector<SimulatedService> services;
  std::vector<std::string> only_before;  // services that the other configuration does not have
  std::vector<std::string> only_after;
};

// Of the services that both scenarios have, all or the one with this name. Where clients are is what the database of
// `before` says; `clients` come from it, and count more than 0 in all.
[[nodiscard]] Simulation simulate(const Scenario& before, const Scenario& after, const Clients& clients,
                                  const std::optional<dns::Name>& only);

}  // namespace rhumb::daemon

// How much each client network counts in a simulation.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "base/problems.hpp"
#include "geo/address_map.hpp"

namespace rhumb::geo {

// What one address counts: of a network, its weight over the number of its addresses.
using ClientWeights = AddressMap<double>;

// More networks than this are refused. The largest databases have as many.
inline constexpr std::size_t kWeightedNetworksMax = 10'000'000;

// Every IPv4 address counts 1, and IPv6 nothing: no traffic is spread as IPv6's address space is.
[[nodiscard]] ClientWeights weigh_by_address_space();

// Reads lines `NETWORK,WEIGHT`, for example `192.0.2.0/24,1500`: what comes from all of the network's addresses
// together. A first line `network,weight` is a header (base/csv_file.hpp). The weight of a network inside another is
// added to what that one has there, so the sum of all is the sum of the column. Nothing when a line is bad, each told
// with its place ("clients.csv:12"), or no weight is above 0.
[[nodiscard]] std::optional<ClientWeights> read_client_weights(const std::filesystem::path& file, Problems& problems);

}  // namespace rhumb::geo

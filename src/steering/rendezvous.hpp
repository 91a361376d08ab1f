// Choosing by the client's network, so that every server sends it to the same place each time: weighted rendezvous
// hashing (Thaler and Ravishankar, 1998; weighted by the logarithm method).
//
// Client and candidate give a number u, uniform in (0, 1), and the least -ln(u) / weight wins: of exponential clocks,
// each is the first to strike in proportion to its rate. When a candidate leaves, only its own clients move, and they
// spread over the others by weight; when its weight grows, clients move only towards it. A ring of hashes needs
// hundreds of points a candidate to share as evenly, and memory for them.
//
// All of it is integer arithmetic: servers with an equal configuration agree, whatever they were compiled with. So
// nothing here may change once released: while some servers are new and some old, clients would be sent to and fro.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/ip_address.hpp"
#include "steering/candidate.hpp"

namespace rhumb::steering {

// Weights are compared by multiplying them with a logarithm, in 64 bits.
inline constexpr std::uint32_t kRendezvousWeightMax = 1U << 24;

// The number of the client's network: `prefix_bits` of `client` (≤ its family's width). An IPv4 address inside an IPv6
// one is hashed as it stands: unembed it before (geo/embedding.hpp).
[[nodiscard]] std::uint64_t hash_network(IpAddress client, int prefix_bits) noexcept;

// The number that a candidate is known by: of its address, or of its name, octet by octet. Computed when loading.
[[nodiscard]] std::uint64_t hash_address(IpAddress address) noexcept;
[[nodiscard]] std::uint64_t hash_name(std::string_view name) noexcept;

// Puts the `count` (≤ candidates.size()) best of `candidates` for `network` first, best first; the others follow in any
// order. `ids[candidate.place]` is the candidate's number, different for each. At most kCandidatesMax candidates, of
// weights up to kRendezvousWeightMax. When one leaves, the order of the others does not change.
//
// Each one's share is within 0.5 % of that of its weight, for the table's logarithm has other slopes than the true one.
void order_by_rendezvous(std::span<Candidate> candidates, std::size_t count, std::uint64_t network,
                         std::span<const std::uint64_t> ids) noexcept;

}  // namespace rhumb::steering

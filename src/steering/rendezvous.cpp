#include "steering/rendezvous.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

#include "base/bytes.hpp"
#include "base/siphash.hpp"
#include "steering/fixed_log.hpp"

namespace rhumb::steering {
namespace {

// No secrets, but fixed for ever. One for each kind, so that a client at a candidate's address is a stranger to it.
constexpr SipKey kNetworkKey{'c', 'l', 'i', 'e', 'n', 't', '\'', 's', ' ', 'n', 'e', 't', 'w', 'o', 'r', 'k'};
constexpr SipKey kAddressKey{'i', 'n', 's', 't', 'a', 'n', 'c', 'e', ' ', 'a', 'd', 'd', 'r', 'e', 's', 's'};
constexpr SipKey kNameKey{'c', 'a', 'n', 'd', 'i', 'd', 'a', 't', 'e', '\'', 's', ' ', 'n', 'a', 'm', 'e'};

// Odd numbers whose bits look random: the first digits after the point of sqrt(2), sqrt(3) and sqrt(5).
constexpr std::uint64_t kSqrt2 = 0x6A09E667F3BCC909U;
constexpr std::uint64_t kSqrt3 = 0xBB67AE8584CAA73BU;
constexpr std::uint64_t kSqrt5 = 0x3C6EF372FE94F82BU;

// A candidate and how late its clock strikes: cost / weight decides.
struct Entrant {
  std::uint64_t cost;
  Candidate candidate;
};

static_assert(kNegatedLogMax <= std::numeric_limits<std::uint64_t>::max() / kRendezvousWeightMax,
              "a cost times a weight fits 64 bits");

// Over the family, 4 or 6 in one octet, and the address in network byte order, 4 or 16 octets.
std::uint64_t hash(IpAddress address, const SipKey& key) noexcept {
  std::array<std::uint8_t, 1 + kBitsV6 / 8> octets;
  const std::size_t address_size = static_cast<std::size_t>(bits_of(address.family)) / 8;
  octets[0] = address.family == Family::v4 ? 4 : 6;
  for (std::size_t i = address_size; i > 0; --i) {
    octets[i] = static_cast<std::uint8_t>(address.bits);
    address.bits >>= 8;
  }
  return siphash24(Bytes(octets).first(1 + address_size), key);
}

std::uint64_t multiply_and_fold(std::uint64_t a, std::uint64_t b) noexcept {
  const U128 product = U128{a} * b;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

// What the two draw together, uniform. Once would do for hashes that are random in all bits; twice also for others.
std::uint64_t mix(std::uint64_t network, std::uint64_t id) noexcept {
  return multiply_and_fold(multiply_and_fold(network ^ kSqrt2, id ^ kSqrt3), kSqrt5);
}

std::uint64_t cost_of(std::uint64_t network, std::uint64_t id) noexcept {
  return negated_log2(std::max<std::uint64_t>(mix(network, id), 1));  // zero has no logarithm
}

}  // namespace

std::uint64_t hash_network(IpAddress client, int prefix_bits) noexcept {
  return hash(network_of(client, prefix_bits), kNetworkKey);
}

std::uint64_t hash_address(IpAddress address) noexcept {
  return hash(address, kAddressKey);
}

std::uint64_t hash_name(std::string_view name) noexcept {
  return siphash24({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()}, kNameKey);
}

void order_by_rendezvous(std::span<Candidate> candidates, std::size_t count, std::uint64_t network,
                         std::span<const std::uint64_t> ids) noexcept {
  assert(count <= candidates.size() && candidates.size() <= kCandidatesMax);
  std::array<Entrant, kCandidatesMax> storage;
  const auto entrants = std::span(storage).first(candidates.size());
  std::ranges::transform(candidates, entrants.begin(), [&](const Candidate& candidate) {
    assert(candidate.weight > 0 && candidate.weight <= kRendezvousWeightMax);
    return Entrant{cost_of(network, ids[candidate.place]), candidate};
  });

  // Ties, about one in 2^30, go by what is the same on every server; places only tell equal ids apart.
  const auto is_better = [&](const Entrant& a, const Entrant& b) {
    const std::uint64_t a_scaled = a.cost * b.candidate.weight;
    const std::uint64_t b_scaled = b.cost * a.candidate.weight;
    if (a_scaled != b_scaled) return a_scaled < b_scaled;
    const std::uint64_t a_id = ids[a.candidate.place];
    const std::uint64_t b_id = ids[b.candidate.place];
    return a_id != b_id ? a_id < b_id : a.candidate.place < b.candidate.place;
  };
  std::ranges::partial_sort(entrants, entrants.begin() + static_cast<std::ptrdiff_t>(count), is_better);
  std::ranges::transform(entrants, candidates.begin(), &Entrant::candidate);
}

}  // namespace rhumb::steering

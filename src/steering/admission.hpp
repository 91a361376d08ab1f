// Which clients a part of a region's share is made of.
//
// Each client network has a point in each region, and is of a share while its point lies below: when a share shrinks,
// clients leave one after the other and stay away; when it grows again, they come back in the opposite order. Points of
// one region say nothing of those of another, nor of what rendezvous hashing prefers, so that whoever leaves spreads
// over the others as they share.
//
// Integers only, and the same on every server: see rendezvous.hpp, and that nothing may change here once released.
#pragma once

#include <cstdint>

#include "base/share.hpp"

namespace rhumb::steering {

// `network` and `region` are hashes of rendezvous.hpp. `share` > 0.
[[nodiscard]] constexpr bool is_admitted(Share share, std::uint64_t network, std::uint64_t region) noexcept {
  if (share >= kFullShare) return true;
  // The finalizer of MurmurHash3 (Appleby, public domain) over both, with a constant of its own.
  std::uint64_t mixed = (network ^ 0xa0761d6478bd642fU) * 0x9e3779b97f4a7c15U + region;
  mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccdU;
  mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53U;
  mixed ^= mixed >> 33;
  const std::uint64_t point = mixed % (kFullShare - kLeastShare);
  return point + kLeastShare < share;
}

}  // namespace rhumb::steering

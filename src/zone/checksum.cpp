#include "zone/checksum.hpp"

#include <array>
#include <cstring>

namespace rhumb::zone {
namespace {

// Any odd numbers with about half their bits set would do.
constexpr std::array<std::uint64_t, 4> kLanes = {0xa0761d6478bd642fU, 0xe7037ed1a0b428dbU, 0x8ebc6af09c88c6e3U,
                                                 0x589965cc75374cc3U};

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint64_t checksum(Bytes octets) noexcept {
  std::array<std::uint64_t, 4> lanes = kLanes;
  std::array<std::uint64_t, 4> words{};
  const std::uint64_t size = octets.size();
  for (; octets.size() >= sizeof words; octets = octets.subspan(sizeof words)) {
    std::memcpy(words.data(), octets.data(), sizeof words);
    for (std::size_t i = 0; i < lanes.size(); ++i)
      lanes[i] = mix(lanes[i] ^ words[i], kLanes[i] + size);
  }
  words = {};
  if (!octets.empty()) std::memcpy(words.data(), octets.data(), octets.size());
  std::uint64_t sum = size;
  for (std::size_t i = 0; i < lanes.size(); ++i)
    sum = mix(sum ^ kLanes[i], mix(lanes[i] ^ words[i], kLanes[i]) ^ size);
  return sum;
}

}  // namespace rhumb::zone

#include "base/siphash.hpp"

#include <bit>

namespace rhumb {
namespace {

// SipHash is defined on little-endian words; memcpy(3) into a word is that on every machine that Debian builds for us.
static_assert(std::endian::native == std::endian::little);

std::uint64_t load_word(const std::uint8_t* at, std::size_t size) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, size);
  return word;
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void take(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t siphash24(Bytes data, const SipKey& key) noexcept {
  const std::uint64_t k0 = load_word(key.data(), 8);
  const std::uint64_t k1 = load_word(key.data() + 8, 8);
  State state{k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU, k0 ^ 0x6c7967656e657261U, k1 ^ 0x7465646279746573U};
  const std::uint64_t size_octet = static_cast<std::uint64_t>(data.size()) << 56;
  for (; data.size() >= 8; data = data.subspan(8))
    state.take(load_word(data.data(), 8));
  state.take(size_octet | load_word(data.data(), data.size()));
  state.v2 ^= 0xFF;
  for (int i = 0; i < 4; ++i)
    state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace rhumb

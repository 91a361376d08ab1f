#include "transport/rate_limiter.hpp"

#include <cassert>

namespace rhumb::transport {
namespace {

constexpr std::uint64_t kTicksPerMicrosecond = 16;                           // ticks in a microsecond
constexpr std::uint64_t kTicksPerSecond = kTicksPerMicrosecond * 1'000'000;  // in a second
constexpr int kTimeBits = 44;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;

std::uint64_t hash_of(const IpAddress& network, std::uint64_t seed) noexcept {
  // Two rounds of multiply and fold (wyhash, Wang Yi, public domain).
  __extension__ using Product = unsigned __int128;
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    const Product product = static_cast<Product>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const auto high = static_cast<std::uint64_t>(network.bits >> 64);
  const auto low = static_cast<std::uint64_t>(network.bits) + (network.family == Family::v6 ? 1 : 0);
  return mix(mix(high ^ seed, 0xa0761d6478bd642fU) ^ low, seed ^ 0xe7037ed1a0b428dbU);
}

}  // namespace

RateLimiter::RateLimiter(const RateLimits& limits, std::uint64_t seed)
    : limits_(limits),
      seed_(seed | 1),
      interval_(kTicksPerSecond / limits.responses_per_second),
      lines_(kNetworks / kWays) {
  assert(limits.responses_per_second > 0 && limits.responses_per_second <= RateLimits::kResponsesMax);
}

bool RateLimiter::is_over(const IpAddress& client, std::uint64_t now_us) noexcept {
  const int bits = client.family == Family::v4 ? limits_.v4_bits : limits_.v6_bits;
  const std::uint64_t hash = hash_of(network_of(client, bits), seed_);
  const Word tag = hash & ~kTimeMask;
  Line& line = lines_[hash % lines_.size()];
  const std::uint64_t now = now_us * kTicksPerMicrosecond & kTimeMask;

  // How much a word's network has yet to pay; what can't be, is of another age of the clock, and paid.
  const auto debt_of = [&](Word word) {
    const std::uint64_t debt = ((word & kTimeMask) - now) & kTimeMask;
    return debt > kTicksPerSecond + interval_ ? 0 : debt;
  };
  std::atomic<Word>* place = &line.words[0];
  std::uint64_t debt = ~std::uint64_t{0};
  for (std::atomic<Word>& candidate : line.words) {
    const Word word = candidate.load(std::memory_order_relaxed);
    if ((word & ~kTimeMask) == tag) {
      place = &candidate;
      debt = debt_of(word);
      if (debt >= kTicksPerSecond) return true;
      break;
    }
    if (debt_of(word) < debt) {
      place = &candidate;
      debt = debt_of(word);
    }
  }
  const bool is_known = (place->load(std::memory_order_relaxed) & ~kTimeMask) == tag;
  const std::uint64_t paid = now + (is_known ? debt : 0) + interval_;
  place->store(tag | (paid & kTimeMask), std::memory_order_relaxed);
  return false;
}

}  // namespace rhumb::transport

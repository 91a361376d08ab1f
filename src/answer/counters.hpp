// What one thread has answered, counted; and the sum over threads.
//
// One writer: a plain load and store for each count, without a lock prefix, in memory that no other thread writes. It
// is read at any time from any thread; each number is right, all together may be of slightly different moments. All
// counters lie in one array (47 KB), so that threads are summed by one loop; which is which is told by places in it.
//
// An answer counts twice: under transport, family, type and rcode, and under its zone. A steered one counts under its
// service and region too, and what else there is to say of it, if there is. The time that an answer takes, and where
// its client is, is for the transports to find out, of a few.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "answer/counted_names.hpp"
#include "answer/summary.hpp"
#include "base/ip_address.hpp"
#include "geo/country_table.hpp"

namespace rhumb::answer {

// Types that are counted each by itself; 0 stands for all others, and for queries without one.
inline constexpr std::array<dns::Type, 16> kCountedTypes{0,
                                                         dns::type::kA,
                                                         dns::type::kNs,
                                                         dns::type::kCname,
                                                         dns::type::kSoa,
                                                         dns::type::kPtr,
                                                         dns::type::kMx,
                                                         dns::type::kTxt,
                                                         dns::type::kAaaa,
                                                         dns::type::kSrv,
                                                         dns::type::kDs,
                                                         dns::type::kDnskey,
                                                         dns::type::kSvcb,
                                                         dns::type::kHttps,
                                                         dns::type::kAny,
                                                         dns::type::kCaa};
inline constexpr std::array<dns::Rcode, 9> kCountedRcodes{
    dns::Rcode::no_error, dns::Rcode::form_err,  dns::Rcode::serv_fail, dns::Rcode::nx_domain, dns::Rcode::not_imp,
    dns::Rcode::refused,  dns::Rcode::yx_domain, dns::Rcode::not_auth,  dns::Rcode::bad_vers};

inline constexpr std::size_t kOutcomes = static_cast<std::size_t>(steering::Outcome::refused) + 1;
inline constexpr std::size_t kFates = static_cast<std::size_t>(Fate::malformed) + 1;
// How long answers took: up to 125 ns, 250 ns, 500 ns, … 1.024 ms, and longer ones.
inline constexpr std::size_t kTimeBuckets = 15;
[[nodiscard]] constexpr std::uint64_t time_bucket_end_ns(std::size_t bucket) noexcept {
  return std::uint64_t{125} << bucket;
}

// Places of counters in the array.
namespace counter {

inline constexpr std::size_t kTypeSlots = kCountedTypes.size();
inline constexpr std::size_t kRcodeSlots = 32;  // an rcode is its own slot; a power of two, so that one is a shift

inline constexpr std::size_t kQueries = 0;
inline constexpr std::size_t kFate = kQueries + 2 * 2 * kTypeSlots * kRcodeSlots;
inline constexpr std::size_t kTruncated = kFate + 2 * kFates;
inline constexpr std::size_t kZones = kTruncated + 2;
inline constexpr std::size_t kSteered = kZones + kZonePlaces;
inline constexpr std::size_t kOutcome = kSteered + kSteeredPlaces;  // but healthy: what the others leave
inline constexpr std::size_t kScopesV4 = kOutcome + kOutcomes;
inline constexpr std::size_t kScopesV6 = kScopesV4 + kBitsV4 + 1;
inline constexpr std::size_t kTimes = kScopesV6 + kBitsV6 + 1;
inline constexpr std::size_t kTimeSum = kTimes + kTimeBuckets;
inline constexpr std::size_t kCountries = kTimeSum + 1;
inline constexpr std::size_t kEnd = kCountries + geo::kCountryPlaces;

// By type: where its counters begin.
inline constexpr auto kTypeStarts = [] {
  std::array<std::uint16_t, dns::type::kCaa + 1> starts{};
  for (std::size_t slot = 1; slot < kTypeSlots; ++slot)
    starts[kCountedTypes[slot]] = static_cast<std::uint16_t>(slot * kRcodeSlots);
  return starts;
}();

[[nodiscard]] constexpr std::size_t queries(Transport transport, Family family) noexcept {
  const std::size_t kind = static_cast<std::size_t>(transport) * 2 + static_cast<std::size_t>(family);
  return kQueries + kind * kTypeSlots * kRcodeSlots;
}
// Within those of a transport and family.
[[nodiscard]] constexpr std::size_t query(dns::Type type, dns::Rcode rcode) noexcept {
  std::size_t start = 0;
  if (type < kTypeStarts.size()) [[likely]]
    start = kTypeStarts[type];
  return start + static_cast<std::size_t>(rcode);
}
[[nodiscard]] constexpr std::size_t fate(Transport transport, Fate fate) noexcept {
  return kFate + static_cast<std::size_t>(transport) * kFates + static_cast<std::size_t>(fate);
}
[[nodiscard]] constexpr std::size_t truncated(Transport transport) noexcept {
  return kTruncated + static_cast<std::size_t>(transport);
}
[[nodiscard]] constexpr std::size_t outcome(steering::Outcome outcome) noexcept {
  return kOutcome + static_cast<std::size_t>(outcome);
}
[[nodiscard]] constexpr std::size_t scope(Family family, std::size_t bits) noexcept {
  return (family == Family::v4 ? kScopesV4 : kScopesV6) + bits;
}

}  // namespace counter

class Counters;

// A sum of Counters.
class Counts {
 public:
  Counts() : values_(counter::kEnd) {}

  Counts& operator+=(const Counters& counters) noexcept;

  // At a place of `counter`.
  [[nodiscard]] std::uint64_t operator[](std::size_t place) const noexcept { return values_[place]; }

 private:
  std::vector<std::uint64_t> values_;
};

class Counters {
 public:
  // Answers, or that there was none, of one transport and family. `places` is of the snapshot that answered. In a loop
  // of its own, after a batch, one costs half of what it costs right after each answer.
  void count(std::span<const Summary> summaries, Transport transport, Family family,
             const CountedPlaces& places) noexcept {
    const std::size_t queries = counter::queries(transport, family);
    // Copies, since the compiler cannot know that no counter is a part of the vectors.
    const std::span<const std::uint16_t> zones(places.zones);
    const std::span<const std::uint16_t> services(places.services);
    for (const Summary& summary : summaries) {
      if (!summary.is_plain()) {
        if (summary.is_steered()) {
          add(counter::kSteered + place_of(summary.service, services, CountedPlaces::kOtherServices) + summary.region);
        }
        if (summary.marks.subnet != Subnet::none) count_scope(summary);
        if (!summary.is_usual() && !count_particulars(summary, transport)) continue;
      }
      add(queries + counter::query(summary.type, summary.rcode));
      add(counter::kZones + place_of(summary.zone, zones, CountedPlaces::kNoZone));
    }
  }

  // How long one answer took.
  void count_time(std::uint64_t time_ns) noexcept;
  // A steered one whose client is in the country at `place`.
  void count_country(std::size_t place) noexcept { add(counter::kCountries + place); }

 private:
  friend class Counts;

  [[nodiscard]] static std::size_t place_of(std::size_t number, std::span<const std::uint16_t> places,
                                            std::size_t otherwise) noexcept {
    if (number < places.size()) [[likely]]
      return places[number];
    return otherwise;
  }
  void count_scope(const Summary& summary) noexcept {
    add(counter::scope(summary.marks.subnet == Subnet::v4 ? Family::v4 : Family::v6, summary.scope_bits));
  }
  // What few answers are. False: that is all there is to count.
  [[nodiscard]] bool count_particulars(const Summary& summary, Transport transport) noexcept;

  void add(std::size_t place, std::uint64_t amount = 1) noexcept {
    std::atomic<std::uint64_t>& value = values_[place];
    value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, counter::kEnd> values_{};
};

}  // namespace rhumb::answer

// Measured round-trip times between client networks and regions.
//
// Samples come by network or by AS. A sample of a network counts for it, for its AS and for its country, so that where
// a network has too few of its own, those of its neighbours speak for it: of the network, of the networks around it
// that were measured as such, of the AS, of the country, the first with enough samples decides, for each region by
// itself. A median stands for all: one slow probe in a hundred moves it by nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/network.hpp"
#include "geo/address_map.hpp"
#include "geo/database.hpp"
#include "steering/region.hpp"

namespace rhumb::steering {

using Asn = std::uint32_t;

struct LatencySample {
  std::variant<Network, Asn> from;
  RegionIndex region;             // of all that are configured
  float rtt_ms;                   // > 0
  std::uint32_t count = 1;        // how many measurements this one stands for; > 0
  std::uint32_t measured_at = 0;  // seconds since 1970
};

// What decided a time.
enum class LatencySource : std::uint8_t { none, network, asn, country };

// The time to one region.
struct Latency {
  float rtt_ms = 0;  // the median; 0: not measured
  std::uint64_t samples = 0;
  std::uint32_t measured_at = 0;  // the newest of them
  LatencySource source = LatencySource::none;

  [[nodiscard]] bool is_measured() const noexcept { return source != LatencySource::none; }
};

// A measured network's number; 0 is none.
using LatencyCell = std::uint32_t;

// Longer prefixes are taken for these: resolvers tell no more of a client (RFC 7871 §11.1).
inline constexpr std::uint8_t kLatencyBitsV4 = 24;
inline constexpr std::uint8_t kLatencyBitsV6 = 48;

// How many samples a median needs, if nothing else is configured.
inline constexpr std::uint32_t kLatencySamplesUsual = 3;

// Immutable and safe to read from any thread. To read a million samples, gather them and rank a city database by them
// takes 1.7 s of CPU more than to rank it by distance.
class Latencies {
 public:
  // Nothing is measured.
  Latencies() = default;
  // `database` says which AS and country a network is in (by its first address); it is not needed afterwards.
  // Medians need `samples_min`.
  Latencies(std::span<const LatencySample> samples, const geo::Database& database, std::uint32_t samples_min);

  [[nodiscard]] bool empty() const noexcept { return groups_.size() == 1; }
  // The networks with enough samples of their own.
  [[nodiscard]] const geo::AddressMap<LatencyCell>& networks() const noexcept { return networks_; }

  // From a client in the network `cell`, in the AS and country of `location`, to `region`.
  [[nodiscard]] Latency find(LatencyCell cell, const geo::Location& location, RegionIndex region) const;

  [[nodiscard]] std::size_t network_count() const noexcept { return around_.size() - 1; }
  [[nodiscard]] std::size_t asn_count() const noexcept { return by_asn_.size(); }
  [[nodiscard]] std::size_t country_count() const noexcept { return by_country_.size(); }

 private:
  struct Median {
    RegionIndex region;
    float rtt_ms;
    std::uint64_t samples;
    std::uint32_t measured_at;
  };
  // The medians of one network, AS or country, by region.
  struct Group {
    std::uint32_t first;  // of medians_
    std::uint32_t count;
  };
  using GroupId = std::uint32_t;

  // Two letters in a number, so that they are looked for as an AS is.
  using CountryKey = std::uint16_t;
  [[nodiscard]] static CountryKey key_of(std::string_view country) noexcept {
    return country.size() == 2 ? static_cast<CountryKey>(country[0] << 8 | country[1]) : CountryKey{0};
  }

  template <typename Key>
  struct Keyed;
  template <typename Key, typename Take>
  void aggregate(std::vector<Keyed<Key>> samples, std::uint32_t samples_min, const Take& take);
  void add_networks(std::vector<Keyed<Network>> samples, std::uint32_t samples_min);
  [[nodiscard]] const Median* find(GroupId group, RegionIndex region) const noexcept;

  geo::AddressMap<LatencyCell> networks_;
  std::vector<LatencyCell> around_{0};  // of each cell, the one around it
  std::vector<Group> groups_{{0, 0}};   // the cells, which have the same numbers, then those of the others
  std::vector<Median> medians_;
  std::unordered_map<Asn, GroupId> by_asn_;
  std::unordered_map<CountryKey, GroupId> by_country_;
};

}  // namespace rhumb::steering

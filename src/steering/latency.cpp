#include "steering/latency.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace rhumb::steering {
namespace {

std::tuple<Family, U128, std::uint8_t> order_of(const Network& network) noexcept {
  return {network.address.family, network.address.bits, network.prefix_bits};
}
std::uint32_t order_of(std::uint32_t number) noexcept {
  return number;
}

Network widened(const Network& network) noexcept {
  const std::uint8_t most = network.address.family == Family::v4 ? kLatencyBitsV4 : kLatencyBitsV6;
  const std::uint8_t bits = std::min(network.prefix_bits, most);
  return {network_of(network.address, bits), bits};
}

// `samples` are of one kind, sorted by time; not empty.
template <typename Samples>
Latency median_of(const Samples& samples) {
  Latency median;
  for (const auto& sample : samples) {
    median.samples += sample.count;
    median.measured_at = std::max(median.measured_at, sample.measured_at);
  }
  const auto at = [&](std::uint64_t position) {
    auto sample = samples.begin();
    for (; position >= sample->count; ++sample)
      position -= sample->count;
    return sample->rtt_ms;
  };
  median.rtt_ms = (at((median.samples - 1) / 2) + at(median.samples / 2)) / 2;
  return median;
}

}  // namespace

template <typename Key>
struct Latencies::Keyed {
  Key key;
  RegionIndex region;
  float rtt_ms;
  std::uint32_t count;
  std::uint32_t measured_at;

  [[nodiscard]] auto order() const noexcept { return std::tuple(order_of(key), region, rtt_ms); }
};

Latencies::Latencies(std::span<const LatencySample> samples, const geo::Database& database, std::uint32_t samples_min) {
  std::vector<Keyed<Network>> of_networks;
  std::vector<Keyed<Asn>> of_asns;
  std::vector<Keyed<std::uint32_t>> of_countries;
  for (const LatencySample& sample : samples) {
    const auto add = [&](auto& to, const auto& key) {
      to.push_back({key, sample.region, sample.rtt_ms, sample.count, sample.measured_at});
    };
    if (const Asn* asn = std::get_if<Asn>(&sample.from)) {
      add(of_asns, *asn);
      continue;
    }
    const Network network = widened(std::get<Network>(sample.from));
    const geo::Location location = database.locations.get(database.find(network.address));
    add(of_networks, network);
    if (location.asn != 0) add(of_asns, location.asn);
    if (const CountryKey country = key_of(location.country)) add(of_countries, std::uint32_t{country});
  }
  add_networks(std::move(of_networks), samples_min);
  aggregate(std::move(of_asns), samples_min, [&](Asn asn, GroupId group) { by_asn_[asn] = group; });
  aggregate(std::move(of_countries), samples_min,
            [&](std::uint32_t country, GroupId group) { by_country_[static_cast<CountryKey>(country)] = group; });
}

void Latencies::add_networks(std::vector<Keyed<Network>> samples, std::uint32_t samples_min) {
  std::vector<geo::NetworkValue<LatencyCell>> networks;
  aggregate(std::move(samples), samples_min, [&](const Network& network, GroupId group) {
    networks.push_back({network.address, network.prefix_bits, group});
  });
  around_.resize(groups_.size(), 0);
  networks_ = geo::map_of_networks<LatencyCell>(networks, [&](LatencyCell around, LatencyCell own) {
    around_[own] = around;
    return own;
  });
}

// Calls take(key, group) for each key with enough samples for one region at least.
template <typename Key, typename Take>
void Latencies::aggregate(std::vector<Keyed<Key>> samples, std::uint32_t samples_min, const Take& take) {
  std::ranges::sort(samples, {}, &Keyed<Key>::order);
  for (auto first = samples.begin(); first != samples.end();) {
    const Key key = first->key;
    Group group{static_cast<std::uint32_t>(medians_.size()), 0};
    while (first != samples.end() && order_of(first->key) == order_of(key)) {
      const RegionIndex region = first->region;
      const auto is_other = [&](const Keyed<Key>& sample) {
        return sample.region != region || order_of(sample.key) != order_of(key);
      };
      const auto end = std::find_if(first, samples.end(), is_other);
      const Latency median = median_of(std::span(first, end));
      if (median.samples >= samples_min) {
        medians_.push_back({region, median.rtt_ms, median.samples, median.measured_at});
        ++group.count;
      }
      first = end;
    }
    if (group.count == 0) continue;
    groups_.push_back(group);
    take(key, static_cast<GroupId>(groups_.size() - 1));
  }
}

Latency Latencies::find(LatencyCell cell, const geo::Location& location, RegionIndex region) const {
  const auto told = [](const Median& median, LatencySource source) {
    return Latency{median.rtt_ms, median.samples, median.measured_at, source};
  };
  for (; cell != 0; cell = around_[cell]) {
    if (const Median* median = find(GroupId{cell}, region)) return told(*median, LatencySource::network);
  }
  if (const auto asn = by_asn_.find(location.asn); asn != by_asn_.end()) {
    if (const Median* median = find(asn->second, region)) return told(*median, LatencySource::asn);
  }
  if (const auto country = by_country_.find(key_of(location.country)); country != by_country_.end()) {
    if (const Median* median = find(country->second, region)) return told(*median, LatencySource::country);
  }
  return {};
}

const Latencies::Median* Latencies::find(GroupId group, RegionIndex region) const noexcept {
  const auto medians = std::span(medians_).subspan(groups_[group].first, groups_[group].count);
  const auto found = std::ranges::lower_bound(medians, region, {}, &Median::region);
  return found != medians.end() && found->region == region ? &*found : nullptr;
}

}  // namespace rhumb::steering

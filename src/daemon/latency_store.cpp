#include "daemon/latency_store.hpp"

#include <algorithm>
#include <utility>

#include "steering/latency.hpp"

namespace rhumb::daemon {
namespace {

std::uint32_t seconds_of(LatencyStore::Time time) {
  return static_cast<std::uint32_t>(time.time_since_epoch().count());
}

// What steering tells apart.
Network widened(const Network& network) {
  const std::uint8_t most = network.address.family == Family::v4 ? steering::kLatencyBitsV4 : steering::kLatencyBitsV6;
  return Network{network.address, std::min(network.prefix_bits, most)}.masked();
}

}  // namespace

void LatencyStore::configure(const std::optional<config::LatencySamples>& settings, Time now, Problems& problems) {
  const std::lock_guard lock(mutex_);
  const bool is_same_file = settings_ && settings && settings_->file == settings->file;
  settings_ = settings;
  if (is_same_file) return;
  entries_.clear();
  has_news_ = false;
  if (!settings_) return;
  for (config::ToldLatency& told : config::read_told_latencies(settings_->file, problems)) {
    const Network network = widened(told.network);
    entries_[{network.address.family, network.address.bits, network.prefix_bits, std::move(told.region)}] = {
        told.rtt_ms, std::min(told.samples, kSamplesMax), std::min(told.measured_at, seconds_of(now))};
  }
}

bool LatencyStore::add(std::span<const control::MeasuredLatency> samples, Time now) {
  const std::lock_guard lock(mutex_);
  if (!settings_) return false;
  for (const control::MeasuredLatency& sample : samples)
    add(sample, seconds_of(now));
  has_news_ = has_news_ || !samples.empty();
  return true;
}

void LatencyStore::add(const control::MeasuredLatency& sample, std::uint32_t now_s) {
  constexpr float kShare = 0.125F;
  const Network network = widened(sample.network);
  Key key{network.address.family, network.address.bits, network.prefix_bits, sample.region};
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= config::kToldLatenciesMax) forget_oldest();
    entries_.emplace(std::move(key), Entry{sample.rtt_ms, 1, now_s});
    return;
  }
  Entry& entry = found->second;
  entry.samples = std::min(entry.samples + 1, kSamplesMax);
  entry.rtt_ms += (sample.rtt_ms - entry.rtt_ms) * std::max(kShare, 1 / static_cast<float>(entry.samples));
  entry.measured_at = now_s;
}

void LatencyStore::forget_oldest() {
  constexpr std::size_t kPart = 10;
  std::vector<std::uint32_t> times;
  times.reserve(entries_.size());
  for (const auto& [key, entry] : entries_)
    times.push_back(entry.measured_at);
  const std::size_t count = times.size() / kPart + 1;
  const auto last = times.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::ranges::nth_element(times, last);
  std::size_t left = count;  // of those of the same second not more than that
  std::erase_if(entries_,
                [&](const auto& entry) { return entry.second.measured_at <= *last && left > 0 && left-- > 0; });
}

std::optional<LatencyStore::Known> LatencyStore::known() const {
  const std::lock_guard lock(mutex_);
  if (!settings_) return std::nullopt;
  return Known{*settings_, all()};
}

std::vector<config::ToldLatency> LatencyStore::all() const {
  std::vector<config::ToldLatency> latencies;
  latencies.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) {
    const auto& [family, bits, prefix_bits, region] = key;
    latencies.push_back({{{bits, family}, prefix_bits}, region, entry.rtt_ms, entry.samples, entry.measured_at});
  }
  return latencies;
}

bool LatencyStore::save(Time now, Problems& problems) {
  const std::lock_guard lock(mutex_);
  return save_under_lock(now, problems);
}

bool LatencyStore::save_if_due(std::chrono::steady_clock::time_point due_at, Time now, Problems& problems) {
  const std::lock_guard lock(mutex_);
  if (!settings_ || due_at < saved_at_ + settings_->settle) return false;
  saved_at_ = due_at;
  return save_under_lock(now, problems);
}

bool LatencyStore::save_under_lock(Time now, Problems& problems) {
  if (!settings_) return false;
  const auto keep_s = std::chrono::duration_cast<std::chrono::seconds>(settings_->keep);
  const auto is_old = [&](const auto& entry) {
    return Time(std::chrono::seconds(entry.second.measured_at)) + keep_s < now;
  };
  has_news_ = std::erase_if(entries_, is_old) > 0 || has_news_;
  if (!has_news_) return false;
  if (const auto problem = config::write_told_latencies(settings_->file, all())) {
    problems.error("latency samples", *problem);
    return false;
  }
  has_news_ = false;
  return true;
}

}  // namespace rhumb::daemon

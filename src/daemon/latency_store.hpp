// Measured times that agents tell over the API, kept until they are too old.
//
// For each network and region one time: an exponentially weighted mean (a new sample counts an eighth, the first eight
// as much as each other), so that a network costs the same however often somebody tells of it, and follows a change
// within some ten samples. Prefixes longer than steering tells apart are taken together, which also means that no
// single host stands in the file.
//
// What is told is written to a file now and again, and rankings are made anew from that (config/latency_samples.hpp):
// they never go by what a restart would forget.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "config/config.hpp"
#include "config/latency_samples.hpp"
#include "control/administration.hpp"

namespace rhumb::daemon {

// From any thread.
class LatencyStore {
 public:
  using Time = std::chrono::sys_seconds;
  // What an entry can stand for at the most, whoever tells how often.
  static constexpr std::uint32_t kSamplesMax = 1'000;

  // Keeps samples as `settings` say, from now on: none, if they are nothing. Another file than until now is read;
  // what is wrong with it goes to `problems`.
  void configure(const std::optional<config::LatencySamples>& settings, Time now, Problems& problems);

  // False when none are kept. Where there are too many networks and regions, those that were not told of for the
  // longest time are forgotten, a tenth of them.
  [[nodiscard]] bool add(std::span<const control::MeasuredLatency> samples, Time now);

  struct Known {
    config::LatencySamples settings;
    std::vector<config::ToldLatency> latencies;
  };
  // Nothing when none are kept.
  [[nodiscard]] std::optional<Known> known() const;

  // Writes what has been told, or has become too old, since the last time; true when it has written. Why it could not
  // goes to `problems`.
  [[nodiscard]] bool save(Time now, Problems& problems);
  // The same, but no more often than the settings say.
  [[nodiscard]] bool save_if_due(std::chrono::steady_clock::time_point due_at, Time now, Problems& problems);

 private:
  using Key = std::tuple<Family, U128, std::uint8_t, std::string>;
  struct Entry {
    float rtt_ms;
    std::uint32_t samples;
    std::uint32_t measured_at;
  };

  void add(const control::MeasuredLatency& sample, std::uint32_t now_s);
  void forget_oldest();
  [[nodiscard]] bool save_under_lock(Time now, Problems& problems);
  [[nodiscard]] std::vector<config::ToldLatency> all() const;

  mutable std::mutex mutex_;
  std::optional<config::LatencySamples> settings_;
  std::map<Key, Entry> entries_;
  bool has_news_ = false;
  std::chrono::steady_clock::time_point saved_at_ = {};
};

}  // namespace rhumb::daemon

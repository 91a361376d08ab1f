// What was measured of the time between clients and regions, from the files of the configuration.
//
// Lines of network_or_asn,region,rtt_ms[,samples]: "192.0.2.0/24,eu-west,23.5,40", "AS64500,us-east,180". The files are
// other programs' work and change while the server runs: the server watches them (file_watch.hpp) and reads them anew.
// Beside them there may be one with what was told to the server itself (latency_samples.hpp).
#pragma once

#include <cstddef>
#include <optional>

#include "base/problems.hpp"
#include "config/config.hpp"
#include "geo/database.hpp"
#include "steering/latency.hpp"

namespace rhumb::config {

// In all files together: with 250 regions still 16,000 networks of each.
inline constexpr std::size_t kLatencyLinesMax = 4'000'000;
// A packet is not under way for longer.
inline constexpr float kRttMaxMs = 60'000;
inline constexpr std::uint32_t kSampleCountMax = 1'000'000'000;

// Reads all files before it gives up: nothing when any of them has an error. Times to regions that are not configured
// are left out with a warning for each, as is a file that is not there: whoever measures need not know of every change,
// and a server must not wait for him.
[[nodiscard]] std::optional<steering::Latencies> read_latencies(const Config& config, const geo::Database& database,
                                                                Problems& problems);

}  // namespace rhumb::config

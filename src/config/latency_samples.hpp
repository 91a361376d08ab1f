// Times that somebody tells while the server runs (POST /v1/latency), as they are kept in a file.
//
// Lines of network,region,rtt_ms,samples,measured_at, the last in seconds since 1970. The server writes the file,
// beside and renamed into place, and reads it as it reads files of measurements: what `check`, `explain` and `simulate`
// see is what it goes by. A line that cannot be read costs that line and no start: the next one is told in a minute.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/network.hpp"
#include "base/problems.hpp"

namespace rhumb::config {

// Of networks and regions together: 10 MB of file, and 30 MB of memory.
inline constexpr std::size_t kToldLatenciesMax = 200'000;

struct ToldLatency {
  Network network;
  std::string region;
  float rtt_ms;
  std::uint32_t samples;      // that it stands for
  std::uint32_t measured_at;  // the newest of them
};

// Empty when there is no such file (yet). What cannot be read is left out, with a warning.
[[nodiscard]] std::vector<ToldLatency> read_told_latencies(const std::filesystem::path& file, Problems& problems);

// Why it could not be written; nothing: it is on disk, all of it. The old file stays until then.
[[nodiscard]] std::optional<std::string> write_told_latencies(const std::filesystem::path& file,
                                                              std::span<const ToldLatency> latencies);

}  // namespace rhumb::config

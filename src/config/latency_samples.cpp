#include "config/latency_samples.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/csv_file.hpp"
#include "base/number.hpp"
#include "config/latency_files.hpp"

namespace rhumb::config {
namespace {

std::optional<ToldLatency> read_line(std::span<const std::string_view> fields) {
  constexpr std::size_t kFields = 5;
  if (fields.size() != kFields) return std::nullopt;
  const auto network = Network::parse(fields[0]);
  const auto rtt_ms = parse_number<float>(fields[2]);
  const auto samples = parse_number<std::uint32_t>(fields[3]);
  const auto measured_at = parse_number<std::uint32_t>(fields[4]);
  const bool is_time = rtt_ms && *rtt_ms > 0 && *rtt_ms <= kRttMaxMs;
  const bool is_count = samples && *samples > 0 && *samples <= kSampleCountMax;
  if (!network || !is_time || !is_count || !measured_at) return std::nullopt;
  return ToldLatency{*network, std::string(fields[1]), *rtt_ms, *samples, *measured_at};
}

std::string system_error(std::string_view what, const std::filesystem::path& file) {
  return fmt::format("{}: {}: {}", file.string(), what, std::generic_category().message(errno));
}

bool write_all(int descriptor, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t written = ::write(descriptor, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::vector<ToldLatency> read_told_latencies(const std::filesystem::path& file, Problems& problems) {
  std::vector<ToldLatency> latencies;
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return latencies;
  Problems of_file;
  std::size_t left_out = 0;
  CsvFile lines(file, "network", kToldLatenciesMax, of_file);
  while (lines.next()) {
    if (auto latency = read_line(lines.fields())) {
      latencies.push_back(std::move(*latency));
    } else {
      ++left_out;
    }
  }
  if (left_out > 0) problems.warning(file.string(), fmt::format("{} lines cannot be read and are left out", left_out));
  if (const Problem* first = of_file.first_error()) problems.warning(first->place, first->message);
  return latencies;
}

std::optional<std::string> write_told_latencies(const std::filesystem::path& file,
                                                std::span<const ToldLatency> latencies) {
  std::string text = "network,region,rtt_ms,samples,measured_at\n";
  for (const ToldLatency& latency : latencies) {
    text += fmt::format("{},{},{},{},{}\n", latency.network.to_string(), latency.region, latency.rtt_ms,
                        latency.samples, latency.measured_at);
  }
  const std::string beside = file.string() + ".new";
  constexpr mode_t kMode = 0640;
  const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (descriptor < 0) return system_error("cannot be written", beside);
  const bool is_written = write_all(descriptor, text) && ::fsync(descriptor) == 0;
  std::optional<std::string> problem;
  if (!is_written) problem = system_error("cannot be written", beside);
  ::close(descriptor);
  if (is_written && std::rename(beside.c_str(), file.c_str()) != 0) {
    problem = system_error("cannot be put in place", file);
  }
  return problem;
}

}  // namespace rhumb::config

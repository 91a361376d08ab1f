#include "config/latency_files.hpp"

#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/csv_file.hpp"
#include "base/number.hpp"
#include "base/suggestion.hpp"
#include "config/latency_samples.hpp"

namespace rhumb::config {
namespace {

using steering::LatencySample;

// "AS64500" or "64500"
std::optional<steering::Asn> parse_asn(std::string_view text) {
  if (text.starts_with("AS") || text.starts_with("as")) text.remove_prefix(2);
  const auto asn = parse_number<steering::Asn>(text);
  return asn && *asn > 0 ? asn : std::nullopt;
}

// Seconds since 1970; 0 when it cannot be told.
std::uint32_t changed_at(const std::filesystem::path& file) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file, error);
  if (error) return 0;
  const auto since_epoch = std::chrono::file_clock::to_sys(time).time_since_epoch();
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count());
}

class LatencyFileReader {
 public:
  LatencyFileReader(const std::vector<steering::Region>& regions, Problems& problems) : problems_(problems) {
    for (std::size_t i = 0; i < regions.size(); ++i) {
      numbers_.emplace(regions[i].name, static_cast<steering::RegionIndex>(i));
      names_.push_back(regions[i].name);
    }
  }

  void read(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !error) {
      problems_.warning(path.string(), "is not there (yet): nothing of it is measured");
      return;
    }
    unknown_.clear();
    const std::uint32_t measured_at = changed_at(path);
    CsvFile file(path, "network_or_asn", kLatencyLinesMax - samples_.size(), problems_);
    while (file.next()) {
      if (auto sample = read_line(file)) {
        sample->measured_at = measured_at;
        samples_.push_back(*sample);
      }
    }
  }

  // Times to regions that are not configured (any more) are passed over: they may come back.
  void read_told(const std::filesystem::path& path) {
    for (const ToldLatency& told : read_told_latencies(path, problems_)) {
      const auto region = numbers_.find(told.region);
      if (region == numbers_.end()) continue;
      samples_.push_back({told.network, region->second, told.rtt_ms, told.samples, told.measured_at});
    }
  }

  [[nodiscard]] const std::vector<LatencySample>& samples() const noexcept { return samples_; }

 private:
  std::optional<LatencySample> read_line(CsvFile& file) {
    const auto refuse = [&](std::string message) -> std::optional<LatencySample> {
      file.error(std::move(message));
      return std::nullopt;
    };
    const auto fields = file.fields();
    if (fields.size() < 3 || fields.size() > 4) {
      return refuse(
          "needs network or AS, region and milliseconds, as in 192.0.2.0/24,eu-west,23.5; the number of "
          "samples may follow");
    }
    LatencySample sample;
    if (const auto asn = parse_asn(fields[0])) {
      sample.from = *asn;
    } else {
      const auto network = Network::parse(fields[0]);
      if (auto message = refuse_network(fields[0], network)) return refuse(std::move(*message));
      sample.from = *network;
    }
    const auto rtt = parse_number<float>(fields[2]);
    if (!rtt || !(*rtt > 0 && *rtt <= kRttMaxMs)) {
      return refuse(fmt::format("\"{}\" is not a time in milliseconds, above 0 and at most {}", fields[2], kRttMaxMs));
    }
    sample.rtt_ms = *rtt;
    if (fields.size() == 4) {
      const auto count = parse_number<std::uint32_t>(fields[3]);
      if (!count || *count == 0 || *count > kSampleCountMax) {
        return refuse(fmt::format("\"{}\" is not a number of samples, from 1 to {}", fields[3], kSampleCountMax));
      }
      sample.count = *count;
    }
    const auto region = numbers_.find(fields[1]);
    if (region == numbers_.end()) return warn_of_region(file, fields[1]);
    sample.region = region->second;
    return sample;
  }

  std::optional<LatencySample> warn_of_region(CsvFile& file, std::string_view name) {
    if (unknown_.emplace(name).second) {
      file.warning(fmt::format("\"{}\" is not a region{}; its lines are left out", name, suggestion(name, names_)));
    }
    return std::nullopt;
  }

  Problems& problems_;
  std::map<std::string, steering::RegionIndex, std::less<>> numbers_;
  std::vector<std::string_view> names_;
  std::set<std::string, std::less<>> unknown_;  // regions of the file that were told
  std::vector<LatencySample> samples_;
};

}  // namespace

std::optional<steering::Latencies> read_latencies(const Config& config, const geo::Database& database,
                                                  Problems& problems) {
  const std::size_t errors_before = problems.error_count();
  LatencyFileReader reader(config.regions, problems);
  for (const auto& file : config.latency.files)
    reader.read(file);
  if (config.latency.samples) reader.read_told(config.latency.samples->file);
  if (problems.error_count() > errors_before) return std::nullopt;
  return steering::Latencies(reader.samples(), database, config.latency.samples_min);
}

}  // namespace rhumb::config

#include "daemon/told_load.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "daemon/log.hpp"
#include "daemon/priority.hpp"

namespace rhumb::daemon {
namespace {

// Of very many, the first; each has been logged with its reason.
std::string joined(std::span<const dns::Name> names) {
  constexpr std::size_t kNamesShown = 20;
  std::string text;
  for (const dns::Name& name : names.first(std::min(names.size(), kNamesShown)))
    text += (text.empty() ? "" : ", ") + name.to_text();
  return names.size() > kNamesShown ? text + ", …" : text;
}

}  // namespace

void log_problems(const Problems& problems) {
  for (const Problem& problem : problems.all()) {
    spdlog::log(problem.severity == Severity::error ? spdlog::level::err : spdlog::level::warn, "{}: {}", problem.place,
                problem.message);
  }
  const std::size_t left_out = problems.error_count() + problems.warning_count() - problems.all().size();
  if (left_out > 0) spdlog::warn("and {} more", left_out);
}

void note(const Problems& problems, std::vector<std::string>& lines) {
  log_problems(problems);
  for (const Problem& problem : problems.all())
    lines.push_back(problem.to_string());
}

void note(std::vector<std::string> changes, std::vector<std::string>& lines) {
  if (changes.empty()) changes.emplace_back("nothing has changed");
  for (std::string& change : changes) {
    spdlog::info("{}", change);
    lines.push_back(std::move(change));
  }
}

std::string summary(const steering::Latencies& latencies) {
  return fmt::format("{} networks, {} ASes and {} countries with enough samples", latencies.network_count(),
                     latencies.asn_count(), latencies.country_count());
}

std::optional<Loaded> load_and_log(const std::filesystem::path& config_file, const Secrets& secrets,
                                   const Served* served, std::vector<std::string>& lines) {
  const auto start = std::chrono::steady_clock::now();
  Problems problems;
  auto loaded = load(config_file, secrets, served, problems);
  if (loaded) {
    const auto fault = use_log(loaded->config.log);
    if (fault) problems.error(config_file.string() + ": /log/to", *fault);
    if (fault && served == nullptr) loaded.reset();  // a reload leaves the log where it is
  }
  note(problems, lines);
  if (!loaded) return std::nullopt;
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const answer::Snapshot& snapshot = *loaded->snapshot;
  spdlog::info("loaded {} zones and {} services in {:.2f} s", snapshot.zones.zones().size(), snapshot.services.size(),
               taken.count());
  if (config::is_measured(loaded->config)) spdlog::info("latency files: {}", summary(*loaded->latencies));
  const auto not_loaded = snapshot.zones.not_loaded();
  if (!not_loaded.empty()) spdlog::warn("{} zones are not served: {}", not_loaded.size(), joined(not_loaded));
  return loaded;
}

std::optional<Loaded> load_aside(const std::filesystem::path& config_file, const Secrets& secrets,
                                 std::vector<std::string>& lines) {
  return std::async(std::launch::async,
                    [&] {
                      make_way();
                      return load_and_log(config_file, secrets, nullptr, lines);
                    })
      .get();
}

}  // namespace rhumb::daemon

#include "daemon/server.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include <malloc.h>
#include <spdlog/spdlog.h>

#include "base/published.hpp"
#include "base/random.hpp"
#include "control/control_server.hpp"
#include "control/event_sinks.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/lasting_operations.hpp"
#include "daemon/loader.hpp"
#include "daemon/log.hpp"
#include "daemon/metrics_source.hpp"
#include "daemon/priority.hpp"
#include "daemon/state_keeper.hpp"
#include "health/monitor.hpp"
#include "health/state_file.hpp"
#include "transport/tcp_server.hpp"
#include "transport/udp_server.hpp"
#include "zone/zone_cache.hpp"

namespace rhumb::daemon {
namespace {

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

Secrets random_secrets() {
  Secrets secrets{random_seed(), {}};
  for (const std::size_t half : {0U, 8U}) {
    const std::uint64_t word = random_seed();
    std::memcpy(secrets.cookie_master.data() + half, &word, sizeof word);
  }
  return secrets;
}

// The signals that serve() waits for, blocked in this thread and all that it starts.
sigset_t take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A client that closes its connection while we write must not end the server.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  return signals;
}

void log_problems(const Problems& problems) {
  for (const Problem& problem : problems.all()) {
    spdlog::log(problem.severity == Severity::error ? spdlog::level::err : spdlog::level::warn, "{}: {}", problem.place,
                problem.message);
  }
  const std::size_t left_out = problems.error_count() + problems.warning_count() - problems.all().size();
  if (left_out > 0) spdlog::warn("and {} more", left_out);
}

// Of very many, the first; each has been logged with its reason.
std::string joined(std::span<const dns::Name> names) {
  constexpr std::size_t kShownMax = 20;
  std::string text;
  for (const dns::Name& name : names.first(std::min(names.size(), kShownMax)))
    text += (text.empty() ? "" : ", ") + name.to_text();
  return names.size() > kShownMax ? text + ", …" : text;
}

std::string summary(const steering::Latencies& latencies) {
  return fmt::format("{} networks, {} ASes and {} countries with enough samples", latencies.network_count(),
                     latencies.asn_count(), latencies.country_count());
}

std::optional<Loaded> load_and_log(const std::filesystem::path& config_file, const Secrets& secrets,
                                   const answer::Snapshot* served) {
  const auto start = std::chrono::steady_clock::now();
  Problems problems;
  auto loaded = load(config_file, secrets, served, problems);
  if (loaded) set_log_format(loaded->config.log);
  log_problems(problems);
  if (!loaded) return std::nullopt;
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const answer::Snapshot& snapshot = *loaded->snapshot;
  spdlog::info("loaded {} zones, {} services, {} locations in {:.2f} s", snapshot.zones.zones().size(),
               snapshot.services.size(), loaded->database.locations.size(), taken.count());
  if (!loaded->latency_files.files().empty()) spdlog::info("latency files: {}", summary(loaded->latencies));
  const auto not_loaded = snapshot.zones.not_loaded();
  if (!not_loaded.empty()) spdlog::warn("{} zones are not served: {}", not_loaded.size(), joined(not_loaded));
  return loaded;
}

spdlog::level::level_enum level_of(health::Event::Severity severity) {
  switch (severity) {
    case health::Event::Severity::info:
      return spdlog::level::info;
    case health::Event::Severity::warning:
      return spdlog::level::warn;
    case health::Event::Severity::error:
      break;
  }
  return spdlog::level::err;
}

void log_notice(const control::Notice& notice, const std::string& json) {
  if (log_format() == config::LogFormat::json) return log_json(json);
  spdlog::log(level_of(notice.event.severity), "{}", to_text(notice));
}

void log_untold(const std::string& text) {
  spdlog::warn("{}", text);
}

void log_trouble(const health::LocalTrouble& trouble) {
  spdlog::error("a probe of {} could not be made, its state is kept: {} ({} more like it)", trouble.target.name,
                trouble.evidence, trouble.suppressed);
}

void log_warning(const health::TargetWarning& warning) {
  spdlog::warn("{}: {}", warning.target.name, warning.text);
}

// What was known when the server last ran.
health::Memory load_memory(const config::Config& config) {
  if (!config.health.state_file) return {};
  health::FoundState found = health::load_state(*config.health.state_file);
  if (!found.warning.empty()) spdlog::warn("{}", found.warning);
  if (!found.memory.probes.empty() || !found.memory.overrides.empty()) {
    spdlog::info("{}: going on from {} states and {} overrides", config.health.state_file->string(),
                 found.memory.probes.size(), found.memory.overrides.size());
  }
  return std::move(found.memory);
}

unsigned thread_count(unsigned configured) {
  return configured > 0 ? configured : std::max(1U, std::thread::hardware_concurrency());
}

void warn_of_shortage(std::size_t descriptors, const Loaded& loaded) {
  const config::Config& config = loaded.config;
  const auto shortage =
      descriptor_shortage(descriptors, {.connections = config.tcp.connections,
                                        .endpoints = config.listen.size(),
                                        .threads = thread_count(config.threads),
                                        .probes = std::min(loaded.plan.probes.size(), health::Monitor::kInFlightMax)});
  if (shortage) spdlog::warn("{}: {}", config.file.string(), *shortage);
}

// Loading takes several times the memory that serving needs (a city database: 0.2 GB); without this, glibc keeps much
// of it for a next time that may be weeks away.
void release_memory() {
  malloc_trim(0);
}

using Clock = std::chrono::steady_clock;

// Null if there is to be none. Throws std::system_error when it cannot listen.
std::unique_ptr<control::ControlServer> start_control(const std::optional<std::filesystem::path>& socket_file,
                                                      health::Operations& operations) {
  if (!socket_file) return nullptr;
  auto server = std::make_unique<control::ControlServer>(*socket_file, operations);
  spdlog::info("operators are heard on {}", socket_file->string());
  return server;
}

// How long rate limiting goes unreported.
constexpr std::chrono::seconds kReportInterval{10};
// How often watched files are looked at. What they say of clients is minutes old at the least.
constexpr std::chrono::seconds kWatchInterval{1};

// What a reload cannot change.
bool is_same_transport(const config::Config& a, const config::Config& b) {
  return a.listen == b.listen && a.threads == b.threads && a.tcp == b.tcp && a.rate_limit == b.rate_limit &&
         a.health.state_file == b.health.state_file && a.control_socket == b.control_socket;
}

// What keeps running from start to stop. What a reload replaces is the published snapshot and the monitor's targets.
class Server {
 public:
  // Throws std::system_error when it cannot listen.
  Server(std::filesystem::path config_file, const Secrets& secrets, Loaded loaded)
      : config_file_(std::move(config_file)),
        secrets_(secrets),
        running_(loaded.config),
        events_({log_notice, log_untold}),
        monitor_({[this](const health::Event& event) { events_.deliver(event); }, log_trouble, log_warning},
                 random_seed(), load_memory(running_)),
        states_(running_.health.state_file, monitor_),
        operations_(monitor_, states_),
        snapshot_(complete(std::move(loaded))),
        tcp_(running_.listen, thread_count(running_.threads), snapshot_, random_seed(), running_.tcp),
        control_(start_control(running_.control_socket, operations_)),
        udp_(running_.listen, thread_count(running_.threads), snapshot_, random_seed(), running_.rate_limit) {
    for (const Endpoint& endpoint : running_.listen)
      spdlog::info("listening on {}", endpoint.to_string());
  }

  // Reads everything anew and swaps it in. On an error nothing changes; a broken zone stays as it is.
  void reload() {
    spdlog::info("reloading {}", config_file_.string());
    reload_aside();
    keep_zones();
    release_memory();
  }

  // Puts what was read from text into the cache of zones. After it is served: nobody waits for it then. That it cannot
  // be written is said once, for it has one reason.
  void keep_zones() {
    for (const zone::UncachedZone& zone : std::exchange(loaded_.uncached_zones, {})) {
      const auto fault = zone::write(zone);
      if (!fault) continue;
      spdlog::warn("the cache of zones: {}; the next start will read the text again", *fault);
      return;
    }
  }

  // What it measures of itself, as Prometheus reads it. From any thread.
  [[nodiscard]] std::string metrics_text() { return metrics_.text({udp_, tcp_, operations_, events_}); }

  // What is known now is on disk when it returns.
  void stop() { states_.keep(); }

  // How long to wait, if there is no signal, before attend().
  [[nodiscard]] std::chrono::seconds patience() const {
    return has_watched_files() || states_.has_file() ? kWatchInterval : kReportInterval;
  }

  // What is due now and again.
  void attend() {
    states_.keep();
    if (has_watched_files() && loaded_.latency_files.look()) reload_latencies();
    if (Clock::now() < report_due_) return;
    report();
    report_due_ = Clock::now() + kReportInterval;
  }

 private:
  // Logs what came over the rate limit since the last report.
  void report() {
    const std::uint64_t limited = udp_.counts().limited;
    if (limited == limited_reported_) return;
    spdlog::warn("rate limit: {} queries from networks over {} responses a second{}", limited - limited_reported_,
                 running_.rate_limit.responses_per_second,
                 running_.rate_limit.log_only ? " were answered all the same (log_only)" : "");
    limited_reported_ = limited;
  }

  void reload_aside() {
    // This thread is the one that publishes: until then, the snapshot stays.
    const auto start = Clock::now();
    auto loaded = load_and_log(config_file_, secrets_, &snapshot_.read());
    if (!loaded) {
      metrics_.refused();
      spdlog::error("reload refused: the old configuration, zones and databases keep serving");
      return;
    }
    if (!is_same_transport(loaded->config, running_)) {
      spdlog::warn(
          "{}: changes of \"listen\", \"threads\", \"tcp\", \"rate_limit\", \"control\" and the state file take effect "
          "at the next start",
          config_file_.string());
    }
    snapshot_.publish(complete(std::move(*loaded)));
    metrics_.accepted(std::chrono::duration<double>(Clock::now() - start).count());
    spdlog::info("reloaded");
  }

  void reload_latencies() {
    const auto start = Clock::now();
    Problems problems;
    auto snapshot = daemon::reload_latencies(loaded_, snapshot_.read(), problems);
    log_problems(problems);
    if (snapshot == nullptr) {
      spdlog::error("latency files refused: what was measured before keeps ordering the regions");
    } else {
      snapshot_.publish(std::move(snapshot));
      const std::chrono::duration<double> taken = Clock::now() - start;
      spdlog::info("latency files read anew in {:.2f} s: {}", taken.count(), summary(loaded_.latencies));
    }
    release_memory();
  }

  // Keeps what the next reload_latencies() needs.
  std::unique_ptr<const answer::Snapshot> complete(Loaded loaded) {
    events_.configure(loaded.config.events, loaded.config.settings.identity);  // before the first event
    loaded.snapshot->board = monitor_.replace(std::move(loaded.plan));
    loaded.snapshot->settings.tcp_idle = running_.tcp.idle;  // what is told must be what is done, reloaded or not
    metrics_.serve(loaded);
    loaded_ = std::move(loaded);
    if (!has_watched_files()) loaded_.database = {};
    return std::move(loaded_.snapshot);
  }

  [[nodiscard]] bool has_watched_files() const { return !loaded_.latency_files.files().empty(); }

  std::filesystem::path config_file_;
  Secrets secrets_;
  config::Config running_;      // what it was started with
  control::EventSinks events_;  // before those who have events
  health::Monitor monitor_;
  StateKeeper states_;
  LastingOperations operations_;
  MetricsSource metrics_;
  Loaded loaded_;  // what is served, without the snapshot and, where no file is watched, without the database
  Published<answer::Snapshot> snapshot_;
  // TCP first: its address is not shared with others, so that a second server on it fails before it takes datagrams
  // away from the first one.
  transport::TcpServer tcp_;
  std::unique_ptr<control::ControlServer> control_;
  transport::UdpServer udp_;
  std::uint64_t limited_reported_ = 0;
  Clock::time_point report_due_ = Clock::now() + kReportInterval;
};

// The next signal, or nothing when there is none for that long.
std::optional<int> wait_for(const sigset_t& signals, std::chrono::seconds patience) {
  const timespec timeout{patience.count(), 0};
  const int signal = sigtimedwait(&signals, nullptr, &timeout);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

}  // namespace

int serve(const std::filesystem::path& config_file) {
  start_log();
  const sigset_t signals = take_signals();
  const std::size_t descriptors = raise_descriptor_limit();
  const Secrets secrets = random_secrets();
  auto loaded = load_and_log(config_file, secrets, nullptr);
  if (!loaded) return 1;
  warn_of_shortage(descriptors, *loaded);
  try {
    Server server(config_file, secrets, std::move(*loaded));
    loaded.reset();
    server.keep_zones();
    release_memory();
    make_way();  // all that this thread does from now on is to reload
    std::optional<int> signal;
    while (!signal || *signal == SIGHUP) {
      signal = wait_for(signals, server.patience());
      if (signal == SIGHUP) server.reload();
      server.attend();
    }
    server.stop();
    spdlog::info("stopping on {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  } catch (const std::system_error& error) {
    spdlog::error("{}", error.what());
    return 1;
  }
  return 0;
}

}  // namespace rhumb::daemon

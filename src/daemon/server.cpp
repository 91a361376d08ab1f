#include "daemon/server.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <future>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <malloc.h>
#include <spdlog/spdlog.h>

#include "base/published.hpp"
#include "base/random.hpp"
#include "control/control_client.hpp"
#include "control/control_server.hpp"
#include "control/event_sinks.hpp"
#include "control/handover_request.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/lasting_operations.hpp"
#include "daemon/loader.hpp"
#include "daemon/log.hpp"
#include "daemon/predecessor.hpp"
#include "daemon/priority.hpp"
#include "daemon/service_manager.hpp"
#include "daemon/state_keeper.hpp"
#include "daemon/succession.hpp"
#include "daemon/watchdog.hpp"
#include "health/monitor.hpp"
#include "health/state_file.hpp"
#include "transport/bound_sockets.hpp"
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

// Wakes the main thread: Succession::attend() has something to do.
constexpr int kSomebodyHasCome = SIGUSR1;

// The signals that serve() waits for, blocked in this thread and all that it starts.
sigset_t take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, kSomebodyHasCome, SIGUSR2})
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

const char* name_of(int socket_type) {
  return socket_type == SOCK_DGRAM ? "UDP" : "TCP";
}

// With a socket for each thread on every endpoint.
transport::BoundSockets completed(transport::BoundSockets sockets, const config::Config& config, unsigned threads) {
  sockets.bind_missing(config.listen, threads);
  for (const Endpoint& endpoint : config.listen) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      const std::size_t count = sockets.count(endpoint, type);
      if (count >= threads) continue;
      spdlog::warn("{} ({}): {} of {} threads answer: beside the sockets that were given no others can be bound",
                   endpoint.to_string(), name_of(type), count, threads);
    }
  }
  return sockets;
}

void log_unused(const transport::BoundSockets& sockets) {
  for (const auto& [endpoint, type] : sockets.left()) {
    spdlog::info("{} ({}) is no longer listened on: the configuration does not name it", endpoint.to_string(),
                 name_of(type));
  }
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
                                                      health::Operations& operations, Succession& succession) {
  if (!socket_file) return nullptr;
  auto server = std::make_unique<control::ControlServer>(*socket_file, operations, control::ControlLimits(),
                                                         [&](int descriptor) { succession.arrive(descriptor); });
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

// What a server begins with, besides what it has loaded.
struct Beginnings {
  transport::BoundSockets sockets = {};                    // that are bound already
  std::optional<health::Memory> memory = {};               // none: the state file has it
  std::unique_ptr<Predecessor> predecessor = {};           // that is being replaced; null: nobody is
  std::optional<std::chrono::microseconds> watchdog = {};  // how often the service manager wants a sign of life
};

// What keeps running from start to stop. What a reload replaces is the published snapshot and the monitor's targets.
class Server {
 public:
  // Throws std::system_error when it cannot listen.
  Server(std::filesystem::path config_file, const Secrets& secrets, Loaded loaded, Beginnings beginnings,
         Succession& succession)
      : config_file_(std::move(config_file)),
        secrets_(secrets),
        succession_(succession),
        running_(loaded.config),
        events_({log_notice, log_untold}),
        monitor_({[this](const health::Event& event) { events_.deliver(event); }, log_trouble, log_warning},
                 random_seed(), beginnings.memory ? std::move(*beginnings.memory) : load_memory(running_)),
        states_(running_.health.state_file, monitor_),
        operations_(monitor_, states_),
        snapshot_(complete(std::move(loaded))),
        sockets_(completed(std::move(beginnings.sockets), running_, thread_count(running_.threads))),
        control_(beginnings.predecessor ? nullptr : start_control(running_.control_socket, operations_, succession)),
        tcp_(running_.listen, thread_count(running_.threads), snapshot_, random_seed(), running_.tcp, &sockets_),
        udp_(running_.listen, thread_count(running_.threads), snapshot_, random_seed(), running_.rate_limit, &sockets_),
        predecessor_(std::move(beginnings.predecessor)) {
    for (const Endpoint& endpoint : running_.listen)
      spdlog::info("listening on {}", endpoint.to_string());
    if (predecessor_) succeed();
    log_unused(sockets_);
    sockets_ = {};
    const auto is_well = [this] { return udp_.makes_progress() && tcp_.makes_progress(); };
    if (beginnings.watchdog) watchdog_ = std::make_unique<Watchdog>(*beginnings.watchdog, is_well, tell_alive);
    tell_ready(status());
  }

  // Reads everything anew and swaps it in. On an error nothing changes; a broken zone stays as it is.
  void reload() {
    spdlog::info("reloading {}", config_file_.string());
    tell_reloading();
    reload_aside();
    tell_ready(status());
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

  // What is known now is on disk when it returns.
  void stop() {
    tell_stopping();
    states_.keep();
  }

  // Gives everything to a successor that has come. True when one has taken over: then leave.
  [[nodiscard]] bool hand_over() {
    const Succession::Heritage heritage{[this] { return bequeath(); }, [this] { operations_.go_on(); }};
    const transport::Descriptor successor = succession_.attend(heritage);
    if (successor.get() < 0) return false;
    watchdog_.reset();
    control_.reset();
    vacate(successor.get());
    udp_.stop();
    static_cast<void>(monitor_.replace({}));  // the successor probes
    std::size_t given = 0;
    tcp_.give_away([&](const transport::TcpConnection& connection) {
      if (give_connection(successor.get(), connection)) ++given;
    });
    end_handover(successor.get());
    spdlog::info("replaced; {} TCP connections went along", given);
    return true;
  }

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
  // Both answer until the predecessor hears of it. Throws HandoverError: then it goes on alone.
  void succeed() {
    predecessor_->succeed();
    predecessor_->take_connections([this](transport::TcpConnection taken) { tcp_.adopt(std::move(taken)); });
    try {
      control_ = start_control(running_.control_socket, operations_, succession_);
    } catch (const std::system_error& error) {
      spdlog::error("{}: this server answers, and cannot be asked for its status", error.what());
    }
  }

  // Nothing that an operator says is accepted from here on, and no connections are on their way.
  Estate bequeath() {
    if (predecessor_) predecessor_->await_connections();
    operations_.suspend();
    Estate estate{secrets_.cookie_master, udp_.sockets(), monitor_.memory()};
    for (const int socket : tcp_.sockets())
      estate.sockets.push_back(socket);
    return estate;
  }

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
    auto loaded = load_and_log(config_file_, secrets_, &snapshot_.read());
    if (!loaded) {
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
    loaded_ = std::move(loaded);
    if (!has_watched_files()) loaded_.database = {};
    return std::move(loaded_.snapshot);
  }

  // For who asks the service manager. This thread is the one that publishes.
  [[nodiscard]] std::string status() const {
    const answer::Snapshot& snapshot = snapshot_.read();
    return fmt::format("answering from {} zones and {} services", snapshot.zones.zones().size(),
                       snapshot.services.size());
  }

  [[nodiscard]] bool has_watched_files() const { return !loaded_.latency_files.files().empty(); }

  std::filesystem::path config_file_;
  Secrets secrets_;
  Succession& succession_;
  config::Config running_;      // what it was started with
  control::EventSinks events_;  // before those who have events
  health::Monitor monitor_;
  StateKeeper states_;
  LastingOperations operations_;
  Loaded loaded_;  // what is served, without the snapshot and, where no file is watched, without the database
  Published<answer::Snapshot> snapshot_;
  transport::BoundSockets sockets_;  // empty once it runs
  std::unique_ptr<control::ControlServer> control_;
  transport::TcpServer tcp_;
  transport::UdpServer udp_;
  std::unique_ptr<Predecessor> predecessor_;  // null: there was none
  std::unique_ptr<Watchdog> watchdog_;        // null: nobody wants to know
  std::uint64_t limited_reported_ = 0;
  Clock::time_point report_due_ = Clock::now() + kReportInterval;
};

// The next signal, or nothing when there is none for that long.
std::optional<int> wait_for(const sigset_t& signals, std::chrono::seconds patience) {
  const timespec timeout{patience.count(), 0};
  const int signal = sigtimedwait(&signals, nullptr, &timeout);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

// Null when there is none to be replaced. Throws HandoverError and control::Unreachable.
std::unique_ptr<Predecessor> find_predecessor(const ServeOptions& options, const config::Config& config) {
  if (options.channel) return std::make_unique<Predecessor>(transport::Descriptor(*options.channel));
  if (!options.replaces) return nullptr;
  if (!config.control_socket) {
    throw HandoverError(config.file.string() +
                        " names no \"control\" socket, on which the running server could be asked");
  }
  const auto channel = control::request_handover(*config.control_socket);
  if (channel) return std::make_unique<Predecessor>(transport::Descriptor(*channel));
  spdlog::info("no server listens on {}: nobody is replaced", config.control_socket->string());
  return nullptr;
}

// From the predecessor, if there is one.
void inherit(const ServeOptions& options, Loaded& loaded, Secrets& secrets, Beginnings& beginnings) {
  beginnings.predecessor = find_predecessor(options, loaded.config);
  if (!beginnings.predecessor) return;
  Legacy legacy = beginnings.predecessor->take();
  secrets.cookie_master = legacy.cookie_master;
  if (loaded.config.has_own_cookies) {
    loaded.snapshot->settings.cookies = dns::CookieSecrets::derived_from(secrets.cookie_master);
  }
  spdlog::info("taking over: {} states and {} overrides", legacy.memory.probes.size(), legacy.memory.overrides.size());
  beginnings.sockets = std::move(legacy.sockets);
  beginnings.memory = std::move(legacy.memory);
}

// On a thread that makes way for the server that is being replaced.
std::optional<Loaded> load_aside(const std::filesystem::path& config_file, const Secrets& secrets) {
  return std::async(std::launch::async,
                    [&] {
                      make_way();
                      return load_and_log(config_file, secrets, nullptr);
                    })
      .get();
}

// What this process' own successors are started with.
std::vector<std::string> successor_arguments(const ServeOptions& options) {
  return {"serve", "--config", options.config_file.string(), "--replace-over", std::to_string(Succession::kChannel)};
}

// Until a signal ends it, or it has been replaced.
void run(Server& server, Succession& succession, const sigset_t& signals) {
  while (true) {
    const std::optional<int> signal = wait_for(signals, server.patience());
    if (signal == SIGTERM || signal == SIGINT) {
      server.stop();
      spdlog::info("stopping on {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
      return;
    }
    if (signal == SIGHUP) server.reload();
    if (signal == SIGUSR2) succession.upgrade();
    if (server.hand_over()) return;
    server.attend();
  }
}

}  // namespace

int serve(const ServeOptions& options) {
  start_log();
  const sigset_t signals = take_signals();
  const std::size_t descriptors = raise_descriptor_limit();
  Beginnings beginnings;
  beginnings.sockets = take_activated_sockets();
  beginnings.watchdog = watchdog_interval();
  Secrets secrets = random_secrets();
  const bool has_predecessor = options.replaces || options.channel;
  auto loaded =
      has_predecessor ? load_aside(options.config_file, secrets) : load_and_log(options.config_file, secrets, nullptr);
  if (!loaded) return 1;
  warn_of_shortage(descriptors, *loaded);
  try {
    Succession succession(successor_arguments(options), [] { kill(getpid(), kSomebodyHasCome); });
    inherit(options, *loaded, secrets, beginnings);
    Server server(options.config_file, secrets, std::move(*loaded), std::move(beginnings), succession);
    loaded.reset();
    server.keep_zones();
    release_memory();
    make_way();  // all that this thread does from now on is to reload
    run(server, succession, signals);
  } catch (const std::runtime_error& error) {  // a std::system_error, HandoverError, or control::Unreachable
    spdlog::error("{}", error.what());
    return 1;
  }
  return 0;
}

}  // namespace rhumb::daemon

#include "daemon/server.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <malloc.h>
#include <spdlog/spdlog.h>

#include "base/published.hpp"
#include "base/random.hpp"
#include "control/control_client.hpp"
#include "control/control_server.hpp"
#include "control/event_feed.hpp"
#include "control/event_json.hpp"
#include "control/event_sinks.hpp"
#include "control/event_variables.hpp"
#include "control/query_log.hpp"
#include "daemon/administration.hpp"
#include "daemon/beginnings.hpp"
#include "daemon/change_report.hpp"
#include "daemon/confinement.hpp"
#include "daemon/decision_rates.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/inspector.hpp"
#include "daemon/lasting_operations.hpp"
#include "daemon/latency_store.hpp"
#include "daemon/log.hpp"
#include "daemon/main_loop.hpp"
#include "daemon/metrics_source.hpp"
#include "daemon/priority.hpp"
#include "daemon/service_manager.hpp"
#include "daemon/source_watch.hpp"
#include "daemon/state_keeper.hpp"
#include "daemon/succession.hpp"
#include "daemon/told_load.hpp"
#include "daemon/watchdog.hpp"
#include "health/monitor.hpp"
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
  log_entry({level_of(notice.event.severity), to_text(notice), json, control::event_variables(notice.event)});
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

std::chrono::sys_seconds now_s() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// Null if there is to be none. Throws std::system_error when it cannot listen.
std::unique_ptr<control::ControlServer> start_control(const config::Control& config,
                                                      control::ControlServices services) {
  if (!config.socket && !config.http) return nullptr;
  auto server = std::make_unique<control::ControlServer>(
      control::ControlSettings{config.socket.value_or(""), config.http, config.tokens, config.tls},
      std::move(services));
  if (config.socket) spdlog::info("operators are heard on {}", config.socket->string());
  if (config.http) {
    spdlog::info("operators are heard on {}://{}", config.tls == nullptr ? "http" : "https", config.http->to_string());
  }
  return server;
}

void log_of_queries(bool is_trouble, const std::string& text) {
  spdlog::log(is_trouble ? spdlog::level::err : spdlog::level::info, "the query log: {}", text);
}

std::vector<answer::QueryTap*> taps_of(const transport::UdpServer& udp, const transport::TcpServer& tcp) {
  std::vector<answer::QueryTap*> taps = udp.taps();
  const std::vector<answer::QueryTap*> more = tcp.taps();
  taps.insert(taps.end(), more.begin(), more.end());
  return taps;
}

void log_unwritten(const std::string& text) {
  spdlog::error("the audit log: {}", text);
}

std::vector<std::string> to_texts(std::span<const Endpoint> endpoints) {
  std::vector<std::string> texts;
  for (const Endpoint& endpoint : endpoints)
    texts.push_back(endpoint.to_string());
  return texts;
}

// How long rate limiting goes unreported.
constexpr std::chrono::seconds kReportInterval{10};
// How often watched files are looked at. What they say of clients is minutes old at the least.
constexpr std::chrono::seconds kWatchInterval{1};

// Latency files are watched by themselves.
Sources sources_of(const Loaded& loaded) {
  const config::Config& config = loaded.config;
  std::vector<std::filesystem::path> files = {config.file};
  for (const auto& more : {config.named_files, config.geoip, config.geofeeds})
    files.insert(files.end(), more.begin(), more.end());
  if (config.assertions) files.push_back(*config.assertions);
  for (const auto& [apex, text] : loaded.zone_texts)
    files.insert(files.end(), text.files.files().begin(), text.files.files().end());
  return {std::move(files), config.zones};
}

// What a reload cannot change.
bool is_same_control(const config::Control& a, const config::Control& b) {
  return a.socket == b.socket && a.http == b.http && (a.tls == nullptr) == (b.tls == nullptr) &&
         a.audit_log == b.audit_log;
}

bool is_same_transport(const config::Config& a, const config::Config& b) {
  return a.listen == b.listen && a.threads == b.threads && a.tcp == b.tcp && a.rate_limit == b.rate_limit &&
         a.health.state_file == b.health.state_file && is_same_control(a.control, b.control) && a.user == b.user &&
         a.sandbox == b.sandbox;
}

// What keeps running from start to stop. What a reload replaces is the published snapshot and the monitor's targets.
class Server {
 public:
  // Throws std::system_error when it cannot listen.
  Server(std::filesystem::path config_file, const Secrets& secrets, Loaded loaded, control::LoadReport report,
         Beginnings beginnings, Succession& succession, MainLoop& loop)
      : config_file_(std::move(config_file)),
        secrets_(secrets),
        succession_(succession),
        running_(loaded.config),
        events_({[this](const control::Notice& notice, const std::string& json) { tell(notice, json); }, log_untold}),
        monitor_({[this](const health::Event& event) { events_.deliver(event); }, log_trouble, log_warning},
                 random_seed(), beginnings.memory ? std::move(*beginnings.memory) : load_memory(running_)),
        states_(running_.health.state_file, monitor_),
        operations_(monitor_, states_),
        snapshot_(complete(std::move(loaded))),
        sockets_(completed(std::move(beginnings.sockets), running_, thread_count(running_.threads))),
        inspector_(snapshot_, operations_, loop, [this]() -> const Loaded& { return loaded_; }),
        administration_(
            snapshot_, loop,
            {inspector_, latency_store_, [this](const control::ReloadOrder& order) { return reload_as_asked(order); },
             [this] { return is_answering_ ? metrics_text() : std::string(); },
             [this] { return is_answering_ ? decisions() : std::string("{}"); }}),
        audit_(running_.control.audit_log.value_or(""), log_unwritten),
        control_(begin_control(std::move(report), beginnings.predecessor != nullptr)),
        tcp_(running_.listen, thread_count(running_.threads), snapshot_, random_seed(), running_.tcp, &sockets_),
        udp_(running_.listen, thread_count(running_.threads), snapshot_, random_seed(), running_.rate_limit, &sockets_),
        query_log_(taps_of(udp_, tcp_), log_of_queries, make_way),
        predecessor_(std::move(beginnings.predecessor)) {
    log_queries();
    for (const Endpoint& endpoint : running_.listen)
      spdlog::info("listening on {}", endpoint.to_string());
    rates_.note(counted_decisions(), Clock::now());
    is_answering_ = true;
    if (predecessor_) succeed();
    log_unused(sockets_);
    sockets_ = {};
    const auto is_well = [this] { return udp_.makes_progress() && tcp_.makes_progress(); };
    if (beginnings.watchdog) watchdog_ = std::make_unique<Watchdog>(*beginnings.watchdog, is_well, tell_alive);
    tell_ready(status());
  }

  // Who asks goes before what is asked.
  ~Server() { control_.reset(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Reads what has changed, and swaps it in. On an error nothing changes; a broken zone stays as it is.
  control::LoadReport reload(bool accepts_databases = false) {
    const auto start = Clock::now();
    if (const auto fault = reopen_log()) spdlog::error("the log goes on in the old file: {}", *fault);
    spdlog::info("reloading {}", config_file_.string());
    tell_reloading();
    return finish(reload_aside(accepts_databases), start);
  }

  // Everything, or the zone that is named.
  control::LoadReport reload_as_asked(const control::ReloadOrder& order) {
    if (order.zone.empty()) return reload(order.accepts_databases);
    const auto apex = dns::Name::from_text(order.zone);
    if (apex) return reload_zone(*apex);
    return {false, {fmt::format("\"{}\" is not a domain name", order.zone)}};
  }

  // The same with one zone alone.
  control::LoadReport reload_zone(const dns::Name& apex) {
    const auto start = Clock::now();
    spdlog::info("reloading zone {}", apex.to_text());
    tell_reloading();
    control::LoadReport report;
    Problems problems;
    const answer::Snapshot& served = snapshot_.read();
    auto snapshot = daemon::reload_zone(loaded_, served, secrets_, apex, problems);
    note(problems, report.lines);
    if (snapshot != nullptr) {
      report.is_done = true;
      auto changes = describe_changes(served.zones, snapshot->zones);
      metrics_.serve(*snapshot, loaded_.databases);
      snapshot_.publish(std::move(snapshot));
      note(std::move(changes), report.lines);
    }
    if (!is_measured()) loaded_.databases.forget();
    return finish(std::move(report), start);
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
  [[nodiscard]] std::string metrics_text() { return metrics_.text({udp_, tcp_, operations_, events_, query_log_}); }
  // And what its services answer now. From any thread.
  [[nodiscard]] std::string decisions() { return rates_.to_json(counted_decisions(), Clock::now()); }

  // What is known now is on disk when it returns.
  void stop() {
    tell_stopping();
    states_.keep();
    keep_latencies();
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
    return is_measured() || source_watch_ || states_.has_file() ? kWatchInterval : kReportInterval;
  }

  // What is due now and again.
  void attend() {
    states_.keep();
    inspector_.tidy(Clock::now());
    if (rates_.is_due(Clock::now())) rates_.note(counted_decisions(), Clock::now());
    if (source_watch_ && source_watch_->look(Clock::now())) {
      spdlog::debug("files that are watched have changed");
      reload();
    }
    if (is_measured() && (has_new_samples() || loaded_.latency_files.look())) reload_latencies();
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
      control_ = start_control(running_.control, services());
    } catch (const std::system_error& error) {
      spdlog::error("{}: this server answers, and cannot be asked for its status", error.what());
    }
  }

  // Nothing that an operator says is accepted from here on, and no connections are on their way.
  Estate bequeath() {
    if (predecessor_) predecessor_->await_connections();
    operations_.suspend();
    keep_latencies();
    Estate estate{secrets_.cookie_master, udp_.sockets(), monitor_.memory()};
    for (const int socket : tcp_.sockets())
      estate.sockets.push_back(socket);
    spdlog::debug("giving {} sockets and {} states to the successor", estate.sockets.size(),
                  estate.memory.probes.size());
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

  control::LoadReport reload_aside(bool accepts_databases) {
    control::LoadReport report;
    // This thread is the one that publishes: until then, the snapshot stays.
    const Served served{loaded_, snapshot_.read(), accepts_databases};
    auto loaded = load_and_log(config_file_, secrets_, &served, report.lines);
    if (!loaded) return report;
    auto changes = describe_changes(served, *loaded);
    if (!is_same_transport(loaded->config, running_)) {
      Problems later;
      later.warning(
          config_file_.string(),
          "changes of \"listen\", \"threads\", \"tcp\", \"rate_limit\", \"control\", \"user\", \"sandbox\" and "
          "the state file take effect at the next start");
      note(later, report.lines);
    }
    Problems powerless;
    for (const std::string& missing : missing_powers(running_, loaded->config))
      powerless.warning(config_file_.string(), missing);
    note(powerless, report.lines);
    snapshot_.publish(complete(std::move(*loaded)));
    log_queries();
    note(std::move(changes), report.lines);
    if (control_ != nullptr) control_->use(loaded_.config.control.tokens, loaded_.config.control.tls);
    report.is_done = true;
    report.has_held_back = loaded_.databases.have_held_back();
    return report;
  }

  // What both have in common in the end.
  control::LoadReport finish(control::LoadReport report, Clock::time_point start) {
    metrics_.note_reload(report.is_done, std::chrono::duration<double>(Clock::now() - start).count());
    if (report.is_done) {
      spdlog::info("reloaded");
    } else {
      spdlog::error("reload refused: the old configuration, zones and databases keep serving");
    }
    administration_.note_load(report, loaded_.config.document);
    tell_ready(status());
    keep_zones();
    release_memory();
    return report;
  }

  // As the configuration says now; opens the file or the socket anew.
  void log_queries() {
    const config::Config& config = loaded_.config;
    query_log_.use(config.query_log, {config.settings.identity, config.settings.version});
  }

  void tell(const control::Notice& notice, const std::string& json) {
    log_notice(notice, json);
    feed_.tell({control::kind_word(notice.event.kind), json});
  }

  // Whom operators ask; heard before the first query is answered. `report` is of the start. A predecessor is the one
  // who is heard until succeed().
  std::unique_ptr<control::ControlServer> begin_control(control::LoadReport report, bool has_predecessor) {
    administration_.introduce(config_file_.string(), to_texts(running_.listen));
    administration_.note_load(std::move(report), loaded_.config.document);
    return has_predecessor ? nullptr : start_control(running_.control, services());
  }

  // What the control channel asks.
  control::ControlServices services() {
    return {operations_, administration_, feed_, running_.control.audit_log ? &audit_ : nullptr,
            [this](int descriptor) { succession_.arrive(descriptor); }};
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
      spdlog::info("latency files read anew in {:.2f} s: {}", taken.count(), summary(*loaded_.latencies));
    }
    release_memory();
  }

  // Keeps what the next reload_latencies() needs.
  std::unique_ptr<const answer::Snapshot> complete(Loaded loaded) {
    events_.configure(loaded.config.events, loaded.config.settings.identity);  // before the first event
    loaded.snapshot->board = monitor_.replace(std::move(loaded.plan));
    loaded.snapshot->settings.tcp_idle = running_.tcp.idle;  // what is told must be what is done, reloaded or not
    metrics_.serve(*loaded.snapshot, loaded.databases);
    loaded_ = std::move(loaded);
    Problems of_samples;
    latency_store_.configure(loaded_.config.latency.samples, now_s(), of_samples);  // the load has told what is wrong
    if (!is_measured()) loaded_.databases.forget();
    watch_sources();
    return std::move(loaded_.snapshot);
  }

  void watch_sources() {
    const auto settle = loaded_.config.watch_files;
    if (settle && source_watch_ && source_watch_->settle() == *settle)
      return source_watch_->follow(sources_of(loaded_));
    source_watch_.reset();
    if (!settle) return;
    try {
      source_watch_.emplace(sources_of(loaded_), *settle);
    } catch (const std::system_error& error) {
      spdlog::error("{}: changes are loaded on SIGHUP only", error.what());
    }
  }

  [[nodiscard]] bool is_measured() const { return config::is_measured(loaded_.config); }

  // Whether samples that were told are in their file now which were not.
  bool has_new_samples() {
    Problems problems;
    const bool has_news = latency_store_.save_if_due(Clock::now(), now_s(), problems);
    log_problems(problems);
    return has_news;
  }

  void keep_latencies() {
    Problems problems;
    static_cast<void>(latency_store_.save(now_s(), problems));
    log_problems(problems);
  }

  [[nodiscard]] MetricsSource::Decisions counted_decisions() {
    return metrics_.decisions({udp_, tcp_, operations_, events_, query_log_});
  }

  // For who asks the service manager. This thread is the one that publishes.
  [[nodiscard]] std::string status() const {
    const answer::Snapshot& snapshot = snapshot_.read();
    return fmt::format("answering from {} zones and {} services", snapshot.zones.zones().size(),
                       snapshot.services.size());
  }

  std::filesystem::path config_file_;
  Secrets secrets_;
  Succession& succession_;
  config::Config running_;      // what it was started with
  control::EventFeed feed_;     // before who tells it
  control::EventSinks events_;  // before those who have events
  health::Monitor monitor_;
  StateKeeper states_;
  LastingOperations operations_;
  MetricsSource metrics_;
  DecisionRates rates_;
  LatencyStore latency_store_;
  Loaded loaded_;  // what is served, without the snapshot and, where there are no latency files, without the databases
  std::optional<SourceWatch> source_watch_;
  Published<answer::Snapshot> snapshot_;
  transport::BoundSockets sockets_;  // empty once it runs
  Inspector inspector_;
  ServerAdministration administration_;
  control::AuditLog audit_;
  std::atomic<bool> is_answering_ = false;           // all of it is there
  std::unique_ptr<control::ControlServer> control_;  // null: operators are not heard
  transport::TcpServer tcp_;
  transport::UdpServer udp_;
  control::QueryLog query_log_;               // after those who answer
  std::unique_ptr<Predecessor> predecessor_;  // null: there was none
  std::unique_ptr<Watchdog> watchdog_;        // null: nobody wants to know
  std::uint64_t limited_reported_ = 0;
  Clock::time_point report_due_ = Clock::now() + kReportInterval;
};

// What this process' own successors are started with.
std::vector<std::string> successor_arguments(const ServeOptions& options) {
  return {"serve", "--config", options.config_file.string(), "--replace-over", std::to_string(Succession::kChannel)};
}

// Until a signal ends it, or it has been replaced.
void run(Server& server, Succession& succession, MainLoop& loop) {
  while (true) {
    const int signal = loop.wait(server.patience()).value_or(0);
    if (signal == SIGTERM || signal == SIGINT) {
      server.stop();
      spdlog::info("stopping on {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
      return;
    }
    if (signal == SIGHUP) static_cast<void>(server.reload());
    if (signal == SIGUSR2) succession.upgrade();
    if (server.hand_over()) return;
    server.attend();
  }
}

}  // namespace

int serve(const ServeOptions& options) {
  start_log();
  MainLoop loop({SIGTERM, SIGINT, SIGHUP, SIGUSR2});
  // A client that closes its connection while we write must not end the server.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const std::size_t descriptors = raise_descriptor_limit();
  Beginnings beginnings;
  beginnings.sockets = take_activated_sockets();
  beginnings.watchdog = watchdog_interval();
  if (!take_user(options.config_file)) return 1;
  Secrets secrets = random_secrets();
  const bool has_predecessor = options.replaces || options.channel;
  control::LoadReport report;
  auto loaded = has_predecessor ? load_aside(options.config_file, secrets, report.lines)
                                : load_and_log(options.config_file, secrets, nullptr, report.lines);
  if (!loaded) return 1;
  warn_of_shortage(descriptors, *loaded);
  try {
    report.is_done = true;
    limit_capabilities(loaded->config);
    Succession succession(successor_arguments(options), [&loop] { loop.post([] {}); });
    inherit(options, *loaded, secrets, beginnings);
    confine(loaded->config);  // the thread of `succession` is not
    Server server(options.config_file, secrets, std::move(*loaded), std::move(report), std::move(beginnings),
                  succession, loop);
    loaded.reset();
    server.keep_zones();
    release_memory();
    make_way();  // all that this thread does from now on is to reload
    run(server, succession, loop);
  } catch (const std::runtime_error& error) {  // a std::system_error, HandoverError, or control::Unreachable
    spdlog::error("{}", error.what());
    return 1;
  }
  return 0;
}

}  // namespace rhumb::daemon

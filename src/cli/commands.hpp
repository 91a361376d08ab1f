// The subcommands of rhumb, one file each. Each returns the exit status: 0 well, 1 not.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/server_access.hpp"
#include "config/config.hpp"
#include "daemon/database_versions.hpp"

namespace rhumb::cli {

// `rhumb check`: loads everything as `serve` would and prints every problem with its place.
int check(const std::filesystem::path& config_file);

struct ExplainOptions {
  ServerAddress server;
  std::string name;
  std::string client;             // an address, or a network such as 192.0.2.0/24
  std::string resolver;           // the address that the query comes from; empty: the client's
  std::string type;               // "A", "AAAA", …
  std::vector<std::string> down;  // regions to assume down
  bool as_json;
};

// `rhumb explain`: makes the answer that a client would get, and tells what led to it; or has the running server do so,
// with its states. Throws std::runtime_error when that cannot be asked.
int explain(const ExplainOptions& options);

struct TestOptions {
  ServerAddress server;
  bool has_current_states = false;   // of a server: the states that it knows
  std::filesystem::path tests_file;  // empty: the server's own
  bool as_json;
};

// `rhumb test`: makes the answers that a file of tests is about, and tells which are not as expected, and why. 2 when
// the tests or the configuration cannot be read. A server runs those that its configuration names; throws
// std::runtime_error when it cannot be asked.
int test(const TestOptions& options);

struct SimulateOptions {
  std::filesystem::path config_file;
  std::filesystem::path config_after;  // empty: the same
  std::vector<std::string> down;       // regions to assume down after
  config::ClientFiles clients;
  std::string service;  // empty: all
  bool as_json;
};

// `rhumb simulate`: what share of all clients each region gets, before and after a change.
int simulate(const SimulateOptions& options);

struct ImportOptions {
  std::string format;  // "gdnsd", "geodns", "route53"
  std::vector<std::filesystem::path> sources;
  std::filesystem::path health_checks = {};  // of route53; empty: none are known
  std::filesystem::path out;                 // a directory, new or empty
};

// `rhumb import`: makes a configuration of that of another server, checks it, and tells what became of each part. 2
// when something is not carried over. Throws std::runtime_error when it cannot be written.
int import_configuration(const ImportOptions& options);

struct GeoipDiffOptions {
  std::filesystem::path config_file;
  std::filesystem::path before;
  std::filesystem::path after;
  std::filesystem::path as;     // the configured one in whose place they are compared; empty: `before`, or of its type
  config::ClientFiles clients;  // none: those of "geoip_guard"
  bool as_json = false;
};

// `rhumb geoip diff`: whom another geo database sends to another region. 2 when these are more than "geoip_guard"
// allows.
int geoip_diff(const GeoipDiffOptions& options);

struct GeoipActivateOptions {
  std::filesystem::path config_file;
  std::filesystem::path file;
  std::filesystem::path as;  // the configured one that it replaces; empty: the one of its type
  std::size_t kept = daemon::kVersionsUsual;
  bool force = false;
};

// `rhumb geoip activate`: puts a new geo database into its place, unless it is doubtful, has the running server, if
// there is one, read it, and takes it back when that refuses. 2 when it moves too many clients.
int geoip_activate(const GeoipActivateOptions& options);

struct GeoipRollbackOptions {
  std::filesystem::path config_file;
  std::filesystem::path as;  // the configured one; empty: the only one of which a version is kept
  std::string version;       // how its name begins; empty: the newest that is older than what is in place
};

// `rhumb geoip rollback`: the way back, without a question.
int geoip_rollback(const GeoipRollbackOptions& options);

// `rhumb geoip versions`: prints the configured geo databases, and what is kept of them.
int geoip_versions(const std::filesystem::path& config_file);

// Those below ask a running server. They throw std::runtime_error when it cannot be asked.

struct StatusOptions {
  ServerAddress server;
  std::string service = {};  // only this one; empty: all
  std::string region = {};   // the same
  bool has_probes = false;
  bool as_json = false;
  std::optional<double> watch_s = {};  // again and again, that long apart
};

// `rhumb status`: what is up, what is not, and why. 2 when something is out that no operator has taken out.
int status(const StatusOptions& options);

struct ScopeOptions {
  ServerAddress server;
  health::Scope scope;
};

struct OverrideOptions {
  ServerAddress server;
  health::Scope scope;
  std::string until = {};  // "18:00", "2h", RFC 3339; empty: until it is taken back
  std::string reason = {};
  std::string owner = {};  // empty: who is logged in
  bool force = false;      // also if a safety rule would be broken
};

struct DrainOptions {
  OverrideOptions word;
  std::string over = {};  // "10m"; empty: at once
};

// `rhumb drain`: sends clients elsewhere, and says what that does.
int drain(const DrainOptions& options);

struct ForceOptions {
  OverrideOptions word;
  bool is_up;
};

// `rhumb force`: up or down, whatever checks say.
int force(const ForceOptions& options);

// `rhumb undrain`: takes back the override on just this scope, whichever it is, and says what it was.
int undrain(const ScopeOptions& options);

// `rhumb resume`: lets instances serve at once that are up and held back.
int resume(const ScopeOptions& options);

struct ReloadOptions {
  ServerAddress server;
  control::ReloadOrder order = {};
  bool is_trial = false;  // of a zone: nothing is served that was not before
};

// `rhumb reload`: has what has changed read anew, or the zone that is named, waits, and prints what was wrong or
// doubtful and what is different, or would be. 2 when it is done, and new geo databases are held back.
int reload(const ReloadOptions& options);

struct ReportOptions {
  ServerAddress server;
  health::Scope scope;
  bool is_up;
  std::string check = {};  // empty: the only one of type push
  std::string reason = {};
};

// `rhumb report`: tells the server how an instance is that has a check of type push.
int report(const ReportOptions& options);

struct TokenOptions {
  std::string role;  // "read", "operate", "admin"
  std::string name;  // whose it is
};

// `rhumb token`: makes a new token for the API and prints it, with its line for the file of tokens. Asks no server.
int token(const TokenOptions& options);

// `rhumb upgrade`: has the server start this program as its successor, waits until that has taken over, and tells.
int upgrade(const ServerAddress& address);

}  // namespace rhumb::cli

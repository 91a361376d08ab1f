#include "cli/geoip_exchange.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "cli/geoip_files.hpp"
#include "cli/server_access.hpp"
#include "daemon/database_versions.hpp"

namespace rhumb::cli {
namespace {

// Null, and a line about it, when no server can be asked.
std::unique_ptr<control::ControlClient> find_server(const std::filesystem::path& config_file) {
  try {
    return connect({config_file, {}});
  } catch (const std::runtime_error& error) {
    fmt::print("no server was told, which reads it when it next starts or reloads: {}\n", error.what());
    return nullptr;
  }
}

std::optional<daemon::DatabaseVersion> keep(const std::filesystem::path& database) {
  if (!std::filesystem::exists(database)) return std::nullopt;
  Problems ignored;  // what is no database is not worth keeping
  const auto source = geo::read_source(database.string(), ignored);
  if (!source) return std::nullopt;
  return daemon::keep_version(database, source->built_at_s);
}

bool is_served(const control::LoadReport& report) {
  for (const std::string& line : report.lines)
    fmt::print("{}\n", line);
  return report.is_done && !report.has_held_back;
}

}  // namespace

int exchange(const Exchange& exchange) {
  const std::filesystem::path& database = exchange.database;
  const auto server = find_server(exchange.config_file);
  const auto kept = keep(database);
  daemon::put_in_place(exchange.file, database);
  if (server == nullptr || is_served(server->reload({.accepts_databases = exchange.accepts_moves}))) {
    fmt::print("{} is {}{}\n", database.string(), daemon::version_name(read_source(database).built_at_s),
               kept ? fmt::format("; `rhumb geoip rollback {}` takes it back", kept->name) : "");
    return 0;
  }
  if (!kept) {
    fmt::print(stderr, "rhumb geoip: the server refuses it, and there is none to put back\n");
    return 1;
  }
  daemon::put_in_place(kept->file, database);
  static_cast<void>(server->reload());  // that it no longer holds anything back
  fmt::print(stderr, "rhumb geoip: the server refuses it: {} is {} again\n", database.string(), kept->name);
  return 1;
}

}  // namespace rhumb::cli

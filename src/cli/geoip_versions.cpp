#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.hpp"
#include "cli/geoip_exchange.hpp"
#include "cli/geoip_files.hpp"
#include "cli/geoip_place.hpp"
#include "cli/table.hpp"

namespace rhumb::cli {
namespace {

using daemon::DatabaseVersion;

// What is in the place; empty: nothing, or no database.
std::string version_in(const std::filesystem::path& database) {
  Problems ignored;
  const auto source = geo::read_source(database.string(), ignored);
  return source ? daemon::version_name(source->built_at_s) : std::string();
}

// The only one of which a version is kept. Throws std::runtime_error when that says too little.
std::filesystem::path only_kept(const config::Config& config) {
  std::vector<std::string> kept;
  for (const auto& database : config.geoip) {
    if (!daemon::find_versions(database).empty()) kept.push_back(database.string());
  }
  if (kept.size() == 1) return kept.front();
  if (kept.empty()) {
    throw std::runtime_error(
        fmt::format("no version of a database of {} is kept: `rhumb geoip activate` keeps them", config.file.string()));
  }
  throw std::runtime_error(fmt::format("versions of several databases are kept: say with --as which is meant, of {}",
                                       fmt::join(kept, ", ")));
}

std::filesystem::path database_of(const config::Config& config, const std::filesystem::path& as) {
  return as.empty() ? only_kept(config) : config.geoip[find_database(config, as, {})];
}

// Throws std::runtime_error, with those there are, when none or several are meant.
DatabaseVersion choose(const std::filesystem::path& database, const std::string& wanted) {
  const std::string current = version_in(database);
  const std::vector<DatabaseVersion> versions = daemon::find_versions(database);
  std::vector<DatabaseVersion> fitting;
  std::ranges::copy_if(versions, std::back_inserter(fitting), [&](const DatabaseVersion& version) {
    return wanted.empty() ? current.empty() || version.name < current : version.name.starts_with(wanted);
  });
  if (fitting.size() == 1 || (wanted.empty() && !fitting.empty())) return fitting.front();
  std::vector<std::string> names;
  names.reserve(versions.size());
  for (const DatabaseVersion& version : versions)
    names.push_back(version.name);
  const std::string which = wanted.empty() ? "older than " + current : "called \"" + wanted + "\"";
  throw std::runtime_error(fmt::format("{}: {} of its versions is {}; kept are {}", database.string(),
                                       fitting.empty() ? "none" : "more than one", which,
                                       names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

}  // namespace

int geoip_versions(const std::filesystem::path& config_file) {
  const config::Config config = load_configuration(config_file);
  Table table({"database", "version", "size", ""});
  const auto add = [&](const std::filesystem::path& database, const std::string& name,
                       const std::filesystem::path& file, const char* note) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    table.add({{database.string()},
               {name},
               {error ? "-" : fmt::format("{:.1f} MB", static_cast<double>(size) / 1e6)},
               {note}});
  };
  for (const auto& database : config.geoip) {
    const std::string current = version_in(database);
    add(database, current.empty() ? "-" : current, database, "in place");
    for (const DatabaseVersion& version : daemon::find_versions(database)) {
      if (version.name != current) add(database, version.name, version.file, "kept");
    }
  }
  fmt::print("{}", table.to_text(false));
  return 0;
}

int geoip_rollback(const GeoipRollbackOptions& options) {
  const config::Config config = load_configuration(options.config_file);
  const std::filesystem::path database = database_of(config, options.as);
  return exchange({options.config_file, choose(database, options.version).file, database, true});
}

}  // namespace rhumb::cli

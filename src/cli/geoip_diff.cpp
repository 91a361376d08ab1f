#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/database_change_text.hpp"
#include "cli/failure.hpp"
#include "cli/geoip_files.hpp"
#include "cli/geoip_place.hpp"
#include "cli/share_text.hpp"
#include "daemon/database_trial.hpp"

namespace rhumb::cli {
namespace {

// Where OLD stands in the configuration: by itself, or in the place of one of its kind.
std::size_t place_of(const config::Config& config, const GeoipDiffOptions& options, const geo::Source& before) {
  const std::size_t itself = find_database(config, options.before);
  if (options.as.empty() && itself < config.geoip.size()) return itself;
  return find_database(config, options.as, before.type);
}

}  // namespace

int geoip_diff(const GeoipDiffOptions& options) {
  const config::Config config = load_configuration(options.config_file);
  const geo::Source before = read_source(options.before);
  const geo::Source after = read_source(options.after);
  daemon::DatabaseFiles files_before = config.geoip;
  daemon::DatabaseFiles files_after = config.geoip;
  const std::size_t place = place_of(config, options, before);
  files_before[place] = options.before;
  files_after[place] = options.after;

  Problems problems;
  const auto& clients = options.clients.are_none() ? config.geoip_guard.clients : options.clients;
  const auto counted = daemon::count_clients(clients, problems);
  if (!counted) return fail(problems);
  const auto change = daemon::try_databases(config, files_before, files_after, *counted, problems);
  if (!change) return fail(problems);
  const double limit = config.geoip_guard.moved_max;
  const ChangeHeading heading{describe(before), describe(after), clients_text(*counted, change->weight), limit};
  fmt::print("{}", options.as_json ? to_json(heading, *change) : to_text(heading, *change));
  return change->exceeds(limit) ? kOverLimit : 0;
}

}  // namespace rhumb::cli

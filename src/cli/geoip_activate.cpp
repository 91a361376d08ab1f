#include <cstdio>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/database_change_text.hpp"
#include "cli/failure.hpp"
#include "cli/geoip_exchange.hpp"
#include "cli/geoip_files.hpp"
#include "cli/geoip_place.hpp"
#include "daemon/database_guard.hpp"
#include "daemon/database_trial.hpp"

namespace rhumb::cli {
namespace {

// Why the one is hardly meant to replace the other; empty: nothing says so.
std::string doubt(const geo::Source& before, const geo::Source& after) {
  if (before.type != after.type) {
    return fmt::format("it is of type \"{}\", and {} of type \"{}\"", after.type, before.path, before.type);
  }
  if (after.built_at_s < before.built_at_s) {
    return fmt::format("it was built {}, before {}, {}", daemon::version_name(after.built_at_s), before.path,
                       daemon::version_name(before.built_at_s));
  }
  return {};
}

// Of the one in the place, in the list of the configuration, to the new one; nothing, and the reason printed, when it
// cannot be read whole. Where nothing is in the place yet, nobody moves.
std::optional<daemon::DatabaseChange> try_new(const config::Config& config, std::size_t place,
                                              const std::filesystem::path& file) {
  daemon::DatabaseFiles after = config.geoip;
  after[place] = file;
  const bool has_old = std::filesystem::exists(config.geoip[place]);
  Problems problems;
  const auto counted = daemon::count_clients_anyhow(config.geoip_guard.clients, problems);
  auto change = daemon::try_databases(config, has_old ? config.geoip : after, after, counted, problems);
  fail(problems);  // what is merely doubtful, too
  return change;
}

}  // namespace

int geoip_activate(const GeoipActivateOptions& options) {
  const config::Config config = load_configuration(options.config_file);
  const geo::Source source = read_source(options.file);
  const std::size_t place = find_database(config, options.as, source.type);
  const std::filesystem::path& database = config.geoip[place];
  if (std::filesystem::exists(database) && !options.force) {
    const std::string why = doubt(read_source(database), source);
    if (!why.empty())
      return fail("geoip activate", fmt::format("{}: {} (--force does it all the same)", options.file.string(), why));
  }
  const auto change = try_new(config, place, options.file);
  if (!change) return 1;
  for (const std::string& line : daemon::describe(*change))
    fmt::print("{}\n", line);
  const double limit = config.geoip_guard.moved_max;
  if (change->exceeds(limit) && !options.force) {
    fail("geoip activate",
         fmt::format("{}: it moves {:.2f} % of the clients of a service, and \"geoip_guard\" allows {:.12g} % (`rhumb "
                     "geoip diff` tells more, --force does it all the same)",
                     options.file.string(), 100 * change->moved(), 100 * limit));
    return kOverLimit;
  }
  const int status = exchange({options.config_file, options.file, database, options.force});
  if (status == 0) daemon::drop_versions(database, options.kept);
  return status;
}

}  // namespace rhumb::cli

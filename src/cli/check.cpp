#include <fmt/format.h>

#include "cli/commands.hpp"
#include "daemon/loader.hpp"

namespace rhumb::cli {

int check(const std::filesystem::path& config_file) {
  Problems problems;
  const auto loaded = daemon::load(config_file, daemon::Secrets{}, nullptr, problems);
  for (const Problem& problem : problems.all())
    fmt::print("{}\n", problem.to_string());
  const std::size_t left_out = problems.error_count() + problems.warning_count() - problems.all().size();
  if (left_out > 0) fmt::print("and {} more\n", left_out);
  if (!loaded || problems.has_errors()) {
    fmt::print("{}: {} errors, {} warnings\n", config_file.string(), problems.error_count(), problems.warning_count());
    return 1;
  }
  fmt::print("{}: good: {} zones, {} services, {} instances; {} warnings\n", config_file.string(),
             loaded->snapshot->zones.zones().size(), loaded->snapshot->services.size(), loaded->plan.instances.size(),
             problems.warning_count());
  return 0;
}

}  // namespace rhumb::cli

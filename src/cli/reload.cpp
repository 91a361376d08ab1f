#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"

namespace rhumb::cli {
namespace {

void print(const control::LoadReport& report) {
  for (const std::string& line : report.lines)
    fmt::print("{}\n", line);
}

int try_zone(const ReloadOptions& options) {
  const control::LoadReport report = connect(options.server)->check_zone(options.order.zone);
  print(report);
  if (report.is_done) {
    if (report.lines.empty()) fmt::print("nothing would change\n");
    return 0;
  }
  fmt::print(stderr, "rhumb reload: {} cannot be loaded as it is\n", options.order.zone);
  return 1;
}

}  // namespace

int reload(const ReloadOptions& options) {
  if (options.is_trial) return try_zone(options);
  const control::LoadReport report = connect(options.server)->reload(options.order);
  print(report);
  if (report.has_held_back) {
    fmt::print("reloaded, but for the new databases: the old ones are kept\n");
    return 2;
  }
  if (report.is_done) {
    fmt::print("reloaded\n");
    return 0;
  }
  fmt::print(stderr, "rhumb reload: refused: the old configuration, zones and databases keep serving\n");
  return 1;
}

}  // namespace rhumb::cli

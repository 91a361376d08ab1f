#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"

namespace rhumb::cli {

int reload(const ServerAddress& server, const control::ReloadOrder& order) {
  const control::LoadReport report = connect(server)->reload(order);
  for (const std::string& line : report.lines)
    fmt::print("{}\n", line);
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

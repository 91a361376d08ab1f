#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"

namespace rhumb::cli {

int reload(const ServerAddress& server, const std::string& zone) {
  const control::LoadReport report = connect(server)->reload(zone);
  for (const std::string& line : report.lines)
    fmt::print("{}\n", line);
  if (report.is_done) {
    fmt::print("reloaded\n");
    return 0;
  }
  fmt::print(stderr, "rhumb reload: refused: the old configuration, zones and databases keep serving\n");
  return 1;
}

}  // namespace rhumb::cli

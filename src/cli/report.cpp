#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/failure.hpp"

namespace rhumb::cli {
namespace {}  // namespace

int report(const ReportOptions& options) {
  const health::PushReport report{canonical(options.scope), options.check,
                                  options.is_up ? health::State::up : health::State::down, options.reason};
  const auto server = connect(options.server);
  if (const auto refused = server->report(report)) return fail("report", *refused);
  fmt::print("{}: reported {}\n", to_text(report.scope), to_text(report.state));
  return 0;
}

}  // namespace rhumb::cli

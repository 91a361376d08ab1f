#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"

namespace rhumb::cli {
namespace {

int fail(const std::string& message) {
  fmt::print(stderr, "rhumb report: {}\n", message);
  return 1;
}

}  // namespace

int report(const ReportOptions& options) {
  const health::PushReport report{canonical(options.scope), options.check,
                                  options.is_up ? health::State::up : health::State::down, options.reason};
  const auto server = connect(options.server);
  const control::Response response = server->call(control::ReportCall{report});
  if (!response.error.empty()) return fail(response.error);
  fmt::print("{}: reported {}\n", to_text(report.scope), to_text(report.state));
  return 0;
}

}  // namespace rhumb::cli

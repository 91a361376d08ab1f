#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "daemon/explanation.hpp"

namespace rhumb::cli {
namespace {

int ask_server(const ExplainOptions& options) {
  const control::ExplainRequest request{options.name, options.client, options.resolver,
                                        options.type, options.down,   !options.as_json};
  fmt::print("{}", connect(options.server)->explain(request));
  return 0;
}

}  // namespace

int explain(const ExplainOptions& options) {
  if (options.server.is_asked()) return ask_server(options);
  const auto read = daemon::read_question({options.name, options.client, options.resolver, options.type});
  if (!read.question) return fail("explain", read.error);

  Problems problems;
  auto loaded = daemon::load_unasserted(options.server.config_file, daemon::Secrets{}, nullptr, problems);
  if (!loaded) return fail(problems);
  for (const std::string& region : options.down) {
    if (const auto wrong = daemon::refuse_region(*loaded->snapshot, region)) return fail("explain", "down: " + *wrong);
  }
  const auto board = daemon::assume_down(*loaded, options.down);
  loaded->snapshot->board = board;

  const daemon::Reply reply = daemon::ask(*loaded->snapshot, *read.question, 0);
  const daemon::Explanation explanation = daemon::explain(*read.question, reply, grounds_of(*loaded, *board));
  fmt::print("{}", options.as_json ? to_json(explanation) + "\n" : to_text(explanation));
  if (!options.as_json && !explanation.steering.empty()) {
    fmt::print("\nNo server was asked: every state that is not assumed with --down is unknown, which counts as up.\n");
  }
  return 0;
}

}  // namespace rhumb::cli

#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/explanation.hpp"
#include "cli/failure.hpp"
#include "daemon/trial.hpp"

namespace rhumb::cli {
namespace {}  // namespace

int explain(const ExplainOptions& options) {
  const auto name = dns::Name::from_text(options.name);
  if (!name) return fail("explain", fmt::format("\"{}\" is not a domain name", options.name));
  const auto type = dns::type_from_text(options.type);
  if (!type) return fail("explain", fmt::format("--type: \"{}\" is not a record type", options.type));
  const auto client = daemon::parse_client(options.client, daemon::kWholeAddress);
  if (!client) return fail("explain", fmt::format("\"{}\" is not an IP address or network", options.client));
  const auto resolver = IpAddress::parse(options.resolver);
  if (!options.resolver.empty() && !resolver) {
    return fail("explain", fmt::format("--resolver: \"{}\" is not an IP address", options.resolver));
  }

  Problems problems;
  auto loaded = daemon::load_unasserted(options.config_file, daemon::Secrets{}, nullptr, problems);
  if (!loaded) return fail(problems);
  for (const std::string& region : options.down) {
    if (const auto wrong = daemon::refuse_region(*loaded->snapshot, region))
      return fail("explain", "--down: " + *wrong);
  }
  loaded->snapshot->board = daemon::assume_down(*loaded, options.down);

  const daemon::Reply reply = daemon::ask(*loaded->snapshot, {*name, *type, *client, resolver}, 0);
  Explanation explanation = explain_decision(reply.decision, *loaded, reply.message);
  explanation.name = name->to_text();
  explanation.type = dns::type_to_text(*type);
  explanation.resolver = options.resolver;
  fmt::print("{}", options.as_json ? to_json(explanation) + "\n" : to_text(explanation));
  if (!options.as_json && !explanation.steering.empty()) {
    fmt::print("\nNo server was asked: every state that is not assumed with --down is unknown, which counts as up.\n");
  }
  return 0;
}

}  // namespace rhumb::cli

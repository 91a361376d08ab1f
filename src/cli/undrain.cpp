#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "cli/change_text.hpp"
#include "cli/commands.hpp"

namespace rhumb::cli {
namespace {

int fail(const std::string& message) {
  fmt::print(stderr, "rhumb undrain: {}\n", message);
  return 1;
}

}  // namespace

int undrain(const ScopeOptions& options) {
  const auto server = connect(options.server);
  const health::Scope scope = canonical(options.scope);
  const health::Status before = server->status();
  const auto found = std::ranges::find(before.overrides, scope, &health::Override::scope);
  if (found == before.overrides.end()) {
    return fail(check_scope(scope, before).value_or(describe_missing(scope, before)));
  }
  if (const auto refused = server->clear_override(scope)) return fail(*refused);
  fmt::print("{}\n", describe_taken_back(*found, before));
  return 0;
}

}  // namespace rhumb::cli

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "cli/change_text.hpp"
#include "cli/commands.hpp"
#include "cli/failure.hpp"

namespace rhumb::cli {
namespace {}  // namespace

int undrain(const ScopeOptions& options) {
  const auto server = connect(options.server);
  const health::Scope scope = canonical(options.scope);
  const health::Status before = server->status();
  const auto found = std::ranges::find(before.overrides, scope, &health::Override::scope);
  if (found == before.overrides.end()) {
    return fail("undrain", check_scope(scope, before).value_or(describe_missing(scope, before)));
  }
  if (const auto refused = server->clear_override(scope)) return fail("undrain", *refused);
  fmt::print("{}\n", describe_taken_back(*found, before));
  return 0;
}

}  // namespace rhumb::cli

#include <cstdio>

#include <fmt/format.h>

#include "cli/change_text.hpp"
#include "cli/commands.hpp"
#include "cli/failure.hpp"

namespace rhumb::cli {
namespace {}  // namespace

int resume(const ScopeOptions& options) {
  const auto server = connect(options.server);
  const health::Scope scope = canonical(options.scope);
  const health::Status before = server->status();
  if (const auto refused = server->resume(scope)) return fail("resume", *refused);
  fmt::print("{}\n", describe_resumed(scope, before));
  return 0;
}

}  // namespace rhumb::cli

#include <cstdio>

#include <fmt/format.h>

#include "cli/change_text.hpp"
#include "cli/commands.hpp"

namespace rhumb::cli {
namespace {

int fail(const std::string& message) {
  fmt::print(stderr, "rhumb resume: {}\n", message);
  return 1;
}

}  // namespace

int resume(const ScopeOptions& options) {
  const auto server = connect(options.server);
  const health::Scope scope = canonical(options.scope);
  const health::Status before = server->status();
  if (const auto refused = server->resume(scope)) return fail(*refused);
  fmt::print("{}\n", describe_resumed(scope, before));
  return 0;
}

}  // namespace rhumb::cli

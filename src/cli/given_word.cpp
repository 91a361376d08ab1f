#include "cli/given_word.hpp"

#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "cli/change_text.hpp"
#include "cli/failure.hpp"
#include "cli/time_text.hpp"

namespace rhumb::cli {
namespace {

health::Time now() {
  return std::chrono::floor<health::Duration>(std::chrono::system_clock::now());
}

}  // namespace

int give(std::string_view command, health::Override word, const OverrideOptions& options) {
  word.scope = canonical(options.scope);
  word.reason = options.reason;
  word.owner = options.owner.empty() ? login_name() : options.owner;
  if (!options.until.empty()) {
    word.until = parse_until(options.until, now());
    if (!word.until) {
      return fail(command, fmt::format("--until: \"{}\" is not a time to come: \"18:00\", \"2h\" from now (up to 49d), "
                                       "or \"2026-11-25T18:00:00Z\"",
                                       options.until));
    }
  }
  const auto server = connect(options.server);
  if (const auto refused = server->set_override(word, options.force)) return fail(command, *refused);
  fmt::print("{}\n", describe_given(word, server->status()));
  return 0;
}

}  // namespace rhumb::cli

#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/given_word.hpp"
#include "config/duration.hpp"

namespace rhumb::cli {
namespace {}  // namespace

int drain(const DrainOptions& options) {
  health::Override word;
  word.action = health::Override::Action::drain;
  if (!options.over.empty()) {
    const auto over_ms = config::parse_duration_ms(options.over);
    if (!over_ms) return fail("drain", fmt::format("--over: \"{}\" is not a duration such as \"10m\"", options.over));
    word.over = health::Duration(*over_ms);
  }
  return give("drain", std::move(word), options.word);
}

}  // namespace rhumb::cli
